"""Other orders of the same numbers: what one kind of layer puts out, laid out for another kind to read."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import choice, whole
from core.catalog.layers.expect import flat, picture, sides, steps
from core.problems import Remedy, ShapeMismatch
from core.shapes import Shape, features, image, sequence, signal


class _Reshape(Layer):
    """Learns nothing and computes nothing."""

    group: ClassVar[str] = "reshape"


class Flatten(_Reshape):
    """Lays an image, a sequence or a signal out as one long list of numbers, so that Linear can read it."""

    kind: Literal["flatten"] = "flatten"
    title: ClassVar[str] = "Flatten"
    example: ClassVar[Shape] = image(2, 3, 4)

    def output(self, *inputs: Shape) -> Shape:
        return features(inputs[0].count)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Flatten"),)


class Unflatten(_Reshape):
    """Lays a long list of numbers out as an image, so that convolutions can read it. Undoes Flatten."""

    kind: Literal["unflatten"] = "unflatten"
    title: ClassVar[str] = "Unflatten"
    example: ClassVar[Shape] = features(64)
    channels: int = whole(1, 1, 256, "Channels of the image.", unit="channels")
    height: int = whole(8, 1, 64, "Height of the image.", unit="pixels")
    width: int = whole(8, 1, 64, "Width of the image.", unit="pixels")

    def output(self, *inputs: Shape) -> Shape:
        asked, count = image(self.channels, self.height, self.width), flat(inputs[0], self.title)
        if asked.count != count:
            raise ShapeMismatch(f"An image of {asked} takes {asked.count} numbers but gets {count}.",
                                f"Choose sizes whose product is {count}, or let the layer before it put out "
                                f"{asked.count}.", Remedy(settings=sides(count)))
        return asked

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Unflatten", {"dim": 1, "unflattened_size": [self.channels, self.height,
                                                                     self.width]}),)


class SwapAxes(_Reshape):
    """Turns a sequence (time × features) into a signal (channels × length) for convolutions, or back."""

    kind: Literal["swap_axes"] = "swap_axes"
    title: ClassVar[str] = "Swap axes"
    example: ClassVar[Shape] = sequence(6, 3)

    def output(self, *inputs: Shape) -> Shape:
        if inputs[0].axes == ("channels", "length"):
            channels, length = inputs[0].sizes
            return sequence(length, channels)
        time, count = steps(inputs[0], self.title)
        return signal(count, time)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.SwapAxes"),)


class ImageToSequence(_Reshape):
    """Lets a sequence layer read an image step by step: row after row, column after column, or pixel after
    pixel."""

    kind: Literal["image_to_sequence"] = "image_to_sequence"
    title: ClassVar[str] = "Image to sequence"
    example: ClassVar[Shape] = image(2, 4, 6)
    steps: Literal["rows", "columns", "pixels"] = choice("rows", "What is read at each step.")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        match self.steps:
            case "rows":
                return sequence(height, channels * width)
            case "columns":
                return sequence(width, channels * height)
            case "pixels":
                return sequence(height * width, channels)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.ImageToSequence", {"steps": self.steps}),)
