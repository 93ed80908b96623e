"""Convolutions: small learned filters that slide over an image or a signal."""

from typing import ClassVar, Literal

from core.catalog.base import Call
from core.catalog.fields import whole
from core.catalog.layers.dense import Activated, unusual
from core.catalog.layers.expect import curve, divides, picture
from core.catalog.layers.first import first
from core.catalog.layers.sliding import Sliding
from core.shapes import Shape, image, signal

_USUAL = {"dilation": 1, "groups": 1}


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
    dilation: int = whole(1, 1, 4, "Distance between two weights of a filter: with larger ones it sees more "
                          "of the image at no cost.", unit="pixels")
    groups: int = whole(1, 1, 64, "Parts that channels and filters are dealt into. A filter sees only its "
                        "own part.", unit="groups")

    def sums(self, *inputs: Shape) -> Shape:
        channels, _, _ = picture(inputs[0], self.title)
        _grouped(self.groups, channels, self.filters, self.title)
        slide = Sliding(self.kernel, self.stride, self.padding, self.dilation)
        return image(self.filters, *slide.over(inputs[0], self.title))

    def weights(self, *inputs: Shape) -> Call:
        return self.weighted("nn.Conv2d", in_channels=inputs[0].sizes[0], out_channels=self.filters,
                             kernel_size=self.kernel, stride=self.stride, padding=self.padding,
                             **unusual({"dilation": self.dilation, "groups": self.groups}, _USUAL))

    def learned(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] // self.groups * self.kernel**2 + self.bias) * self.filters

    def flops(self, *inputs: Shape) -> int:
        return 2 * self.sums(*inputs).count * inputs[0].sizes[0] // self.groups * self.kernel**2


class Conv1d(Activated):
    """Slides small learned filters along a signal. Each filter looks for one pattern, at every place."""

    kind: Literal["conv1d"] = "conv1d"
    title: ClassVar[str] = "Conv 1D"
    group: ClassVar[str] = "convolution"
    example: ClassVar[Shape] = signal(2, 16)
    filters: int = whole(8, 1, 256, "How many patterns to look for.", unit="filters")
    kernel: int = whole(3, 1, 31, "Length of a filter.", unit="places")
    stride: int = whole(1, 1, 8, "Step between two positions of a filter.", unit="places")
    padding: int = whole(1, 0, 15, "Blank places at both ends, so that filters reach them.", unit="places")
    dilation: int = whole(1, 1, 16, "Distance between two weights of a filter: with larger ones it sees more "
                          "of the signal at no cost.", unit="places")
    groups: int = whole(1, 1, 64, "Parts that channels and filters are dealt into. A filter sees only its "
                        "own part.", unit="groups")

    def sums(self, *inputs: Shape) -> Shape:
        channels, _ = curve(inputs[0], self.title)
        _grouped(self.groups, channels, self.filters, self.title)
        slide = Sliding(self.kernel, self.stride, self.padding, self.dilation)
        return signal(self.filters, *slide.over(inputs[0], self.title))

    def weights(self, *inputs: Shape) -> Call:
        return self.weighted("nn.Conv1d", in_channels=inputs[0].sizes[0], out_channels=self.filters,
                             kernel_size=self.kernel, stride=self.stride, padding=self.padding,
                             **unusual({"dilation": self.dilation, "groups": self.groups}, _USUAL))

    def learned(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] // self.groups * self.kernel + self.bias) * self.filters

    def flops(self, *inputs: Shape) -> int:
        return 2 * self.sums(*inputs).count * inputs[0].sizes[0] // self.groups * self.kernel


class DepthwiseConv2d(Activated):
    """Slides filters over every channel of an image by itself: few weights, and channels stay apart."""

    kind: Literal["depthwise_conv2d"] = "depthwise_conv2d"
    title: ClassVar[str] = "Depthwise conv 2D"
    group: ClassVar[str] = "convolution"
    example: ClassVar[Shape] = image(2, 8, 8)
    filters: int = whole(1, 1, 16, "How many filters every channel gets.", unit="filters",
                         title="Filters per channel")
    kernel: int = whole(3, 1, 11, "Side of a filter.", unit="pixels")
    stride: int = whole(1, 1, 4, "Step between two positions of a filter.", unit="pixels")
    padding: int = whole(1, 0, 5, "Blank border around the image, so that filters reach its edge.",
                         unit="pixels")

    def sums(self, *inputs: Shape) -> Shape:
        channels, _, _ = picture(inputs[0], self.title)
        slide = Sliding(self.kernel, self.stride, self.padding)
        return image(channels * self.filters, *slide.over(inputs[0], self.title))

    def weights(self, *inputs: Shape) -> Call:
        channels = inputs[0].sizes[0]
        return self.weighted("nn.Conv2d", in_channels=channels, out_channels=channels * self.filters,
                             kernel_size=self.kernel, stride=self.stride, padding=self.padding,
                             groups=channels)

    def learned(self, *inputs: Shape) -> int:
        return (self.kernel**2 + self.bias) * inputs[0].sizes[0] * self.filters

    def flops(self, *inputs: Shape) -> int:
        return 2 * self.sums(*inputs).count * self.kernel**2


class SeparableConv2d(Activated):
    """A convolution in two cheap steps: one filter per channel looks around, then a 1×1 convolution mixes the
    channels."""

    kind: Literal["separable_conv2d"] = "separable_conv2d"
    title: ClassVar[str] = "Separable conv 2D"
    group: ClassVar[str] = "convolution"
    example: ClassVar[Shape] = image(2, 8, 8)
    filters: int = whole(8, 1, 256, "How many patterns to look for.", unit="filters")
    kernel: int = whole(3, 1, 11, "Side of a filter.", unit="pixels")
    stride: int = whole(1, 1, 4, "Step between two positions of a filter.", unit="pixels")
    padding: int = whole(1, 0, 5, "Blank border around the image, so that filters reach its edge.",
                         unit="pixels")

    def sums(self, *inputs: Shape) -> Shape:
        picture(inputs[0], self.title)
        slide = Sliding(self.kernel, self.stride, self.padding)
        return image(self.filters, *slide.over(inputs[0], self.title))

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        channels = inputs[0].sizes[0]
        apart = Call("nn.Conv2d", {"in_channels": channels, "out_channels": channels,
                                   "kernel_size": self.kernel, "stride": self.stride,
                                   "padding": self.padding, "groups": channels, "bias": False},
                     first(self.initialization))
        return (apart, *super().calls(*inputs))

    def weights(self, *inputs: Shape) -> Call:
        return self.weighted("nn.Conv2d", in_channels=inputs[0].sizes[0], out_channels=self.filters,
                             kernel_size=1)

    def learned(self, *inputs: Shape) -> int:
        channels = inputs[0].sizes[0]
        return channels * self.kernel**2 + (channels + self.bias) * self.filters

    def flops(self, *inputs: Shape) -> int:
        channels, (_, height, width) = inputs[0].sizes[0], self.sums(*inputs).sizes
        return 2 * height * width * channels * (self.kernel**2 + self.filters)


def _grouped(groups: int, channels: int, filters: int, title: str) -> None:
    divides(groups, channels, "channels", title)
    divides(groups, filters, "filters", title)
