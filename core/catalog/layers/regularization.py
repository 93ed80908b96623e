"""Regularisation: chance while training, so that networks do not learn samples by heart."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import real
from core.catalog.layers.expect import picture
from core.shapes import Shape, features, image


class _Chance(Layer):
    """Acts while training only; at all other times it passes numbers on as they are."""

    group: ClassVar[str] = "regularization"
    example: ClassVar[Shape] = features(4)

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]


class Dropout(_Chance):
    """While training, silences a random share of the numbers, so that no neuron relies on one other alone."""

    kind: Literal["dropout"] = "dropout"
    title: ClassVar[str] = "Dropout"
    rate: float = real(0.2, 0.0, 0.95, "Share of the numbers silenced at each step.", step=0.05, live=True)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Dropout", {"p": self.rate}),)


class Dropout2d(_Chance):
    """While training, silences whole channels of an image at random. Neighbouring pixels are too alike for
    Dropout to hide anything."""

    kind: Literal["dropout2d"] = "dropout2d"
    title: ClassVar[str] = "Dropout 2D"
    example: ClassVar[Shape] = image(2, 4, 4)
    rate: float = real(0.2, 0.0, 0.95, "Share of the channels silenced at each step.", step=0.05, live=True)

    def output(self, *inputs: Shape) -> Shape:
        picture(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Dropout2d", {"p": self.rate}),)


class AlphaDropout(_Chance):
    """The dropout that goes with SELU: silenced numbers get SELU's floor, and mean and spread are kept."""

    kind: Literal["alpha_dropout"] = "alpha_dropout"
    title: ClassVar[str] = "Alpha dropout"
    rate: float = real(0.1, 0.0, 0.95, "Share of the numbers silenced at each step.", step=0.05, live=True)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.AlphaDropout", {"p": self.rate}),)


class GaussianNoise(_Chance):
    """While training, adds a little random noise to every number, so that exact values are not relied on."""

    kind: Literal["gaussian_noise"] = "gaussian_noise"
    title: ClassVar[str] = "Gaussian noise"
    spread: float = real(0.1, 0.0, 2.0, "Standard deviation of the noise.", live=True)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.GaussianNoise", {"spread": self.spread}),)


class Augment(_Chance):
    """While training, mirrors, shifts and partly covers each picture at random, so that few pictures teach as
    much as many. Put it first."""

    kind: Literal["augment"] = "augment"
    title: ClassVar[str] = "Augmentation"
    example: ClassVar[Shape] = image(2, 8, 8)
    shift: float = real(0.1, 0.0, 0.5, "How far a picture is moved at most, as a share of its size.",
                        live=True)
    flip: float = real(0.0, 0.0, 1.0, "Share of the pictures that are mirrored left to right.", step=0.05,
                       live=True)
    erase: float = real(0.0, 0.0, 0.75, "Side of the square that is covered, as a share of the picture's.",
                        step=0.05, live=True)

    def output(self, *inputs: Shape) -> Shape:
        picture(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.Augment", {"shift": self.shift, "flip": self.flip, "erase": self.erase}),)
