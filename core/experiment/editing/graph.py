"""Graph: a network's nodes while they are edited, every input spelled out, written back as they were."""

from collections.abc import Collection, Iterable
from typing import Any

from core.catalog.base import Layer
from core.catalog.layers import LAYERS
from core.experiment.blocks import Flow
from core.experiment.check import INPUT, given, walk
from core.experiment.explain import cut, short
from core.experiment.model import Experiment, write
from core.plain import Plain
from core.problems import Problem, Problems, ShapeMismatch, closest
from core.shapes import Shape

Document = dict[str, Any]
KINDS: dict[str, type[Layer]] = {entry.name(): entry for entry in LAYERS}


def refused(where: str, what: str, fix: str) -> Problems:
    """An edit that is not carried out."""
    return Problems(Problem(where=where or "edit", what=what, fix=fix))


def arity(node: Document) -> tuple[int, int | None]:
    """The fewest and the most inputs a node takes."""
    return KINDS[node["layer"]["kind"]].arity


def ends(node: Document) -> bool:
    """Whether a node is an output layer, which nothing reads."""
    return KINDS[node["layer"]["kind"]].for_task is not Layer.for_task


def unlike(names: Iterable[str]) -> list[str]:
    """Each name once, in order."""
    return list(dict.fromkeys(names))


class Graph:
    """The nodes in order, each with its inputs by name, whatever "the node before" was."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.nodes: list[Document] = write(experiment)["network"]["nodes"]
        self._implicit = {node["id"] for node in self.nodes if not node["inputs"]}
        self._numbers: dict[str, int] = {}
        before = INPUT
        for node in self.nodes:
            node["inputs"] = node["inputs"] or [before]
            before = node["id"]

    def written(self) -> list[Document]:
        """The nodes as a document: what read the node before still says so by saying nothing."""
        before = INPUT
        for node in self.nodes:
            if node["id"] in self._implicit and node["inputs"] == [before]:
                node["inputs"] = []
            before = node["id"]
        return self.nodes

    def __contains__(self, id: str) -> bool:
        return any(node["id"] == id for node in self.nodes)

    def place(self, id: str) -> int:
        """Where a node stands. Raises Problems when it is not there."""
        for place, node in enumerate(self.nodes):
            if node["id"] == id:
                return place
        raise refused(cut(id), f"There is no layer called {short(id)}.",
                      closest(id, [node["id"] for node in self.nodes]))

    def node(self, id: str) -> Document:
        """The node of this id."""
        return self.nodes[self.place(id)]

    def source(self, name: str) -> str:
        """The same name, of something that can be read. Raises Problems for anything else."""
        known = given(self.experiment.data)
        if name not in known and name not in self:
            raise refused(cut(name), f"There is nothing called {short(name)} to read.",
                          closest(name, (*known, *(node["id"] for node in self.nodes[:300]))))
        return name

    def after(self, name: str) -> int:
        """The first place at which a node may read this."""
        return self.place(name) + 1 if name in self else 0

    def readers(self, name: str) -> list[Document]:
        """The nodes that read this."""
        return [node for node in self.nodes if name in node["inputs"]]

    def free(self, kind: str) -> str:
        """An id nobody has."""
        taken, number = {node["id"] for node in self.nodes}, self._numbers.get(kind, 0) + 1
        while f"{kind}_{number}" in taken:
            number += 1
        self._numbers[kind] = number
        return f"{kind}_{number}"

    def put(self, place: int, new: list[Document]) -> None:
        """Put nodes at a place; wires are somebody else's business."""
        self._implicit |= {node["id"] for node in new}
        self.nodes[place:place] = new

    def behind(self, ids: Collection[str]) -> set[str]:
        """These nodes and all that hang on them."""
        found = set(ids)
        while True:
            more = {node["id"] for node in self.nodes if not found.isdisjoint(node["inputs"])} - found
            if not more:
                return found
            found |= more

    def order(self, source: str, target: str) -> None:
        """Have a node that is read come before its reader. Whoever asks has ruled out a circle.

        The reader moves down with all that hangs on it; one in a block stays, and what it reads moves up.
        """
        first, last = self.place(target), self.after(source)
        if first >= last:
            return
        between = self.nodes[first:last]
        if self.node(target)["group"] and not self.nodes[last - 1]["group"]:
            needed = {source}
            for node in reversed(between):
                needed.update(node["inputs"] if node["id"] in needed else ())
            self.nodes[first:last] = sorted(between, key=lambda node: node["id"] not in needed)
        else:
            hanging = self.behind([target])
            self.nodes[first:last] = sorted(between, key=lambda node: node["id"] in hanging)

    def flow(self) -> Flow:
        """Who reads whom."""
        last = self.nodes[-1] if self.nodes else None
        return Flow({node["id"]: node["inputs"] for node in self.nodes},
                    {node["id"]: node["group"] for node in self.nodes},
                    last["id"] if last and ends(last) else None)

    def shapes(self) -> dict[str, Shape]:
        """What is known of the shapes, of the network as it was before the edit."""
        return walk(self.experiment).shapes

    def filled(self, layer: Layer, after: str) -> list[str]:
        """What a new layer after `after` reads: it, and for a merge the nearest thing before that fits.

        Where nothing fits, what is missing is `after` again.
        """
        fewest, most = layer.arity
        if fewest < 2:
            return [after]
        shapes = self.shapes()
        known = [node["id"] for node in self.nodes[:self.after(after)]][-100:]
        fits = (name for name in reversed((INPUT, *known)) if most is None and name != after
                and name in shapes and after in shapes and _joins(layer, shapes[after], shapes[name]))
        return [after, *([next(fits, after)] * (fewest - 1))]


class OfNetwork(Plain):
    """An edit of the network alone."""

    def changed(self, experiment: Experiment) -> Document:
        """The document after it. Raises Problems when it cannot be carried out."""
        graph = Graph(experiment)
        self.redraw(graph)
        document = write(experiment)
        document["network"]["nodes"] = graph.written()
        return document

    def redraw(self, graph: Graph) -> None:
        """Carry it out on the graph."""
        raise NotImplementedError


def _joins(layer: Layer, one: Shape, other: Shape) -> bool:
    if "integer" in (one.dtype, other.dtype):
        return False
    try:
        layer.output(one, other)
    except ShapeMismatch:
        return False
    return True
