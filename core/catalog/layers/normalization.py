"""Normalisation: keeps numbers in a range in which networks learn well."""

from math import prod
from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import real, switch, whole
from core.catalog.layers.expect import channels, divides, flat, picture
from core.problems import ShapeMismatch, before, instead
from core.shapes import Shape, features, image


class _Norm(Layer):
    """Brings numbers to mean 0 and spread 1, and leaves their shape as it is."""

    group: ClassVar[str] = "normalization"
    example: ClassVar[Shape] = features(4)

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]


class BatchNorm1d(_Norm):
    """Brings every number, or every channel of a signal, to mean 0 and spread 1 over the batch, then learns
    how far to undo that."""

    kind: Literal["batch_norm1d"] = "batch_norm1d"
    title: ClassVar[str] = "Batch norm 1D"
    momentum: float = real(0.1, 0.01, 1.0, "How fast the remembered mean and spread follow the batches.")

    def output(self, *inputs: Shape) -> Shape:
        if inputs[0].axes == ("time", "features"):
            raise ShapeMismatch(f"{self.title} normalises each feature over the batch, but gets "
                                f"{inputs[0].named()}.", "Use Layer norm, or put Swap axes before it.",
                                before("swap_axes"))
        if inputs[0].axes != ("channels", "length"):
            flat(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.BatchNorm1d", {"num_features": inputs[0].sizes[0], "momentum": self.momentum}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0].sizes[0]

    def smallest_batch(self, *inputs: Shape) -> int:
        return 1 if prod(inputs[0].sizes[1:]) > 1 else 2  # one number has no spread


class BatchNorm2d(_Norm):
    """Brings every channel to mean 0 and spread 1 over the batch, then learns how far to undo that."""

    kind: Literal["batch_norm2d"] = "batch_norm2d"
    title: ClassVar[str] = "Batch norm 2D"
    example: ClassVar[Shape] = image(2, 4, 4)
    momentum: float = real(0.1, 0.01, 1.0, "How fast the remembered mean and spread follow the batches.")

    def output(self, *inputs: Shape) -> Shape:
        picture(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.BatchNorm2d", {"num_features": inputs[0].sizes[0], "momentum": self.momentum}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0].sizes[0]

    def smallest_batch(self, *inputs: Shape) -> int:
        _, height, width = inputs[0].sizes
        return 1 if height * width > 1 else 2  # one number has no spread


def _normed(shape: Shape) -> list[int]:
    """The sizes that are normalised together: a step of a sequence by itself, any other sample as a whole."""
    return [shape.sizes[1]] if shape.axes == ("time", "features") else list(shape.sizes)


class LayerNorm(_Norm):
    """Brings the numbers of each sample, or of each step of a sequence, to mean 0 and spread 1, then learns
    how far to undo that."""

    kind: Literal["layer_norm"] = "layer_norm"
    title: ClassVar[str] = "Layer norm"

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.LayerNorm", {"normalized_shape": _normed(inputs[0])}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * prod(_normed(inputs[0]))


class RMSNorm(_Norm):
    """Divides the numbers of each sample, or of each step of a sequence, by their typical size, then learns a
    scale for each. Layer norm without the mean, usual in today's language models."""

    kind: Literal["rms_norm"] = "rms_norm"
    title: ClassVar[str] = "RMS norm"

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.RMSNorm", {"normalized_shape": _normed(inputs[0])}),)

    def parameters(self, *inputs: Shape) -> int:
        return prod(_normed(inputs[0]))


class GroupNorm(_Norm):
    """Brings groups of channels of each sample to mean 0 and spread 1, then learns how far to undo that.
    Works with any batch size."""

    kind: Literal["group_norm"] = "group_norm"
    title: ClassVar[str] = "Group norm"
    example: ClassVar[Shape] = image(4, 4, 4)
    groups: int = whole(2, 1, 64, "Parts that the channels are dealt into.", unit="groups")

    def output(self, *inputs: Shape) -> Shape:
        count = channels(inputs[0], self.title)
        divides(self.groups, count, "channels", self.title)
        if inputs[0].count == self.groups:
            raise ShapeMismatch(f"{self.title} would turn every number into 0: each of its "
                                f"{self.groups} groups holds one number.", "Lower groups, or take it out.",
                                *instead("groups", range(self.groups - 1, 0, -1)))
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.GroupNorm", {"num_groups": self.groups, "num_channels": inputs[0].sizes[0]}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0].sizes[0]


class InstanceNorm2d(_Norm):
    """Brings every channel of each image to mean 0 and spread 1 by itself, which takes away its contrast."""

    kind: Literal["instance_norm2d"] = "instance_norm2d"
    title: ClassVar[str] = "Instance norm 2D"
    example: ClassVar[Shape] = image(2, 4, 4)
    affine: bool = switch(True, "Whether it learns how far to undo that.", title="Learned scale")

    def output(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.title)
        if height * width == 1:
            raise ShapeMismatch(f"{self.title} would turn every number into 0: each channel holds one "
                                "number.", "Take it out, or use Layer norm.")
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.InstanceNorm2d", {"num_features": inputs[0].sizes[0], "affine": self.affine}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0].sizes[0] * self.affine
