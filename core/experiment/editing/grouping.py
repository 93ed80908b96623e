"""Edits of blocks: draw nodes as one thing, take that back, repeat them."""

import re
from typing import Literal

from core.experiment.blocks import Block, Flow, blocks, piece
from core.experiment.editing.graph import Document, Graph, OfNetwork, refused
from core.experiment.editing.splice import copies
from core.experiment.explain import short
from core.problems import closest

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9 _-]{0,31}")
MOST_TIMES = 48


class Group(OfNetwork):
    """Make a block of nodes that lie together, with one way in and one way out."""

    kind: Literal["group"] = "group"
    nodes: tuple[str, ...]
    name: str

    def redraw(self, graph: Graph) -> None:
        if not _NAME.fullmatch(self.name):
            raise refused("edit", f"{short(self.name)} is no name for a block.",
                          "Use up to 32 letters, digits, blanks, hyphens and underscores.")
        if not self.nodes:
            raise refused("edit", "No layers are chosen.", "Choose those the block is made of.")
        if any(block.name == self.name for block in blocks(graph.flow())):
            raise refused("edit", f"There is a block called {self.name!r} already.", "Choose another name.")
        for id in self.nodes:
            if group := graph.node(id)["group"]:
                raise refused(id, f"It is part of the block {group!r}.", "Ungroup that block first.")
        _gather(graph, set(self.nodes))
        found = piece(self.nodes, graph.flow())
        if found.what:
            raise refused(self.nodes[0], found.what, found.fix)
        for id in self.nodes:
            graph.node(id)["group"] = self.name


class Ungroup(OfNetwork):
    """Make a block's nodes ordinary ones again, those of every copy."""

    kind: Literal["ungroup"] = "ungroup"
    name: str

    def redraw(self, graph: Graph) -> None:
        for id in _block(graph, self.name).ids:
            graph.node(id)["group"] = ""


class Repeat(OfNetwork):
    """Have so many copies of a block follow each other; copies come and go at its end."""

    kind: Literal["repeat"] = "repeat"
    name: str
    times: int

    def redraw(self, graph: Graph) -> None:
        if not 1 <= self.times <= MOST_TIMES:
            raise refused("edit", f"A block cannot be repeated {short(self.times)} times.",
                          f"Use 1 to {MOST_TIMES}.")
        block = _block(graph, self.name)
        if block.whole.what:
            raise refused(block.ids[0], block.whole.what, block.whole.fix)
        kept = block.copies[:self.times]
        last = block.whole.exit
        if self.times < len(block.copies):
            new = piece(kept[-1], graph.flow()).exit
            gone = {id for copy in block.copies[self.times:] for id in copy}
            graph.nodes = [node for node in graph.nodes if node["id"] not in gone]
            _reread(graph.nodes, last, new)
        while len(kept) < self.times:
            kept.append(_another(graph, kept[-1]))
        for number, copy in enumerate(kept, 1):
            for id in copy:
                graph.node(id)["group"] = f"{self.name}#{number}" if self.times > 1 else self.name


def _another(graph: Graph, copy: list[str]) -> list[str]:
    """One copy more behind the last one; the ids of its nodes."""
    whole = piece(copy, graph.flow())
    chosen = [graph.node(id) for id in copy]
    made = copies(graph, [{**node, "group": ""} for node in chosen], {whole.entry: whole.exit})
    ids = [node["id"] for node in made]
    last = ids[copy.index(whole.exit)]
    _reread([node for node in graph.nodes if node["id"] not in copy], whole.exit, last)
    graph.put(1 + max(graph.place(id) for id in copy), made)
    return ids


def _reread(nodes: list[Document], old: str, new: str) -> None:
    for node in nodes:
        node["inputs"] = [new if name == old else name for name in node["inputs"]]


def _gather(graph: Graph, chosen: set[str]) -> None:
    """Bring nodes together: what lies between them and does not hang on them goes before, the rest behind."""
    places = [place for place, node in enumerate(graph.nodes) if node["id"] in chosen]
    first, last = places[0], places[-1] + 1
    hanging = graph.behind(chosen) - chosen
    rank = {node["id"]: 2 if node["id"] in hanging else node["id"] in chosen for node in graph.nodes}
    gathered = sorted(graph.nodes[first:last], key=lambda node: rank[node["id"]])
    if all(rank[name] <= rank[node["id"]] for node in gathered for name in node["inputs"]
           if name in rank and name in {other["id"] for other in gathered}):
        graph.nodes[first:last] = gathered


def _block(graph: Graph, name: str) -> Block:
    flow: Flow = graph.flow()
    known = {block.name: block for block in blocks(flow)}
    if name not in known:
        raise refused("edit", f"There is no block called {short(name)}.",
                      closest(name, known) if known else "Group some layers first.")
    return known[name]
