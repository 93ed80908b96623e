"""A window that slides along every axis of an image or a signal but the channels."""

from typing import NamedTuple

from core.catalog.layers.expect import fits
from core.problems import ShapeMismatch, instead
from core.shapes import Shape, window


class Sliding(NamedTuple):
    """How a window moves: its side, its step, the border around what it reads, the gaps within it."""

    kernel: int
    stride: int
    padding: int
    dilation: int = 1

    @property
    def reach(self) -> int:
        """How many places it spans along an axis."""
        return (self.kernel - 1) * self.dilation + 1

    def over(self, shape: Shape, title: str) -> tuple[int, ...]:
        """How many places it finds along every axis. Raises ShapeMismatch when it does not fit."""
        fits(self.reach, shape, self.padding, title)
        return tuple(window(side, self.reach, self.stride, self.padding) for side in shape.sizes[1:])

    def spread(self, shape: Shape, title: str, more: int) -> tuple[int, ...]:
        """The sizes a transposed convolution gives back, with `more` places at the end of every axis."""
        sizes = tuple((side - 1) * self.stride - 2 * self.padding + self.reach + more
                      for side in shape.sizes[1:])
        if min(sizes) < 1:
            raise ShapeMismatch(f"{title} cuts {self.padding} from every edge, which leaves nothing of "
                                f"{shape}.", "Lower padding, or raise kernel.",
                                *instead("padding", range(self.padding - 1, -1, -1)))
        return sizes
