"""Edits of wires: what a node reads."""

from typing import Literal

from core.experiment.editing.graph import Document, Graph, OfNetwork, arity, ends, refused
from core.experiment.explain import cut


class Wire(OfNetwork):
    """Have a node read one thing more; or, with `instead`, one thing in the place of another."""

    kind: Literal["wire"] = "wire"
    source: str
    target: str
    instead: str | None = None

    def redraw(self, graph: Graph) -> None:
        target = graph.node(self.target)
        place = self._place(target)
        if place < len(target["inputs"]) and target["inputs"][place] == graph.source(self.source):
            return
        self._refuse(graph, target)
        target["inputs"][place:place + 1] = [self.source]
        graph.order(self.source, self.target)

    def _place(self, target: Document) -> int:
        """Which input is replaced; one past the last where there is room for one more."""
        inputs, (_, most) = target["inputs"], arity(target)
        if self.instead is not None:
            if self.instead not in inputs:
                raise refused(self.target, f"It does not read {cut(self.instead)!r}.",
                              "Choose a wire that is there.")
            return inputs.index(self.instead)
        twice = [place for place, name in enumerate(inputs) if name in inputs[:place]]
        if most == 1 or (most is not None and len(inputs) >= most):
            return twice[0] if twice else len(inputs) - 1
        return twice[0] if twice else len(inputs)

    def _refuse(self, graph: Graph, target: Document) -> None:
        """Raises Problems when the wire cannot be."""
        graph.source(self.source)
        if self.source in graph and ends(graph.node(self.source)):
            raise refused(self.source, "The output layer is the end of the network, nothing can read it.",
                          "Read what it reads.")
        if self.source in graph.behind([self.target]):
            raise refused(self.target, f"It would read {self.source!r}, which is made from it, so data would "
                          "run in a circle.", "Let it read something that comes before it.")
        if self.source in target["inputs"]:
            raise refused(self.target, f"It reads {self.source!r} already.", "Choose something else to read.")


class Unwire(OfNetwork):
    """Have a node no longer read something."""

    kind: Literal["unwire"] = "unwire"
    source: str
    target: str

    def redraw(self, graph: Graph) -> None:
        target = graph.node(self.target)
        if self.source not in target["inputs"]:
            raise refused(self.target, f"It does not read {cut(self.source)!r}.",
                          "Choose a wire that is there.")
        if len(target["inputs"]) == 1:
            raise refused(self.target, "It needs something to read.",
                          "Wire something else to it, or delete it.")
        target["inputs"].remove(self.source)
