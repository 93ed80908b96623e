"""The output layer: what the network answers, in the form the task asks for."""

from typing import ClassVar, Literal

from core.catalog.base import TOKENS, Call, Layer, Task
from core.catalog.layers.expect import flat
from core.problems import ShapeMismatch, before
from core.shapes import Shape, features


class Output(Layer):
    """The answer: one neuron per class, per value or per possible token. It sizes itself to the data."""

    kind: Literal["output"] = "output"
    title: ClassVar[str] = "Output"
    group: ClassVar[str] = "output"
    example: ClassVar[Shape] = features(4)

    def for_task(self, task: Task, outputs: int) -> Layer:
        if task.shape is None:
            return Head(units=outputs)
        if task.kind in TOKENS:
            return TokenHead(units=outputs, wanted=task.shape)
        return PictureHead(wanted=task.shape)

    def output(self, *inputs: Shape) -> Shape:
        return Head(units=1).output(*inputs)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return Head(units=1).calls(*inputs)

    def parameters(self, *inputs: Shape) -> int:
        return Head(units=1).parameters(*inputs)

    def flops(self, *inputs: Shape) -> int:
        return Head(units=1).flops(*inputs)


class Head(Output):
    """An output layer that knows how many numbers are asked for."""

    units: int

    def output(self, *inputs: Shape) -> Shape:
        flat(inputs[0], self.title)
        return features(self.units)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Linear", {"in_features": inputs[0].sizes[0], "out_features": self.units}),)

    def parameters(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] + 1) * self.units

    def flops(self, *inputs: Shape) -> int:
        return 2 * inputs[0].sizes[0] * self.units


class TokenHead(Output):
    """An output layer that scores every token of the vocabulary at every step of time."""

    units: int
    wanted: Shape

    def output(self, *inputs: Shape) -> Shape:
        if inputs[0].axes != ("time", "features"):
            raise ShapeMismatch(f"{self.title} judges every step of a sequence (time × features) but gets "
                                f"{inputs[0].named()}.", "Keep the whole sequence up to here, without Select "
                                "or Flatten; a recurrent layer must give every step.")
        steps = self.wanted.sizes[0]
        if inputs[0].sizes[0] != steps:
            raise ShapeMismatch(f"The answer has {steps} steps but gets {inputs[0].sizes[0]}.",
                                f"Let the last layers read something of {steps} steps; of text pairs, "
                                "that is input.target.", before({"kind": "last_steps", "steps": steps}))
        return Shape((steps, self.units), ("time", "classes"))

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Linear", {"in_features": inputs[0].sizes[1], "out_features": self.units}),)

    def parameters(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[1] + 1) * self.units

    def flops(self, *inputs: Shape) -> int:
        return 2 * inputs[0].count * self.units


class PictureHead(Output):
    """An output layer that gives back something of the shape that is wanted, a picture for instance."""

    wanted: Shape

    def output(self, *inputs: Shape) -> Shape:
        given = inputs[0]
        if len(given.sizes) == 1:
            return self.wanted
        if given.axes != self.wanted.axes or given.sizes[1:] != self.wanted.sizes[1:]:
            raise ShapeMismatch(f"{self.title} must give back {self.wanted.named()} but gets "
                                f"{given.named()}.",
                                "Bring it to the same height and width, by Upsample or a transposed "
                                "convolution, or put Flatten before it.", before("flatten"))
        return self.wanted

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        given = inputs[0]
        if len(given.sizes) == 1:
            return (Call("nn.Linear", {"in_features": given.sizes[0], "out_features": self.wanted.count}),
                    Call("nn.Unflatten", {"dim": 1, "unflattened_size": list(self.wanted.sizes)}))
        target = "nn.Conv2d" if len(given.sizes) == 3 else "nn.Conv1d"
        return (Call(target, {"in_channels": given.sizes[0], "out_channels": self.wanted.sizes[0],
                              "kernel_size": 1}),)

    def parameters(self, *inputs: Shape) -> int:
        given = inputs[0]
        if len(given.sizes) == 1:
            return (given.sizes[0] + 1) * self.wanted.count
        return (given.sizes[0] + 1) * self.wanted.sizes[0]

    def flops(self, *inputs: Shape) -> int:
        given = inputs[0]
        return 2 * given.count * (self.wanted.count if len(given.sizes) == 1 else self.wanted.sizes[0])
