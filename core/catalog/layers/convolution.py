"""Convolutions: small learned filters that slide over an image."""

from typing import ClassVar, Literal

from core.catalog.base import Call
from core.catalog.fields import whole
from core.catalog.layers.dense import Activated
from core.catalog.layers.expect import fits, picture
from core.shapes import Shape, image, window


class Conv2d(Activated):
    """Slides small learned filters over an image. Each filter looks for one pattern, everywhere."""

    kind: Literal["conv2d"] = "conv2d"
    title: ClassVar[str] = "Conv 2D"
    group: ClassVar[str] = "convolution"
    example: ClassVar[Shape] = image(1, 8, 8)
    filters: int = whole(8, 1, 256, "How many patterns to look for.", unit="filters")
    kernel: int = whole(3, 1, 11, "Side of a filter.", unit="pixels")
    stride: int = whole(1, 1, 4, "Step between two positions of a filter.", unit="pixels")
    padding: int = whole(1, 0, 5, "Blank border around the image, so that filters reach its edge.",
                         unit="pixels")

    def sums(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.title)
        fits(self.kernel, inputs[0], self.padding, self.title)
        return image(self.filters,
                     *(window(side, self.kernel, self.stride, self.padding) for side in (height, width)))

    def weights(self, *inputs: Shape) -> Call:
        return Call("nn.Conv2d", {"in_channels": inputs[0].sizes[0], "out_channels": self.filters,
                                  "kernel_size": self.kernel, "stride": self.stride, "padding": self.padding})

    def learned(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] * self.kernel**2 + 1) * self.filters
