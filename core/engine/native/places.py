"""Where the numbers of a tensor lie in an array, and how a view of it changes that."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple


class Place(NamedTuple):
    """The number at (i, j, …) lies at offset + i · strides[0] + j · strides[1] + …"""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    def permuted(self, axes: Sequence[int]) -> "Place":
        """The axes in another order."""
        return Place(tuple(self.shape[axis] for axis in axes), tuple(self.strides[axis] for axis in axes),
                     self.offset)

    def expanded(self, shape: Sequence[int]) -> "Place":
        """Repeated to a larger shape; -1 keeps a size."""
        new = len(shape) - len(self.shape)
        sizes, strides = (1,) * new + self.shape, (0,) * new + self.strides
        wanted = tuple(size if ask == -1 else ask for ask, size in zip(shape, sizes, strict=True))
        return Place(wanted, tuple(0 if size == 1 else stride for size, stride
                                   in zip(sizes, strides, strict=True)), self.offset)

    def sliced(self, axis: int, begin: int, count: int, step: int = 1) -> "Place":
        """Every `step`-th of an axis from `begin` on."""
        shape, strides = list(self.shape), list(self.strides)
        shape[axis], strides[axis] = count, strides[axis] * step
        return Place(tuple(shape), tuple(strides), self.offset + begin * self.strides[axis])

    def without(self, axes: Sequence[int]) -> "Place":
        """Without these axes of one number."""
        kept = [axis for axis in range(len(self.shape)) if axis not in axes]
        return self.permuted(kept)

    def with_axis(self, axis: int) -> "Place":
        """With one more axis of one number."""
        return Place((*self.shape[:axis], 1, *self.shape[axis:]),
                     (*self.strides[:axis], 0, *self.strides[axis:]), self.offset)

    def reshaped(self, shape: Sequence[int]) -> "Place | None":
        """The numbers in the same order under another shape; None when they cannot be read so."""
        axes, strides = joined([self]), list[int]()
        sizes = [size for size, _ in axes]
        steps = [step for _, (step,) in axes]
        for wanted in reversed(shape):
            if wanted == 1:
                strides.append(0)
                continue
            if not sizes or sizes[-1] % wanted:
                return None
            strides.append(steps[-1])
            sizes[-1], steps[-1] = sizes[-1] // wanted, steps[-1] * wanted
            if sizes[-1] == 1:
                sizes.pop()
                steps.pop()
        return Place(tuple(shape), tuple(reversed(strides)), self.offset)

    @property
    def plain(self) -> bool:
        """Whether the numbers lie one after the other from the array's beginning on."""
        return self.offset == 0 and all(stride == wanted for size, stride, wanted in
                                        zip(self.shape, self.strides, fresh(self.shape).strides, strict=True)
                                        if size > 1)


def fresh(shape: Sequence[int]) -> Place:
    """The plain order: one row after the other."""
    strides, step = list[int](), 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return Place(tuple(shape), tuple(reversed(strides)), 0)


def broadcast(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that values of these shapes have together."""
    backwards = zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    return tuple(reversed([next((size for size in sizes if size != 1), 1) for sizes in backwards]))


def joined(places: Sequence[Place]) -> list[tuple[int, tuple[int, ...]]]:
    """The axes of places of one shape, those joined that can be read as one in all of them.

    Returns of each axis its size and its stride in each place.
    """
    axes: list[tuple[int, tuple[int, ...]]] = []
    for axis, size in enumerate(places[0].shape):
        if size == 1:
            continue
        steps = tuple(place.strides[axis] for place in places)
        if axes and all(before == step * size for before, step in zip(axes[-1][1], steps, strict=True)):
            axes[-1] = (axes[-1][0] * size, steps)
        else:
            axes.append((size, steps))
    return axes
