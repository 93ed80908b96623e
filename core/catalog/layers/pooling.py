"""Pooling: makes an image or a signal smaller by keeping one number per window."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import whole
from core.catalog.layers.dense import unusual
from core.catalog.layers.expect import curve, picture
from core.catalog.layers.sliding import Sliding
from core.problems import ShapeMismatch, instead
from core.shapes import Shape, image, signal


class _Pool(Layer):
    """One number per window."""

    group: ClassVar[str] = "pooling"
    target: ClassVar[str]
    kernel: int = whole(2, 1, 8, "Side of the window.", unit="pixels")
    stride: int = whole(2, 1, 8, "Step between two windows.", unit="pixels")
    padding: int = whole(0, 0, 4, "Blank border around the edge, at most half a window.", unit="pixels")

    def slid(self, given: Shape) -> tuple[int, ...]:
        """The sizes that are left."""
        if 2 * self.padding > self.kernel:
            raise ShapeMismatch(f"{self.title} has a padding of {self.padding}, more than half its kernel of "
                                f"{self.kernel}.", "Lower padding, or raise kernel.",
                                *instead("padding", (self.kernel // 2, 0)))
        return Sliding(self.kernel, self.stride, self.padding).over(given, self.title)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call(self.target, {"kernel_size": self.kernel, "stride": self.stride}
                     | unusual({"padding": self.padding}, {"padding": 0})),)


class _Pool2d(_Pool):
    """One number per window of an image."""

    example: ClassVar[Shape] = image(2, 8, 8)

    def output(self, *inputs: Shape) -> Shape:
        channels, _, _ = picture(inputs[0], self.title)
        return image(channels, *self.slid(inputs[0]))


class _Pool1d(_Pool):
    """One number per window of a signal."""

    example: ClassVar[Shape] = signal(2, 16)

    def output(self, *inputs: Shape) -> Shape:
        channels, _ = curve(inputs[0], self.title)
        return signal(channels, *self.slid(inputs[0]))


class MaxPool2d(_Pool2d):
    """Keeps the largest number of every window, which tells whether a pattern was anywhere in it."""

    kind: Literal["max_pool2d"] = "max_pool2d"
    title: ClassVar[str] = "Max pool 2D"
    target: ClassVar[str] = "nn.MaxPool2d"


class AvgPool2d(_Pool2d):
    """Keeps the mean of every window, which tells how strong a pattern was around there."""

    kind: Literal["avg_pool2d"] = "avg_pool2d"
    title: ClassVar[str] = "Average pool 2D"
    target: ClassVar[str] = "nn.AvgPool2d"


class MaxPool1d(_Pool1d):
    """Keeps the largest number of every stretch of a signal, which tells whether a pattern was in it."""

    kind: Literal["max_pool1d"] = "max_pool1d"
    title: ClassVar[str] = "Max pool 1D"
    target: ClassVar[str] = "nn.MaxPool1d"


class AvgPool1d(_Pool1d):
    """Keeps the mean of every stretch of a signal, which tells how strong a pattern was around there."""

    kind: Literal["avg_pool1d"] = "avg_pool1d"
    title: ClassVar[str] = "Average pool 1D"
    target: ClassVar[str] = "nn.AvgPool1d"


class _Adaptive2d(Layer):
    """Windows that are as large as they must be for the size that is asked for."""

    group: ClassVar[str] = "pooling"
    example: ClassVar[Shape] = image(2, 8, 8)
    target: ClassVar[str]
    height: int = whole(1, 1, 32, "Height of what comes out, whatever goes in.", unit="pixels")
    width: int = whole(1, 1, 32, "Width of what comes out, whatever goes in.", unit="pixels")

    def output(self, *inputs: Shape) -> Shape:
        channels, _, _ = picture(inputs[0], self.title)
        return image(channels, self.height, self.width)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call(self.target, {"output_size": [self.height, self.width]}),)


class AdaptiveAvgPool2d(_Adaptive2d):
    """Brings images of any size to one size by means. At 1 by 1, one number per channel is left."""

    kind: Literal["adaptive_avg_pool2d"] = "adaptive_avg_pool2d"
    title: ClassVar[str] = "Adaptive average pool 2D"
    target: ClassVar[str] = "nn.AdaptiveAvgPool2d"


class AdaptiveMaxPool2d(_Adaptive2d):
    """Brings images of any size to one size, keeping the largest numbers. At 1 by 1, one number per channel
    is left."""

    kind: Literal["adaptive_max_pool2d"] = "adaptive_max_pool2d"
    title: ClassVar[str] = "Adaptive max pool 2D"
    target: ClassVar[str] = "nn.AdaptiveMaxPool2d"


class AdaptiveAvgPool1d(Layer):
    """Brings signals of any length to one length by means. At 1, one number per channel is left."""

    kind: Literal["adaptive_avg_pool1d"] = "adaptive_avg_pool1d"
    title: ClassVar[str] = "Adaptive average pool 1D"
    group: ClassVar[str] = "pooling"
    example: ClassVar[Shape] = signal(2, 16)
    length: int = whole(1, 1, 64, "Length of what comes out, whatever goes in.", unit="places")

    def output(self, *inputs: Shape) -> Shape:
        channels, _ = curve(inputs[0], self.title)
        return signal(channels, self.length)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.AdaptiveAvgPool1d", {"output_size": self.length}),)
