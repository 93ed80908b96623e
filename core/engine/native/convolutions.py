"""Convolutions: calls of what images.h holds, with the sizes known."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.engine.native.code import Code
from core.engine.native.reductions import total
from core.engine.native.shaping import reshaped
from core.engine.native.values import Leaf, Memory, Value, leaf, pointwise, viewed
from core.engine.native.windows import Window, both, plain, room_for, start_of, starts


class _Asked(NamedTuple):
    """How torch is asked to convolve, in its order."""

    step: Sequence[int]
    pad: Sequence[int]
    spread: Sequence[int]
    transposed: bool
    more: Sequence[int]
    groups: int

    def window(self, weights: Value) -> Window:
        """The window these weights are under."""
        return Window(both(weights.shape[2:], 1), both(self.step, 1), both(self.pad, 0), both(self.spread, 1))


def convolution(images: Value, weights: Value, bias: Value | None, *asked: Any) -> Value:
    """As torch's `convolution`."""
    how = _Asked(*asked)
    flat = len(images.shape) == 3
    images, weights = _image(images), _image(weights)
    window, groups = how.window(weights), how.groups
    if how.transposed:
        channels, *sizes = weights.shape[1] * groups, *window.over(images.shape[2:], both(how.more, 0))
        slides = _Slides(window, (images.shape[0], channels, *sizes), images.shape[1], groups)
        found: Value = slides.of_images(weights, images)
        if bias is not None:
            found = pointwise("float", "{0} + {1}".format, found, reshaped(bias, [1, channels, 1, 1]))
    else:
        found = _Slides(window, images.shape, weights.shape[0], groups).forward(images, weights, bias)
    return viewed(found, lambda place: place.without([2])) if flat else found


def convolution_backward(slopes: Value, images: Value, weights: Value, _: object,
                         *asked: Any) -> list[Value | None]:
    """As torch's `convolution_backward`: the slopes of images, weights and bias that are wanted."""
    how, wanted = _Asked(*asked[:-1]), asked[-1]
    flat = len(images.shape) == 3
    slopes, images, weights = _image(slopes), _image(images), _image(weights)
    window, groups = how.window(weights), how.groups
    if how.transposed:  # the same the other way round
        slides = _Slides(window, slopes.shape, images.shape[1], groups)
        found = [slides.forward(slopes, weights, None), slides.of_weights(slopes, images, weights.shape)]
    else:
        slides = _Slides(window, images.shape, weights.shape[0], groups)
        found = [slides.of_images(weights, slopes), slides.of_weights(images, slopes, weights.shape)]
    back = [viewed(one, lambda place: place.without([2])) if flat else one for one in found]
    bias = viewed(total(slopes, [0, 2, 3]), lambda place: place.without([0, 2, 3]))
    return [one if wants else None for one, wants in zip([*back, bias], wanted, strict=True)]


class _Slides(NamedTuple):
    """A convolution of known sizes."""

    window: Window
    images: tuple[int, ...]
    filters: int
    groups: int

    def forward(self, images: Value, weights: Value, bias: Value | None) -> Value:
        """The sums under the window."""
        given = [plain(value) for value in (images, weights, bias) if value is not None]
        shape = self.images[0], self.filters, *self.window.places(*self.images[2:])
        return self._called("forward", given if bias is not None else [*given, None], shape)

    def of_images(self, weights: Value, slopes: Value) -> Value:
        """The slopes of the images, given those of the sums."""
        return self._called("of_images", [plain(weights), plain(slopes)], self.images)

    def of_weights(self, images: Value, slopes: Value, shape: tuple[int, ...]) -> Value:
        """The slopes of the weights, which have this shape."""
        return self._called("of_weights", [plain(images), plain(slopes)], shape)

    def _called(self, function: str, given: Sequence[Leaf | None], shape: tuple[int, ...]) -> Leaf:
        samples, channels, *sizes = self.images
        window = self.window.named(channels // self.groups, *sizes)
        named = (f"Convolution<{window}, {self.window.step[1]}, {samples}, {self.groups}, "
                 f"{self.filters // self.groups}>")

        def fill(code: Code, memory: Memory) -> None:
            begins = ", ".join(starts(code, given))
            code.lines.append(f"{named}::{function}({begins}, {start_of(memory)}, {room_for(code, named)});")

        return leaf("float", shape, fill)


def _image(value: Value) -> Value:
    """A curve as an image of one row."""
    return viewed(value, lambda place: place.with_axis(2)) if len(value.shape) == 3 else value
