"""Views of values, and values laid one after the other."""

from collections.abc import Sequence
from math import prod

from core.engine.native.arithmetic import kind_of
from core.engine.native.code import Code
from core.engine.native.places import fresh
from core.engine.native.values import Constant, Leaf, Memory, Value, expanded, leaf, viewed


def axes_of(value: Value, axes: int | Sequence[int] | None) -> list[int]:
    """The axes that are meant, from 0; all where none is named."""
    asked = [axes] if isinstance(axes, int) else list(axes or range(len(value.shape)))
    return [axis % len(value.shape) for axis in asked] if value.shape else []


def sliced(value: Value, axis: int = 0, begin: int | None = None, end: int | None = None,
           step: int = 1) -> Value:
    """Every `step`-th along an axis, as Python slices."""
    at = axis % len(value.shape)
    start, stop, step = slice(begin, end, step).indices(value.shape[at])
    return viewed(value, lambda place: place.sliced(at, start, len(range(start, stop, step)), step))


def selected(value: Value, axis: int, number: int) -> Value:
    """One along an axis, which is left out."""
    at = axis % len(value.shape)
    return viewed(value, lambda place: place.sliced(at, number % value.shape[at], 1).without([at]))


def split(value: Value, sizes: Sequence[int], axis: int = 0) -> list[Value]:
    """Parts of these sizes along an axis."""
    ends = [sum(sizes[:number + 1]) for number in range(len(sizes))]
    return [sliced(value, axis, end - size, end) for size, end in zip(sizes, ends, strict=True)]


def reshaped(value: Value, shape: Sequence[int]) -> Value:
    """The numbers in the same order under another shape; -1 stands for what is left."""
    known = prod(size for size in shape if size != -1)
    wanted = [prod(value.shape) // known if size == -1 else size for size in shape]
    return viewed(value, lambda place: place.reshaped(wanted))


def with_axis(value: Value, axis: int) -> Value:
    """With one more axis of one number."""
    return viewed(value, lambda place: place.with_axis(axis % (len(value.shape) + 1)))


def squeezed(value: Value, axes: int | Sequence[int]) -> Value:
    """Without those of these axes that have one number."""
    gone = [axis for axis in axes_of(value, axes) if value.shape[axis] == 1]
    return viewed(value, lambda place: place.without(gone))


def permuted(value: Value, axes: Sequence[int]) -> Value:
    """The axes in another order."""
    return viewed(value, lambda place: place.permuted([axis % len(axes) for axis in axes]))


def spread(value: Value, shape: Sequence[int], axes: Sequence[int]) -> Value:
    """The value's axes put at these axes of a shape, and repeated along the others."""
    for axis in range(len(shape)):
        if axis not in axes:
            value = with_axis(value, axis)
    return expanded(value, shape)


def repeated(value: Value, times: Sequence[int]) -> Value:
    """As torch's `repeat`."""
    for _ in range(len(times) - len(value.shape)):
        value = with_axis(value, 0)
    sizes = value.shape
    for axis in reversed(range(len(times))):
        value = with_axis(value, axis)
    pairs = [number for pair in zip(times, sizes, strict=True) for number in pair]
    return reshaped(expanded(value, pairs), [one * other for one, other in zip(times, sizes, strict=True)])


def joined(values: Sequence[Value], axis: int = 0) -> Value:
    """Values one after the other; what is not yet worked out is put where it belongs at once."""
    at = axis % len(values[0].shape)
    sizes = [value.shape[at] for value in values]
    shape = tuple(sum(sizes) if number == at else size for number, size in enumerate(values[0].shape))

    def fill(code: Code, memory: Memory) -> None:
        for number, value in enumerate(values):
            begin = sum(sizes[:number])
            room = Leaf(memory.kind, value.shape, memory, fresh(shape).sliced(at, begin, sizes[number]))
            if at == 0 and isinstance(value, Leaf) and value.kind == memory.kind and _empty(value):
                value.memory.name, value.memory.start = memory.name, memory.start + room.place.offset
                code.ensure(value.memory)
            elif prod(value.shape):
                code.store([(room, value)])

    return leaf(kind_of(*values), shape, fill)


def _empty(value: Leaf) -> bool:
    """Whether the leaf is the whole of a memory that has no place yet."""
    return (value.memory.fill is not None and not value.memory.name and value.place.plain
            and prod(value.shape) == value.memory.size)


def padded(value: Value, sides: Sequence[int], number: float = 0.0) -> Value:
    """Longer at both ends of its axes, the last one first; shorter where a side is negative."""
    for place in range(len(sides) // 2):
        axis = len(value.shape) - 1 - place
        cut = [max(0, -side) for side in sides[2 * place:2 * place + 2]]
        value = sliced(value, axis, cut[0], value.shape[axis] - cut[1]) if any(cut) else value
        before, after = (Constant(value.kind, (*value.shape[:axis], side, *value.shape[axis + 1:]), number)
                         for side in (max(0, side) for side in sides[2 * place:2 * place + 2]))
        parts = [part for part in (before, value, after) if part.shape[axis] > 0]
        value = joined(parts, axis) if len(parts) > 1 else value
    return value
