"""Dense layers: every output sees every input."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer, Task
from core.catalog.fields import choice, whole
from core.catalog.layers.activation import TITLES, ActivationName, activation
from core.catalog.layers.expect import flat
from core.shapes import Shape, features, image


class Activated(Layer):
    """A layer of weights followed by an activation of the learner's choice."""

    activation: ActivationName = choice(
        "relu", "The bend applied to every sum. Without one, any stack of layers can do no more than one.",
        titles=TITLES, late=True)

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


class Linear(Activated):
    """A row of neurons. Each multiplies every input by its own weight, adds a bias, and bends the sum."""

    kind: Literal["linear"] = "linear"
    title: ClassVar[str] = "Linear"
    group: ClassVar[str] = "dense"
    example: ClassVar[Shape] = features(3)
    units: int = whole(16, 1, 1024, "How many neurons.", unit="neurons", title="Neurons")

    def sums(self, *inputs: Shape) -> Shape:
        flat(inputs[0], self.title)
        return features(self.units)

    def weights(self, *inputs: Shape) -> Call:
        return Call("nn.Linear", {"in_features": inputs[0].sizes[0], "out_features": self.units})

    def learned(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] + 1) * self.units


class Flatten(Layer):
    """Lays an image out as one long list of numbers, so that Linear can read it."""

    kind: Literal["flatten"] = "flatten"
    title: ClassVar[str] = "Flatten"
    group: ClassVar[str] = "dense"
    example: ClassVar[Shape] = image(2, 3, 4)

    def output(self, *inputs: Shape) -> Shape:
        return features(inputs[0].count)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Flatten"),)


class Output(Layer):
    """The answer: one neuron per class, or one per number to predict. It sizes itself to the data."""

    kind: Literal["output"] = "output"
    title: ClassVar[str] = "Output"
    group: ClassVar[str] = "output"
    example: ClassVar[Shape] = features(4)

    def for_task(self, task: Task, outputs: int) -> Layer:
        return Head(units=outputs)

    def output(self, *inputs: Shape) -> Shape:
        return Head(units=1).output(*inputs)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return Head(units=1).calls(*inputs)

    def parameters(self, *inputs: Shape) -> int:
        return Head(units=1).parameters(*inputs)


class Head(Layer):
    """An output layer that knows how many numbers are asked for."""

    kind: Literal["output"] = "output"
    title: ClassVar[str] = "Output"
    group: ClassVar[str] = "output"
    example: ClassVar[Shape] = features(4)
    units: int

    def output(self, *inputs: Shape) -> Shape:
        flat(inputs[0], self.title)
        return features(self.units)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Linear", {"in_features": inputs[0].sizes[0], "out_features": self.units}),)

    def parameters(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] + 1) * self.units
