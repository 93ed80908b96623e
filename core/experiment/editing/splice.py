"""Splicing: nodes put into a network or taken out of it, while what they leave behind stays whole."""

from collections.abc import Iterable, Mapping

from core.experiment.blocks import parted
from core.experiment.editing.graph import Document, Graph, arity, refused


def put(graph: Graph, new: list[Document], after: str, before: str | None) -> None:
    """Put a row of nodes behind `after`: what read that reads the last of them; with `before`, only this."""
    readers = graph.readers(after)
    if before is not None:
        readers = [node for node in readers if node["id"] == graph.node(before)["id"]]
        if not readers:
            raise refused(before, f"It does not read {after!r}.", "Choose a wire that is there.")
    for reader in readers:
        names = reader["inputs"]
        at = range(len(names)) if before is None else {names.index(after)}
        reader["inputs"] = [new[-1]["id"] if name == after and place in at else name
                            for place, name in enumerate(names)]
    place = graph.after(after)
    group = graph.nodes[place - 1]["group"] if place else ""
    if group and any(reader["group"] == group for reader in readers):
        for node in new:
            node["group"] = group
    else:
        while group and place < len(graph.nodes) and graph.nodes[place]["group"] == group:
            place += 1
    graph.put(place, new)


def take(graph: Graph, id: str, *, alone: bool = False) -> None:
    """Take a node out: what read it reads what it read, and a merge left with one input goes too.

    alone: such a merge stays, and reads what is left twice.
    """
    gone = graph.nodes.pop(graph.place(id))
    reads = [name for name in gone["inputs"] if name != id] or ["input"]
    for reader in graph.readers(id):
        fewest, most = arity(reader)
        was_whole = len(reader["inputs"]) >= fewest
        reader["inputs"] = _instead(reader["inputs"], id, reads if most is None else reads[:1],
                                    once=most is None)
        missing = fewest - len(reader["inputs"])
        if was_whole and missing > 0:
            reader["inputs"] += reader["inputs"][-1:] * missing
            if most is None and not alone:
                take(graph, reader["id"])


def _instead(inputs: Iterable[str], old: str, new: list[str], *, once: bool) -> list[str]:
    """Inputs with others in the place of one; `once`: none that is read already."""
    found: list[str] = []
    others = {name for name in inputs if name != old}
    for name in inputs:
        if name != old:
            found.append(name)
        elif once:
            found += [other for other in new if other not in others and other not in found]
        else:
            found += new
    return found


def copies(graph: Graph, chosen: list[Document], outer: Mapping[str, str]) -> list[Document]:
    """Copies of nodes under fresh ids, the wires among them kept; other sources are renamed by `outer`.

    A block that is copied becomes a block of its own; part of one belongs to none.
    """
    fresh: dict[str, str] = {}
    names = _names(graph, chosen)
    made: list[Document] = []
    for node in chosen:
        inputs = [fresh.get(name) or outer.get(name, name) for name in node["inputs"]]
        fresh[node["id"]] = graph.free(node["layer"]["kind"])
        name, number = parted(node["group"])
        group = names.get(name, "") + (f"#{number}" if number and name in names else "")
        made.append({**node, "id": fresh[node["id"]], "inputs": inputs, "group": group})
    return made


def _names(graph: Graph, chosen: list[Document]) -> dict[str, str]:
    """A free name for every block of two nodes or more among those chosen."""
    taken = {parted(node["group"])[0] for node in graph.nodes}
    found: dict[str, str] = {}
    inside = [parted(node["group"])[0] for node in chosen if node["group"]]
    for name in dict.fromkeys(inside):
        if inside.count(name) < 2:
            continue
        number = 2
        while f"{name[:28]} {number}" in taken:
            number += 1
        found[name] = f"{name[:28]} {number}"
        taken.add(found[name])
    return found
