"""Edits of nodes: put one in, take some out, move one, copy some, keep some from learning."""

from typing import Any, Literal

from pydantic import Field, ValidationError

from core.catalog.base import Layer
from core.experiment.editing.graph import (
    KINDS,
    Document,
    Graph,
    OfNetwork,
    arity,
    ends,
    refused,
    unlike,
)
from core.experiment.editing.splice import copies, put, take
from core.experiment.explain import short
from core.experiment.model import Node
from core.problems import closest


class Insert(OfNetwork):
    """Put a new layer after a node (or `input`); with `before`, only into the wire to that node."""

    kind: Literal["insert"] = "insert"
    after: str
    layer: str
    before: str | None = None
    settings: dict[str, Any] = Field(default_factory=lambda: {})

    def redraw(self, graph: Graph) -> None:
        if self.layer not in KINDS:
            raise refused("edit", f"There is no kind {short(self.layer)}.", closest(self.layer, KINDS))
        layer = {**self.settings, "kind": self.layer}
        reads = graph.filled(self._as_asked(layer), graph.source(self.after))
        new = {"id": graph.free(self.layer), "layer": layer, "inputs": reads, "group": ""}
        put(graph, [new], self.after, self.before)

    def _as_asked(self, layer: Document) -> Layer:
        entry = KINDS[self.layer]
        try:
            return entry.model_validate(layer)
        except ValidationError:  # told when the whole document is read, with the place and the way out
            return entry(kind=self.layer)


class Remove(OfNetwork):
    """Take nodes out; what read them reads what they read."""

    kind: Literal["remove"] = "remove"
    nodes: tuple[str, ...]

    def redraw(self, graph: Graph) -> None:
        for id in self.nodes:
            graph.place(id)
        for id in unlike(self.nodes):
            if id in graph:  # a merge may have gone with what it joined
                take(graph, id)


class Move(OfNetwork):
    """Take a node out and put it after another one; with `before`, only into the wire to that node."""

    kind: Literal["move"] = "move"
    node: str
    after: str
    before: str | None = None

    def redraw(self, graph: Graph) -> None:
        moved = graph.node(self.node)
        graph.source(self.after)
        if self.node in (self.after, self.before) or self._is_there(graph, moved):
            return
        take(graph, self.node, alone=True)
        aside = [name for name in moved["inputs"][1:] if graph.after(name) <= graph.after(self.after)]
        reads = unlike([self.after, *aside])
        missing = arity(moved)[0] - len(reads)
        put(graph, [{**moved, "inputs": reads + reads[:1] * missing, "group": ""}], self.after, self.before)

    def _is_there(self, graph: Graph, moved: Document) -> bool:
        return moved["inputs"][0] == self.after and (
            self.before is None or self.node in graph.node(self.before)["inputs"])


class Duplicate(OfNetwork):
    """Put copies of nodes right behind them, in series."""

    kind: Literal["duplicate"] = "duplicate"
    nodes: tuple[str, ...] = ()
    node: str | None = None

    def redraw(self, graph: Graph) -> None:
        wanted = {*self.nodes, *([self.node] if self.node is not None else [])}
        for id in wanted:
            graph.place(id)
        chosen = [node for node in graph.nodes if node["id"] in wanted and not ends(node)]
        if not chosen:
            raise refused("edit", "There is nothing to copy: a network has one output layer.",
                          "Choose other layers.")
        last = chosen[-1]["id"]
        put(graph, copies(graph, chosen, {chosen[0]["inputs"][0]: last}), last, None)


class Paste(OfNetwork):
    """Put copies of nodes, of this network or of another one, after a node."""

    kind: Literal["paste"] = "paste"
    nodes: tuple[Node, ...] = Field(min_length=1, max_length=1000)
    after: str
    before: str | None = None

    def redraw(self, graph: Graph) -> None:
        before = graph.source(self.after)
        chosen: list[Document] = []
        for node in self.nodes:
            chosen.append({**node.model_dump(mode="json"), "inputs": list(node.inputs) or [before]})
            before = node.id
        chosen = [node for node in chosen if not ends(node)]
        if not chosen:
            raise refused("edit", "There is nothing to paste: a network has one output layer.",
                          "Copy other layers.")
        own: set[str] = set()
        for node in chosen:  # wires from outside, or from what comes only later
            node["inputs"] = [name if name in own else "" for name in node["inputs"]]
            own.add(node["id"])
        put(graph, copies(graph, chosen, {"": self.after}), self.after, self.before)


class Freeze(OfNetwork):
    """Have nodes keep their weights as they are drawn, or learn again."""

    kind: Literal["freeze"] = "freeze"
    nodes: tuple[str, ...]
    frozen: bool

    def redraw(self, graph: Graph) -> None:
        for id in self.nodes:
            graph.node(id)["frozen"] = self.frozen
