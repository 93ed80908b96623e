"""Layout: boxes and wires -> columns and rows. The same network always lies the same way."""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SWEEPS = 4
_MOST_CELLS = 4000
"""Cells that long wires may take; with more, wires are not led around boxes."""

Cell = tuple[int, int]
"""Column and row."""
_Way = tuple[str, str]
"""A wire: from, to."""


class Layout(NamedTuple):
    """Where every box lies, and the free cells every long wire runs through."""

    boxes: dict[str, Cell]
    via: dict[_Way, list[Cell]]


def laid_out(reads: Mapping[str, Sequence[str]]) -> Layout:
    """Places for boxes, each with the boxes it reads, in an order in which those come first."""
    columns: dict[str, int] = {}
    for id, sources in reads.items():
        columns[id] = 1 + max((columns.get(name, 0) for name in sources), default=-1)
    points = _Points(reads, columns)
    order = _swept(points)
    rows = _rows(order, points)
    return Layout({id: (column, rows[id]) for id, column in columns.items()},
                  {way: [(points.column[name], rows[name]) for name in chain]
                   for way, chain in points.chains.items()})


class _Points:
    """Boxes, and a point for every column a long wire passes; each with its neighbours left and right."""

    def __init__(self, reads: Mapping[str, Sequence[str]], columns: dict[str, int]) -> None:
        self.column = dict(columns)
        self.left: dict[str, list[str]] = {id: [] for id in columns}
        self.right: dict[str, list[str]] = {id: [] for id in columns}
        self.chains: dict[_Way, list[str]] = {}
        ways = [(source, id) for id, sources in reads.items() for source in dict.fromkeys(sources)
                if source in columns and columns[source] < columns[id]]
        long = sum(columns[id] - columns[source] - 1 for source, id in ways) <= _MOST_CELLS
        for source, id in ways:
            between = range(columns[source] + 1, columns[id]) if long else range(0)
            chain = [f"{source}>{id}@{column}" for column in between]
            self.chains[source, id] = chain
            for name, column in zip(chain, between, strict=True):
                self.column[name], self.left[name], self.right[name] = column, [], []
            for one, other in zip([source, *chain], [*chain, id], strict=True):
                self.right[one].append(other)
                self.left[other].append(one)


def _swept(points: _Points) -> list[list[str]]:
    """The points of every column in an order in which few wires cross: boxes first, then by the mean place
    of their neighbours, to and fro; the best order seen."""
    order: list[list[str]] = [[] for _ in range(1 + max(points.column.values(), default=0))]
    for name, column in points.column.items():
        order[column].append(name)
    if all(len(column) == 1 for column in order):
        return order
    best, fewest = [list(column) for column in order], _crossings(order, points)
    for sweep in range(2 * _SWEEPS):
        if not fewest:
            break
        sides = points.right if sweep % 2 else points.left
        for column in reversed(order) if sweep % 2 else order:
            _sort(column, order, sides, points)
        if (crossings := _crossings(order, points)) < fewest:
            best, fewest = [list(column) for column in order], crossings
    return best


def _sort(column: list[str], order: list[list[str]], sides: dict[str, list[str]], points: _Points) -> None:
    """Sort a column by the mean place of each point's neighbours on one side; ties stay as they are."""
    if len(column) == 1:
        return
    near = {points.column[name] for point in column for name in sides[point]}
    place = {name: number for other in near for number, name in enumerate(order[other])}
    mean = {point: sum(place[name] for name in sides[point]) / len(sides[point]) if sides[point]
            else float(number) for number, point in enumerate(column)}
    column.sort(key=mean.__getitem__)


def _crossings(order: list[list[str]], points: _Points) -> int:
    """How many pairs of wires cross."""
    place = {name: number for column in order for number, name in enumerate(column)}
    crossed = 0
    for column in order:
        seen: list[int] = []
        for end in (end for name in column for end in sorted(place[near] for near in points.right[name])):
            crossed += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return crossed


def _rows(order: list[list[str]], points: _Points) -> dict[str, int]:
    """A row for every point: that of the first it reads if it is free, else the next one below."""
    rows: dict[str, int] = {}
    for column in order:
        lowest = -1
        for name in column:
            wanted = rows[points.left[name][0]] if points.left[name] else 0
            lowest = rows[name] = max(lowest + 1, wanted)
    return rows
