"""Pooling: makes an image smaller by keeping one number per window."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import whole
from core.catalog.layers.expect import fits, picture
from core.shapes import Shape, image, window


class _Pool2d(Layer):
    """One number per window of an image."""

    group: ClassVar[str] = "pooling"
    example: ClassVar[Shape] = image(2, 8, 8)
    target: ClassVar[str]
    kernel: int = whole(2, 1, 8, "Side of the window.", unit="pixels")
    stride: int = whole(2, 1, 8, "Step between two windows.", unit="pixels")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        fits(self.kernel, inputs[0], 0, self.title)
        return image(channels, *(window(side, self.kernel, self.stride, 0) for side in (height, width)))

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call(self.target, {"kernel_size": self.kernel, "stride": self.stride}),)


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
