"""Blocks with a skip: what goes in is added to what they make of it, so that deep networks keep learning."""

from math import ceil
from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import whole
from core.catalog.layers.expect import listed, picture, steps
from core.shapes import Shape, features, image, sequence


class _Block(Layer):
    """Convolutions with batch normalisation, and a skip that is a 1×1 convolution where the shape changes."""

    group: ClassVar[str] = "residual"
    example: ClassVar[Shape] = image(2, 8, 8)
    filters: int = whole(16, 1, 256, "How many channels to put out.", unit="filters")
    stride: int = whole(1, 1, 4, "How many times smaller the image gets.", unit="times")

    def output(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.title)
        return image(self.filters, ceil(height / self.stride), ceil(width / self.stride))

    def smallest_batch(self, *inputs: Shape) -> int:
        _, height, width = self.output(*inputs).sizes
        return 1 if height * width > 1 else 2  # one number has no spread to normalise by

    def plain(self, channels: int) -> bool:
        """Whether the skip is nothing at all."""
        return self.stride == 1 and channels == self.filters

    def skip(self, channels: int) -> int:
        """How many numbers the skip learns."""
        return 0 if self.plain(channels) else _normalized(channels, self.filters, 1)

    def flops(self, *inputs: Shape) -> int:
        _, height, width = self.output(*inputs).sizes
        channels = inputs[0].sizes[0]
        skip = 0 if self.plain(channels) else channels * self.filters
        return 2 * height * width * (skip + self.inside(channels)) + 2 * self.before(inputs[0])

    def inside(self, channels: int) -> int:
        """Products for every pixel put out, without the skip."""
        raise NotImplementedError

    def before(self, given: Shape) -> int:
        """Products of what is done before the image gets smaller."""
        return 0


class ResidualBlock(_Block):
    """Two 3×3 convolutions with batch normalisation and ReLU, added to what goes in: it learns what to
    change, not everything anew. ResNets are made of these."""

    kind: Literal["residual_block"] = "residual_block"
    title: ClassVar[str] = "Residual block"

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.ResidualBlock", {"channels": inputs[0].sizes[0], "filters": self.filters,
                                           "stride": self.stride}),)

    def parameters(self, *inputs: Shape) -> int:
        channels = inputs[0].sizes[0]
        return (_normalized(channels, self.filters, 3) + _normalized(self.filters, self.filters, 3)
                + self.skip(channels))

    def inside(self, channels: int) -> int:
        return 9 * self.filters * (channels + self.filters)


class BottleneckBlock(_Block):
    """A residual block that first narrows the channels, convolves 3×3, and widens again: deeper for the same
    cost."""

    kind: Literal["bottleneck_block"] = "bottleneck_block"
    title: ClassVar[str] = "Bottleneck block"
    reduction: int = whole(4, 1, 16, "How many times fewer channels there are in the middle.", unit="times")

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.BottleneckBlock", {"channels": inputs[0].sizes[0], "narrow": self.narrow(),
                                             "filters": self.filters, "stride": self.stride}),)

    def narrow(self) -> int:
        """How many channels there are in the middle."""
        return max(1, self.filters // self.reduction)

    def parameters(self, *inputs: Shape) -> int:
        channels, narrow = inputs[0].sizes[0], self.narrow()
        return (_normalized(channels, narrow, 1) + _normalized(narrow, narrow, 3)
                + _normalized(narrow, self.filters, 1) + self.skip(channels))

    def inside(self, channels: int) -> int:
        return self.narrow() * (9 * self.narrow() + self.filters)

    def before(self, given: Shape) -> int:
        return given.count * self.narrow()


class SqueezeExcite(Layer):
    """Weighs the channels of an image: looks at the mean of each and learns which to turn up or down."""

    kind: Literal["squeeze_excite"] = "squeeze_excite"
    title: ClassVar[str] = "Squeeze and excite"
    group: ClassVar[str] = "residual"
    example: ClassVar[Shape] = image(8, 4, 4)
    reduction: int = whole(4, 1, 16, "How many times fewer neurons than channels there are in the middle.",
                           unit="times")

    def output(self, *inputs: Shape) -> Shape:
        picture(inputs[0], self.title)
        return inputs[0]

    def narrow(self, *inputs: Shape) -> int:
        """How many neurons there are in the middle."""
        return max(1, inputs[0].sizes[0] // self.reduction)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.SqueezeExcite", {"channels": inputs[0].sizes[0], "narrow": self.narrow(*inputs)}),)

    def parameters(self, *inputs: Shape) -> int:
        return _two_layers(inputs[0].sizes[0], self.narrow(*inputs))

    def flops(self, *inputs: Shape) -> int:
        return 4 * inputs[0].sizes[0] * self.narrow(*inputs)


class DenseResidual(Layer):
    """Two linear layers with a ReLU between, added to what goes in. Keeps its shape, so that many can be
    stacked."""

    kind: Literal["dense_residual"] = "dense_residual"
    title: ClassVar[str] = "Dense residual block"
    group: ClassVar[str] = "residual"
    example: ClassVar[Shape] = features(4)
    units: int = whole(32, 1, 1024, "Neurons of the layer between.", unit="neurons", title="Neurons")

    def output(self, *inputs: Shape) -> Shape:
        listed(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.DenseResidual", {"features": inputs[0].sizes[-1], "units": self.units}),)

    def parameters(self, *inputs: Shape) -> int:
        return _two_layers(inputs[0].sizes[-1], self.units)

    def flops(self, *inputs: Shape) -> int:
        return 4 * inputs[0].count * self.units


class MixerBlock(Layer):
    """Mixes a sequence by two small dense networks with skips: one across its steps, one across its features.
    MLP-Mixers are made of these."""

    kind: Literal["mixer_block"] = "mixer_block"
    title: ClassVar[str] = "Mixer block"
    group: ClassVar[str] = "residual"
    example: ClassVar[Shape] = sequence(6, 4)
    step_units: int = whole(32, 1, 512, "Neurons of the network across steps.", unit="neurons")
    feature_units: int = whole(64, 1, 1024, "Neurons of the network across features.", unit="neurons")

    def output(self, *inputs: Shape) -> Shape:
        steps(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        time, count = inputs[0].sizes
        return (Call("own.MixerBlock", {"steps": time, "features": count, "step_units": self.step_units,
                                        "feature_units": self.feature_units}),)

    def parameters(self, *inputs: Shape) -> int:
        time, count = inputs[0].sizes
        return 4 * count + _two_layers(time, self.step_units) + _two_layers(count, self.feature_units)

    def flops(self, *inputs: Shape) -> int:
        return 4 * inputs[0].count * (self.step_units + self.feature_units)


def _normalized(channels: int, filters: int, kernel: int) -> int:
    """What a convolution without bias and the batch normalisation after it learn."""
    return channels * filters * kernel**2 + 2 * filters


def _two_layers(outside: int, inside: int) -> int:
    """What two linear layers learn, there and back."""
    return 2 * outside * inside + inside + outside
