"""Activations: the bend after the weighted sum, without which many layers are worth no more than one."""

from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from core.catalog.base import Call, Layer
from core.catalog.fields import log_real, real
from core.problems import ShapeMismatch
from core.shapes import Shape, features


class Activation(Layer):
    """A function applied to every number by itself."""

    group: ClassVar[str] = "activation"
    example: ClassVar[Shape] = features(4)
    drawn: ClassVar[str] = "its value for every input x"
    """What the curve shows."""

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (self.call(),)

    def call(self) -> Call:
        """The torch module of this function."""
        raise NotImplementedError

    def curve(self, x: np.ndarray) -> np.ndarray:
        """The function's value at every x, for drawing. x, result: (points,)."""
        raise NotImplementedError


class _Across(Activation):
    """A function of all features, or channels, of one place together."""

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call(self.call().target, {"dim": 1 + _axis(inputs[0])}),)


def _axis(shape: Shape) -> int:
    """The axis of a sample that holds its features or channels."""
    return shape.axes.index("features") if "features" in shape.axes else 0


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class ReLU(Activation):
    """Lets positive numbers pass and turns negative ones to 0. Fast and the usual first choice."""

    kind: Literal["relu"] = "relu"
    title: ClassVar[str] = "ReLU"

    def call(self) -> Call:
        return Call("nn.ReLU")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)


class LeakyReLU(Activation):
    """Like ReLU, but negative numbers are made small instead of 0, so that no neuron goes silent for good."""

    kind: Literal["leaky_relu"] = "leaky_relu"
    title: ClassVar[str] = "Leaky ReLU"
    slope: float = log_real(0.01, 0.001, 1.0, "What negative numbers are multiplied by.")

    def call(self) -> Call:
        return Call("nn.LeakyReLU", {"negative_slope": self.slope})

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, self.slope * x)


class PReLU(Activation):
    """Like Leaky ReLU, but the slope for negative numbers is learned."""

    kind: Literal["prelu"] = "prelu"
    title: ClassVar[str] = "PReLU"
    start: float = real(0.25, 0.0, 1.0, "The slope before training.")

    def call(self) -> Call:
        return Call("nn.PReLU", {"init": self.start})

    def parameters(self, *inputs: Shape) -> int:
        return 1

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, self.start * x)


class ELU(Activation):
    """Like ReLU for positive numbers; negative ones bend smoothly towards a floor."""

    kind: Literal["elu"] = "elu"
    title: ClassVar[str] = "ELU"
    alpha: float = real(1.0, 0.1, 3.0, "How far below 0 the floor lies.", step=0.1)

    def call(self) -> Call:
        return Call("nn.ELU", {"alpha": self.alpha})

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))


class SELU(Activation):
    """An ELU scaled so that, layer after layer, numbers keep a mean near 0 and a spread near 1."""

    kind: Literal["selu"] = "selu"
    title: ClassVar[str] = "SELU"

    def call(self) -> Call:
        return Call("nn.SELU")

    def curve(self, x: np.ndarray) -> np.ndarray:
        # Klambauer et al. 2017, the two constants that make mean 0 and variance 1 a fixed point.
        return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


class GELU(Activation):
    """A smooth ReLU: each number is weighted by how likely a random one is smaller. Usual in Transformers."""

    kind: Literal["gelu"] = "gelu"
    title: ClassVar[str] = "GELU"

    def call(self) -> Call:
        return Call("nn.GELU")

    def curve(self, x: np.ndarray) -> np.ndarray:
        from math import erf, sqrt

        return np.array([value * (1 + erf(value / sqrt(2))) / 2 for value in x.tolist()])


class SiLU(Activation):
    """A smooth ReLU: each number times its own sigmoid. Dips a little below 0."""

    kind: Literal["silu"] = "silu"
    title: ClassVar[str] = "SiLU"

    def call(self) -> Call:
        return Call("nn.SiLU")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return x * _sigmoid(x)


class Mish(Activation):
    """A smooth ReLU much like SiLU, with a slightly deeper dip."""

    kind: Literal["mish"] = "mish"
    title: ClassVar[str] = "Mish"

    def call(self) -> Call:
        return Call("nn.Mish")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return x * np.tanh(np.logaddexp(0, x))


class Tanh(Activation):
    """Squeezes every number smoothly into -1 to 1."""

    kind: Literal["tanh"] = "tanh"
    title: ClassVar[str] = "Tanh"

    def call(self) -> Call:
        return Call("nn.Tanh")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)


class Sigmoid(Activation):
    """Squeezes every number smoothly into 0 to 1. Nearly flat far from 0, so deep stacks learn slowly."""

    kind: Literal["sigmoid"] = "sigmoid"
    title: ClassVar[str] = "Sigmoid"

    def call(self) -> Call:
        return Call("nn.Sigmoid")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return _sigmoid(x)


class Softplus(Activation):
    """A ReLU with a rounded corner: always positive, never quite 0."""

    kind: Literal["softplus"] = "softplus"
    title: ClassVar[str] = "Softplus"

    def call(self) -> Call:
        return Call("nn.Softplus")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.logaddexp(0, x)


class Hardswish(Activation):
    """SiLU drawn with straight pieces, cheaper to compute."""

    kind: Literal["hardswish"] = "hardswish"
    title: ClassVar[str] = "Hardswish"

    def call(self) -> Call:
        return Call("nn.Hardswish")

    def curve(self, x: np.ndarray) -> np.ndarray:
        return x * np.clip(x + 3, 0, 6) / 6


class GLU(_Across):
    """Splits the numbers in two halves and lets one half open and close the other. Puts out half as many."""

    kind: Literal["glu"] = "glu"
    title: ClassVar[str] = "GLU"
    drawn: ClassVar[str] = "a value of 1, let through by a gate of x"

    def output(self, *inputs: Shape) -> Shape:
        sizes, axis = list(inputs[0].sizes), _axis(inputs[0])
        if sizes[axis] % 2:
            raise ShapeMismatch(f"GLU splits its input in two halves but gets {sizes[axis]} "
                                f"{inputs[0].axes[axis]}.", "Give the layer before it an even number.")
        sizes[axis] //= 2
        return Shape(tuple(sizes), inputs[0].axes)

    def call(self) -> Call:
        return Call("nn.GLU", {"dim": 1})

    def curve(self, x: np.ndarray) -> np.ndarray:
        return _sigmoid(x)


class Softmax(_Across):
    """Turns numbers into shares that are positive and sum to 1. The loss already does this to the output."""

    kind: Literal["softmax"] = "softmax"
    title: ClassVar[str] = "Softmax"
    drawn: ClassVar[str] = "the share of x against one other number, 0"

    def call(self) -> Call:
        return Call("nn.Softmax", {"dim": 1})

    def curve(self, x: np.ndarray) -> np.ndarray:
        return _sigmoid(x)


ACTIVATIONS: tuple[type[Activation], ...] = (
    ReLU, LeakyReLU, PReLU, ELU, SELU, GELU, SiLU, Mish, Tanh, Sigmoid, Softplus, Hardswish, GLU, Softmax)

_BY_NAME: dict[str, type[Activation]] = {entry.name(): entry for entry in ACTIVATIONS}
TITLES = {"none": "None (stays linear)"} | {name: entry.title for name, entry in _BY_NAME.items()}

if TYPE_CHECKING:
    ActivationName = str
else:
    ActivationName = Literal[("none", *_BY_NAME)]


@cache
def activation(name: str) -> Activation | None:
    """The activation of this name at its default settings; None for `none`."""
    return None if name == "none" else _BY_NAME[name](kind=name)
