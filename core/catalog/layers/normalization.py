"""Normalisation and regularisation: keep numbers in a good range, and networks from learning by heart."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import real
from core.catalog.layers.expect import flat, picture
from core.shapes import Shape, features, image


class Dropout(Layer):
    """While training, silences a random share of the numbers, so that no neuron relies on one other alone."""

    kind: Literal["dropout"] = "dropout"
    title: ClassVar[str] = "Dropout"
    group: ClassVar[str] = "regularization"
    example: ClassVar[Shape] = features(4)
    rate: float = real(0.2, 0.0, 0.95, "Share of the numbers silenced at each step.", step=0.05, live=True)

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Dropout", {"p": self.rate}),)


class BatchNorm1d(Layer):
    """Brings every number to mean 0 and spread 1 over the batch, then learns how far to undo that."""

    kind: Literal["batch_norm1d"] = "batch_norm1d"
    title: ClassVar[str] = "Batch norm 1D"
    group: ClassVar[str] = "normalization"
    example: ClassVar[Shape] = features(4)
    momentum: float = real(0.1, 0.01, 1.0, "How fast the remembered mean and spread follow the batches.")

    def output(self, *inputs: Shape) -> Shape:
        flat(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.BatchNorm1d", {"num_features": inputs[0].sizes[0], "momentum": self.momentum}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0].sizes[0]

    def smallest_batch(self, *inputs: Shape) -> int:
        return 2  # one number has no spread


class BatchNorm2d(Layer):
    """Brings every channel to mean 0 and spread 1 over the batch, then learns how far to undo that."""

    kind: Literal["batch_norm2d"] = "batch_norm2d"
    title: ClassVar[str] = "Batch norm 2D"
    group: ClassVar[str] = "normalization"
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


class LayerNorm(Layer):
    """Brings the numbers of each sample to mean 0 and spread 1, then learns how far to undo that."""

    kind: Literal["layer_norm"] = "layer_norm"
    title: ClassVar[str] = "Layer norm"
    group: ClassVar[str] = "normalization"
    example: ClassVar[Shape] = features(4)

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.LayerNorm", {"normalized_shape": list(inputs[0].sizes)}),)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0].count
