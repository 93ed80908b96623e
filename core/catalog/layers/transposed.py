"""Transposed convolutions: learned filters that make an image or a signal larger."""

from typing import ClassVar, Literal

from core.catalog.base import Call
from core.catalog.fields import whole
from core.catalog.layers.dense import Activated, unusual
from core.catalog.layers.expect import curve, picture
from core.catalog.layers.sliding import Sliding
from core.problems import ShapeMismatch, instead
from core.shapes import Shape, image, signal

_USUAL = {"output_padding": 0}


class _Transposed(Activated):
    """Every number in is spread over a window of numbers out; where windows overlap, they add up."""

    group: ClassVar[str] = "convolution"
    filters: int = whole(8, 1, 256, "How many channels to put out.", unit="filters")
    kernel: int = whole(2, 1, 11, "Side of the window every number is spread over.", unit="places")
    stride: int = whole(2, 1, 4, "How many times larger it gets: the step between two windows.",
                        unit="places")
    padding: int = whole(0, 0, 5, "Places cut off at every edge.", unit="places")
    output_padding: int = whole(0, 0, 3, "Places added at one edge, to meet a size that is no multiple of "
                                "the stride.", unit="places", title="Extra places")

    def spread(self, given: Shape) -> tuple[int, ...]:
        """The sizes it gives back."""
        if self.output_padding >= self.stride:
            raise ShapeMismatch(f"{self.title} adds {self.output_padding} extra places, but its windows are "
                                f"only {self.stride} apart.", "Keep extra places below stride.",
                                *instead("output_padding", (self.stride - 1,)))
        slide = Sliding(self.kernel, self.stride, self.padding)
        return slide.spread(given, self.title, self.output_padding)

    def learned(self, *inputs: Shape) -> int:
        window = self.kernel**len(inputs[0].sizes[1:])
        return (inputs[0].sizes[0] * window + self.bias) * self.filters

    def flops(self, *inputs: Shape) -> int:
        return 2 * inputs[0].count * self.filters * self.kernel**len(inputs[0].sizes[1:])

    def spreading(self, target: str, given: Shape) -> Call:
        """The torch module."""
        return self.weighted(target, in_channels=given.sizes[0], out_channels=self.filters,
                             kernel_size=self.kernel, stride=self.stride, padding=self.padding,
                             **unusual({"output_padding": self.output_padding}, _USUAL))


class ConvTranspose2d(_Transposed):
    """Makes an image larger: every pixel is spread over a window by learned filters."""

    kind: Literal["conv_transpose2d"] = "conv_transpose2d"
    title: ClassVar[str] = "Transposed conv 2D"
    example: ClassVar[Shape] = image(2, 4, 4)

    def sums(self, *inputs: Shape) -> Shape:
        picture(inputs[0], self.title)
        return image(self.filters, *self.spread(inputs[0]))

    def weights(self, *inputs: Shape) -> Call:
        return self.spreading("nn.ConvTranspose2d", inputs[0])


class ConvTranspose1d(_Transposed):
    """Makes a signal longer: every number is spread over a stretch by learned filters."""

    kind: Literal["conv_transpose1d"] = "conv_transpose1d"
    title: ClassVar[str] = "Transposed conv 1D"
    example: ClassVar[Shape] = signal(2, 8)

    def sums(self, *inputs: Shape) -> Shape:
        curve(inputs[0], self.title)
        return signal(self.filters, *self.spread(inputs[0]))

    def weights(self, *inputs: Shape) -> Call:
        return self.spreading("nn.ConvTranspose1d", inputs[0])
