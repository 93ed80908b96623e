"""Layers that change the size of an image and learn nothing."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import choice, whole
from core.catalog.layers.expect import picture
from core.problems import Remedy, ShapeMismatch, before, instead
from core.shapes import Shape, image


class Upsample(Layer):
    """Makes an image larger by filling in pixels between those it has."""

    kind: Literal["upsample"] = "upsample"
    title: ClassVar[str] = "Upsample"
    group: ClassVar[str] = "resize"
    example: ClassVar[Shape] = image(2, 4, 4)
    factor: int = whole(2, 1, 8, "How many times larger its sides get.", unit="times")
    mode: Literal["nearest", "bilinear"] = choice(
        "nearest", "Nearest repeats pixels; bilinear blends smoothly between neighbours.")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        return image(channels, height * self.factor, width * self.factor)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Upsample", {"scale_factor": self.factor, "mode": self.mode}),)


class PixelShuffle(Layer):
    """Makes an image larger by laying several channels out as one finer channel."""

    kind: Literal["pixel_shuffle"] = "pixel_shuffle"
    title: ClassVar[str] = "Pixel shuffle"
    group: ClassVar[str] = "resize"
    example: ClassVar[Shape] = image(4, 4, 4)
    factor: int = whole(2, 1, 8, "How many times larger its sides get; it takes that squared in channels.",
                        unit="times")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        if channels % self.factor**2:
            raise ShapeMismatch(f"{self.title} makes one channel of {self.factor**2}, but gets {channels}, "
                                f"no multiple of {self.factor**2}.",
                                f"Let the layer before it put out {self.factor**2} channels or a multiple.",
                                before({"kind": "conv2d", "filters": self.factor**2, "kernel": 1,
                                        "padding": 0, "activation": "none"}))
        return image(channels // self.factor**2, height * self.factor, width * self.factor)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.PixelShuffle", {"upscale_factor": self.factor}),)


class PixelUnshuffle(Layer):
    """Makes an image smaller without losing a pixel: neighbours become channels."""

    kind: Literal["pixel_unshuffle"] = "pixel_unshuffle"
    title: ClassVar[str] = "Pixel unshuffle"
    group: ClassVar[str] = "resize"
    example: ClassVar[Shape] = image(2, 4, 4)
    factor: int = whole(2, 1, 8, "How many times smaller its sides get.", unit="times")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        if height % self.factor or width % self.factor:
            raise ShapeMismatch(f"{self.title} cuts an image into {self.factor}×{self.factor} squares, which "
                                f"does not go up with {height}×{width}.",
                                "Choose a factor that divides both sides, or put Zero pad 2D before it.",
                                *instead("factor", range(self.factor - 1, 0, -1)))
        return image(channels * self.factor**2, height // self.factor, width // self.factor)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.PixelUnshuffle", {"downscale_factor": self.factor}),)


class ZeroPad2d(Layer):
    """Adds a border of zeros around an image, so that its size fits another's."""

    kind: Literal["zero_pad2d"] = "zero_pad2d"
    title: ClassVar[str] = "Zero pad 2D"
    group: ClassVar[str] = "resize"
    example: ClassVar[Shape] = image(2, 4, 4)
    left: int = whole(1, 0, 16, "Columns added at the left.", unit="pixels")
    right: int = whole(1, 0, 16, "Columns added at the right.", unit="pixels")
    top: int = whole(1, 0, 16, "Rows added at the top.", unit="pixels")
    bottom: int = whole(1, 0, 16, "Rows added at the bottom.", unit="pixels")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        return image(channels, height + self.top + self.bottom, width + self.left + self.right)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.ZeroPad2d", {"padding": [self.left, self.right, self.top, self.bottom]}),)


class Crop2d(Layer):
    """Cuts rows and columns off the edges of an image, so that its size fits another's."""

    kind: Literal["crop2d"] = "crop2d"
    title: ClassVar[str] = "Crop 2D"
    group: ClassVar[str] = "resize"
    example: ClassVar[Shape] = image(2, 4, 4)
    left: int = whole(1, 0, 16, "Columns cut off at the left.", unit="pixels")
    right: int = whole(1, 0, 16, "Columns cut off at the right.", unit="pixels")
    top: int = whole(1, 0, 16, "Rows cut off at the top.", unit="pixels")
    bottom: int = whole(1, 0, 16, "Rows cut off at the bottom.", unit="pixels")

    def output(self, *inputs: Shape) -> Shape:
        channels, height, width = picture(inputs[0], self.title)
        rows, columns = height - self.top - self.bottom, width - self.left - self.right
        if min(rows, columns) < 1:
            raise ShapeMismatch(f"{self.title} leaves nothing of a {height}×{width} image.", "Cut off less.",
                                Remedy(settings={"left": 0, "right": 0, "top": 0, "bottom": 0}))
        return image(channels, rows, columns)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        # a border of fewer than no places is what torch calls cropping
        return (Call("nn.ZeroPad2d", {"padding": [-self.left, -self.right, -self.top, -self.bottom]}),)
