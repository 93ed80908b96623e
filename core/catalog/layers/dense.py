"""Dense layers: every output sees every input."""

from typing import Any, ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import choice, switch, whole
from core.catalog.layers.activation import TITLES, ActivationName, activation
from core.catalog.layers.expect import flat, listed
from core.catalog.layers.first import Initialization, first, initialization
from core.shapes import Shape, features


class Activated(Layer):
    """A layer of weights followed by an activation of the learner's choice."""

    activation: ActivationName = choice(
        "relu", "The bend applied to every sum. Without one, any stack of layers can do no more than one.",
        titles=TITLES, late=True)
    bias: bool = switch(True, "Whether a learned number is added to every sum. Needless where batch "
                        "normalisation follows.", late=True)
    initialization: Initialization = initialization()

    def output(self, *inputs: Shape) -> Shape:
        bend = activation(self.activation)
        sums = self.sums(*inputs)
        return bend.output(sums) if bend else sums

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        bend = activation(self.activation)
        return (self.weights(*inputs), *(bend.calls(self.sums(*inputs)) if bend else ()))

    def parameters(self, *inputs: Shape) -> int:
        bend = activation(self.activation)
        return self.learned(*inputs) + (bend.parameters(self.sums(*inputs)) if bend else 0)

    def sums(self, *inputs: Shape) -> Shape:
        """The shape before the activation."""
        raise NotImplementedError

    def weights(self, *inputs: Shape) -> Call:
        """The torch module that holds the weights."""
        raise NotImplementedError

    def learned(self, *inputs: Shape) -> int:
        """How many weights and biases that module holds."""
        raise NotImplementedError

    def weighted(self, target: str, **kwargs: Any) -> Call:
        """A call with this layer's choice of a bias and of first weights; torch's defaults stay unsaid."""
        return Call(target, kwargs | unusual({"bias": self.bias}, {"bias": True}), first(self.initialization))


def unusual(kwargs: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """The arguments that differ from what torch takes when they are left out."""
    return {name: value for name, value in kwargs.items() if value != usual[name]}


class Linear(Activated):
    """A row of neurons. Each multiplies every input by its own weight, adds a bias, and bends the sum.
    On a sequence, the same row reads every step by itself."""

    kind: Literal["linear"] = "linear"
    title: ClassVar[str] = "Linear"
    group: ClassVar[str] = "dense"
    example: ClassVar[Shape] = features(3)
    units: int = whole(16, 1, 1024, "How many neurons.", unit="neurons", title="Neurons")

    def sums(self, *inputs: Shape) -> Shape:
        listed(inputs[0], self.title)
        return Shape((*inputs[0].sizes[:-1], self.units), inputs[0].axes)

    def weights(self, *inputs: Shape) -> Call:
        return self.weighted("nn.Linear", in_features=inputs[0].sizes[-1], out_features=self.units)

    def learned(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[-1] + self.bias) * self.units

    def flops(self, *inputs: Shape) -> int:
        return 2 * inputs[0].count * self.units


class Bilinear(Activated):
    """Reads two lists of numbers at once. Every neuron has a weight for every product of a number from each
    list, so it sees how the two go together."""

    kind: Literal["bilinear"] = "bilinear"
    title: ClassVar[str] = "Bilinear"
    group: ClassVar[str] = "dense"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    example: ClassVar[Shape] = features(3)
    others: ClassVar[tuple[Shape, ...]] = (features(5),)
    units: int = whole(16, 1, 256, "How many neurons.", unit="neurons", title="Neurons")

    def sums(self, *inputs: Shape) -> Shape:
        for given in inputs:
            flat(given, self.title)
        return features(self.units)

    def weights(self, *inputs: Shape) -> Call:
        left, right = (given.sizes[0] for given in inputs)
        return self.weighted("nn.Bilinear", in1_features=left, in2_features=right, out_features=self.units)

    def learned(self, *inputs: Shape) -> int:
        left, right = (given.sizes[0] for given in inputs)
        return (left * right + self.bias) * self.units

    def flops(self, *inputs: Shape) -> int:
        left, right = (given.sizes[0] for given in inputs)
        return 2 * left * right * self.units


class Identity(Layer):
    """Passes everything on as it is. Useful to give a place in the network a name."""

    kind: Literal["identity"] = "identity"
    title: ClassVar[str] = "Identity"
    group: ClassVar[str] = "dense"
    reads: ClassVar[Literal["float", "integer", "any"]] = "any"
    example: ClassVar[Shape] = features(4)

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Identity"),)
