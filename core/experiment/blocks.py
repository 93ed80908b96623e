"""Blocks: nodes of one name that are drawn, folded and repeated as one thing."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_COPY = re.compile(r"(.+)#([1-9][0-9]?)")


def parted(group: str) -> tuple[str, int]:
    """The block a node's group names, and which copy of it: "encoder#2" is the second; 0 says the only."""
    found = _COPY.fullmatch(group)
    return (found[1], int(found[2])) if found else (group, 0)


class Flow(NamedTuple):
    """Who reads whom, in order."""

    inputs: Mapping[str, Sequence[str]]
    groups: Mapping[str, str]
    end: str | None = None
    """The output layer, if there is one."""


class Piece(NamedTuple):
    """Nodes with one way in and one way out; or `what` speaks against that, and the way out."""

    entry: str = ""
    exit: str = ""
    what: str = ""
    fix: str = ""


class Block(NamedTuple):
    """A block with its copies in order, each the ids of its nodes; as one piece, or not."""

    name: str
    copies: list[list[str]]
    whole: Piece

    @property
    def ids(self) -> list[str]:
        """Of all copies."""
        return [id for copy in self.copies for id in copy]


def blocks(flow: Flow) -> list[Block]:
    """Every block, in the order of the network."""
    found: dict[str, dict[int, list[str]]] = {}
    for id, group in flow.groups.items():
        if group:
            name, number = parted(group)
            found.setdefault(name, {}).setdefault(number, []).append(id)
    return [Block(name, copies, _whole(copies, flow)) for name, copies in
            ((name, [ids for _, ids in sorted(numbered.items())]) for name, numbered in found.items())]


def _whole(copies: list[list[str]], flow: Flow) -> Piece:
    """All copies as one piece, each of them reading the one before."""
    whole = piece([id for copy in copies for id in copy], flow)
    before = whole.entry
    for number, copy in enumerate(copies, 1):
        one = whole if whole.what or len(copies) == 1 else piece(copy, flow)
        if one.what:
            return one
        if one.entry != before:
            return Piece(what=f"Copy {number} reads {one.entry!r} and not what comes before it.",
                         fix=f"Wire it to {before!r}, or ungroup the block.")
        before = one.exit
    return whole


def piece(ids: Sequence[str], flow: Flow) -> Piece:
    """These nodes as one piece, which they are when they lie together with one way in and one way out."""
    own, order = set(ids), list(flow.inputs)
    if flow.end in own:
        return Piece(what="The output layer cannot be part of a block.", fix="Leave it out.")
    places = [place for place, id in enumerate(order) if id in own]
    between = [id for id in order[places[0]:places[-1] + 1] if id not in own]
    if between:
        return Piece(what=f"{between[0]!r} lies between them and is not part of the block.",
                     fix=f"Add {between[0]!r} to the block, or move it away.")
    entries = list(dict.fromkeys(name for id in order if id in own for name in flow.inputs[id]
                                 if name not in own))
    exits = list(dict.fromkeys(name for id in order if id not in own for name in flow.inputs[id]
                               if name in own))
    if len(entries) != 1:
        return Piece(what=f"A block reads from one place, but these read from {_listed(entries)}.",
                     fix="Choose layers that read from one place outside.")
    if len(exits) > 1:
        return Piece(what=f"A block is read in one place, but of these {_listed(exits)} are read by others.",
                     fix="Choose layers of which only one is read by others.")
    return Piece(entries[0], exits[0] if exits else order[places[-1]])


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:4]) + (", …" if len(names) > 4 else "") or "nowhere"
