"""A disk as it could be after power is cut: what was made safe, and any part of what was not.

Of what was written to a file since its last sync each piece may be there, missing, or torn between sectors.
Changes of names stay in order up to the last that were made safe: by any sync (as with a journal), or, where
the disk is strict, only by one of their own folder. Method: the crash tests of SQLite (`test6.c`).
"""

import random
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path, PurePath
from typing import NamedTuple

SECTOR = 512


class Kind(IntEnum):
    """What was done."""

    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    RENAME = 5
    UNLINK = 6
    MKDIR = 7
    RMDIR = 8
    LINK = 9


class Act(NamedTuple):
    """One thing a process did to a file or folder; paths are relative to the root of the disk."""

    kind: Kind
    path: str
    other: str
    inode: int
    offset: int
    data: bytes


@dataclass
class Content:
    """A file: what of it is safe, and what was done to it since."""

    safe: bytearray = field(default_factory=bytearray)
    loose: list[Act] = field(default_factory=lambda: [])

    def settle(self) -> None:
        """All that was done is safe now."""
        for act in self.loose:
            _apply(self.safe, act)
        self.loose = []

    def after(self, chance: random.Random) -> bytes:
        """The file as it may be after a cut."""
        held = bytearray(self.safe)
        for act in self.loose:
            fate = chance.random()
            if fate < 0.4:
                _apply(held, act)
            elif fate < 0.6 and act.kind is Kind.WRITE:
                _tear(held, act, chance)
        return bytes(held)


@dataclass
class Folder:
    """A folder: what lies in it, and what of that is safe."""

    now: "dict[str, Node]" = field(default_factory=lambda: {})
    safe: "dict[str, Node]" = field(default_factory=lambda: {})


Node = Content | Folder
Change = list[tuple[Folder, str, Node | None]]
"""Names that came to stand for something else, or for nothing, all at once."""


class Disk:
    """Files and folders, by what they are called and by inode."""

    def __init__(self, root: Path, strict: bool) -> None:
        """root: what is there, all of it safe. strict: names are made safe only by a sync of their folder."""
        self._strict, self.root = strict, Folder()
        self._nodes: dict[int, Node] = {root.stat().st_ino: self.root}
        self._pending: list[Change] = []
        for path in sorted(root.rglob("*")):
            made = Folder() if path.is_dir() else Content(bytearray(path.read_bytes()))
            self._nodes[path.stat().st_ino] = made
            folder, name = self._found(str(path.relative_to(root)))
            folder.now[name] = folder.safe[name] = made

    def node(self, inode: int) -> Node | None:
        """What has this inode."""
        return self._nodes.get(inode)

    def at(self, path: str) -> Node | None:
        """What is called so now, if anything is."""
        node: Node | None = self.root
        for part in PurePath(path).parts:
            node = node.now.get(part) if isinstance(node, Folder) else None
        return node

    def do(self, act: Act) -> None:
        """Have something done to it."""
        match act.kind:
            case Kind.WRITE | Kind.TRUNCATE:
                if isinstance(file := self._nodes.get(act.inode), Content):
                    file.loose.append(act)
            case Kind.SYNC:
                self._sync(self._nodes.get(act.inode))
            case _:
                self._rename(act)

    def _rename(self, act: Act) -> None:
        """Have names changed, by creating or removing too."""
        folder, name = self._found(act.path)
        change: Change = []
        match act.kind:
            case Kind.CREATE | Kind.MKDIR:
                made = self._nodes[act.inode] = Content() if act.kind is Kind.CREATE else Folder()
                change = [(folder, name, made)]
            case Kind.UNLINK | Kind.RMDIR:
                change = [(folder, name, None)]
            case _:
                change = [(*self._found(act.other), folder.now[name])]
                if act.kind is Kind.RENAME:
                    change.insert(0, (folder, name, None))
        self._pending.append(change)
        for where, called, node in change:
            _set(where.now, called, node)

    def _sync(self, node: Node | None) -> None:
        if isinstance(node, Content):
            node.settle()
        kept: list[Change] = []
        for change in self._pending:
            if not self._strict or any(folder is node for folder, _, _ in change):
                for folder, name, stands in change:
                    _set(folder.safe, name, stands)
            else:
                kept.append(change)
        self._pending = kept

    def after(self, chance: random.Random, into: Path) -> None:
        """Make the folders and files there may be after a cut."""
        cut: dict[int, int] = {}
        shape: dict[int, dict[str, Node]] = {}
        for place, change in enumerate(self._pending):
            where = id(change[-1][0]) if self._strict else 0
            if place < cut.setdefault(where, chance.randrange(place, len(self._pending) + 1)):
                for folder, name, stands in change:
                    _set(shape.setdefault(id(folder), dict(folder.safe)), name, stands)
        self._make(self.root, shape, chance, into)

    def _make(self, folder: Folder, shape: dict[int, dict[str, Node]], chance: random.Random,
              into: Path) -> None:
        into.mkdir()
        for name, node in shape.get(id(folder), folder.safe).items():
            if isinstance(node, Folder):
                self._make(node, shape, chance, into / name)
            else:
                (into / name).write_bytes(node.after(chance))

    def _found(self, path: str) -> tuple[Folder, str]:
        """The folder a path lies in now, and its last name."""
        folder = self.at(str(PurePath(path).parent))
        assert isinstance(folder, Folder), f"{path} lies in no folder"
        return folder, PurePath(path).name


def _set(names: dict[str, Node], name: str, node: Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _apply(held: bytearray, act: Act) -> None:
    if act.kind is Kind.TRUNCATE:
        del held[act.offset:]
        held.extend(bytes(act.offset - len(held)))
        return
    end = act.offset + len(act.data)
    held.extend(bytes(max(0, end - len(held))))
    held[act.offset:end] = act.data


def _tear(held: bytearray, act: Act, chance: random.Random) -> None:
    """Only some of its sectors reached the disk."""
    for at in range(0, len(act.data), SECTOR):
        if chance.random() < 0.5:
            _apply(held, act._replace(offset=act.offset + at, data=act.data[at:at + SECTOR]))
