"""The numbers of a step as expressions over memory, from which loops are written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from core.engine.native.places import Place, broadcast, fresh

if TYPE_CHECKING:
    from core.engine.native.code import Code

Kind = str
"""A type of C++: float, int64_t or bool."""


class Unsupported(Exception):
    """These steps are beyond this compiler; says which part."""


@dataclass(eq=False)
class Memory:
    """Room for numbers, filled by code that is written when they are first read."""

    kind: Kind
    size: int
    fill: "Callable[[Code, Memory], None] | None" = None
    """Writes the code that fills it; None when that is done, or is done from outside."""
    name: str = ""
    """The array it lies in; none yet while empty."""
    start: int = 0
    """Where in that array it begins."""


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor of a step."""

    kind: Kind
    shape: tuple[int, ...]

    def parts(self) -> "Iterator[Value]":
        """It, and all it is computed from in the same loop."""
        yield self


@dataclass(frozen=True, eq=False)
class Leaf(Value):
    """Numbers that lie in memory."""

    memory: Memory
    place: Place


@dataclass(frozen=True, eq=False)
class Constant(Value):
    """The same number everywhere."""

    number: float


@dataclass(frozen=True, eq=False)
class Pointwise(Value):
    """Numbers computed one by one from those of other values of the same shape."""

    write: Callable[..., str]
    """(the operands as C++) -> C++"""
    operands: tuple[Value, ...]

    def parts(self) -> Iterator[Value]:
        yield self
        for operand in self.operands:
            yield from operand.parts()


@dataclass(frozen=True, eq=False)
class Position(Value):
    """How far along an axis a number lies."""

    axis: int


@dataclass(frozen=True, eq=False)
class Picked(Value):
    """Numbers of a leaf, chosen along one axis by an index of the same shape."""

    leaf: Leaf
    axis: int
    index: Value = field(repr=False)

    def parts(self) -> Iterator[Value]:
        yield self
        yield self.leaf
        yield from self.index.parts()


def leaf(kind: Kind, shape: Sequence[int], fill: "Callable[[Code, Memory], None] | None" = None,
         name: str = "") -> Leaf:
    """Fresh memory, or with `name` an array that is there, as a value."""
    return Leaf(kind, tuple(shape), Memory(kind, prod(shape), fill, name), fresh(shape))


def realized(value: Value) -> Leaf:
    """The same numbers in memory."""
    if isinstance(value, Leaf):
        return value
    return leaf(value.kind, value.shape, lambda code, memory: code.store([(_whole(memory, value), value)]))


def _whole(memory: Memory, like: Value) -> Leaf:
    return Leaf(memory.kind, like.shape, memory, fresh(like.shape))


def pointwise(kind: Kind, write: Callable[..., str], *operands: Value) -> Value:
    """Numbers computed one by one, operands of fewer numbers repeated as torch does."""
    shape = broadcast([operand.shape for operand in operands])
    return Pointwise(kind, shape, write, tuple(expanded(operand, shape) for operand in operands))


def expanded(value: Value, shape: Sequence[int]) -> Value:
    """The value repeated to a larger shape."""
    return viewed(value, lambda place: place.expanded(shape))


def viewed(value: Value, change: Callable[[Place], Place | None]) -> Value:
    """The same numbers in another order; they are put into memory where that is needed for it."""
    found = _changed(value, change, {})
    if found is None:
        found = _changed(realized(value), change, {})
    if found is None:  # a leaf in an order that cannot be read so: copied into plain order first
        found = _changed(copied(value), change, {})
    assert found is not None
    return found


def copied(value: Value) -> Leaf:
    """The numbers in memory of their own, in plain order."""
    return realized(pointwise(value.kind, lambda one: one, value))


def _changed(value: Value, change: Callable[[Place], Place | None],
             known: dict[int, Value | None]) -> Value | None:
    """known: what was found before, by identity, so that what is used twice stays one."""
    if id(value) not in known:
        known[id(value)] = _one_changed(value, change, known)
    return known[id(value)]


def _one_changed(value: Value, change: Callable[[Place], Place | None],
                 known: dict[int, Value | None]) -> Value | None:
    if isinstance(value, Leaf):
        place = change(value.place)
        return place and Leaf(value.kind, place.shape, value.memory, place)
    if isinstance(value, Constant):
        place = change(Place(value.shape, (0,) * len(value.shape), 0))
        return place and Constant(value.kind, place.shape, value.number)
    if isinstance(value, Pointwise):
        operands = [_changed(operand, change, known) for operand in value.operands]
        found = tuple(operand for operand in operands if operand is not None)
        if len(found) == len(operands):
            return Pointwise(value.kind, found[0].shape, value.write, found)
    return None
