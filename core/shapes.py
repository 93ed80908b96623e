"""Shape: the size of one sample on its way through a network, and the arithmetic of windows."""

from dataclasses import dataclass
from math import prod
from typing import Literal


@dataclass(frozen=True)
class Shape:
    """The size of one sample without the batch axis, with the meaning of every axis."""

    sizes: tuple[int, ...]
    axes: tuple[str, ...]
    dtype: Literal["float", "integer"] = "float"
    vocabulary: int = 0
    """How many different numbers there can be, from 0 on, where they are integers; 0 for other numbers."""

    @property
    def count(self) -> int:
        """How many numbers one sample holds."""
        return prod(self.sizes)

    def __str__(self) -> str:
        return "×".join(str(size) for size in self.sizes)

    def named(self) -> str:
        """The shape for a reader, every size with its axis: "8 channels × 13 height × 13 width"."""
        return " × ".join(f"{size} {axis}" for size, axis in zip(self.sizes, self.axes, strict=True))


def features(count: int) -> Shape:
    """A flat list of numbers."""
    return Shape((count,), ("features",))


def image(channels: int, height: int, width: int) -> Shape:
    """A picture or a stack of feature maps."""
    return Shape((channels, height, width), ("channels", "height", "width"))


def sequence(steps: int, features: int) -> Shape:
    """One list of numbers per step of time."""
    return Shape((steps, features), ("time", "features"))


def signal(channels: int, length: int) -> Shape:
    """One or more curves sampled at the same places."""
    return Shape((channels, length), ("channels", "length"))


def tokens(steps: int, vocabulary: int) -> Shape:
    """One token number per step of time, from 0 to vocabulary - 1."""
    return Shape((steps,), ("time",), "integer", vocabulary)


def window(size: int, kernel: int, stride: int, padding: int) -> int:
    """How many places a window of `kernel` finds along an axis of `size`, moving by `stride`."""
    return (size + 2 * padding - kernel) // stride + 1
