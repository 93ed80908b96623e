"""Merging: where several ways through a network come together."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.problems import Remedy, ShapeMismatch, before
from core.shapes import Shape, features


class _Merge(Layer):
    """One thing made of several."""

    group: ClassVar[str] = "merge"
    example: ClassVar[Shape] = features(4)
    others: ClassVar[tuple[Shape, ...]] = (features(4),)
    arity: ClassVar[tuple[int, int | None]] = (2, None)

    def _same_axes(self, inputs: tuple[Shape, ...]) -> None:
        for number, shape in enumerate(inputs[1:], 2):
            if shape.axes != inputs[0].axes:
                raise ShapeMismatch(f"{self.title} joins things of one kind, but input 1 is "
                                    f"{inputs[0].named()} and input {number} is {shape.named()}.",
                                    "Bring them to one kind before it, both by Flatten for instance.",
                                    *(before(kind) for kind in ("swap_axes", "image_to_sequence",
                                                                "flatten")))


class _NumberByNumber(_Merge):
    target: ClassVar[str]

    def output(self, *inputs: Shape) -> Shape:
        self._same_axes(inputs)
        for number, shape in enumerate(inputs[1:], 2):
            for mine, other, axis in zip(inputs[0].sizes, shape.sizes, shape.axes, strict=True):
                if mine != other:
                    raise ShapeMismatch(
                        f"{self.title} needs inputs of the same size, but input 1 has {mine} {axis} and "
                        f"input {number} has {other}.", f"Give the layers before it the same {axis}, or use "
                        "Concatenate.", *_fitting(inputs))
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call(self.target),)


class Add(_NumberByNumber):
    """Adds its inputs number by number. Added to what a layer gave, what it read becomes a way around it,
    which lets very deep networks learn."""

    kind: Literal["add"] = "add"
    title: ClassVar[str] = "Add"
    target: ClassVar[str] = "own.Add"


class Multiply(_NumberByNumber):
    """Multiplies its inputs number by number. One of them can so open and close the other, like a gate."""

    kind: Literal["multiply"] = "multiply"
    title: ClassVar[str] = "Multiply"
    target: ClassVar[str] = "own.Multiply"


class Concatenate(_Merge):
    """Lays its inputs side by side: the features of lists and of sequences, the channels of images and of
    signals. Nothing is lost, but what follows grows."""

    kind: Literal["concatenate"] = "concatenate"
    title: ClassVar[str] = "Concatenate"

    def output(self, *inputs: Shape) -> Shape:
        self._same_axes(inputs)
        joined = _joined(inputs[0])
        for number, shape in enumerate(inputs[1:], 2):
            for place, (mine, other) in enumerate(zip(inputs[0].sizes, shape.sizes, strict=True)):
                if mine != other and place != joined:
                    axis = shape.axes[place]
                    raise ShapeMismatch(
                        f"{self.title} lays {shape.axes[joined]} side by side, but input 1 has {mine} {axis} "
                        f"and input {number} has {other}.", f"Give the layers before it the same {axis}.",
                        *_fitting(inputs))
        sizes = list(inputs[0].sizes)
        sizes[joined] = sum(shape.sizes[joined] for shape in inputs)
        return Shape(tuple(sizes), inputs[0].axes)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.Concatenate", {"dim": 1 + _joined(inputs[0])}),)


def _joined(shape: Shape) -> int:
    """The axis that grows: channels, which come first, or else features, which come last."""
    return 0 if shape.axes[0] == "channels" else len(shape.axes) - 1


def _fitting(inputs: tuple[Shape, ...]) -> list[Remedy]:
    """Layers that bring one input to the size of another: a 1×1 convolution, a row of neurons, a pooling."""
    found: list[Remedy] = []
    for shape in dict.fromkeys(inputs):
        match shape.axes:
            case ("channels", "height", "width"):
                mix = {"kind": "conv2d", "filters": shape.sizes[0], "kernel": 1, "padding": 0,
                       "activation": "none"}
                size = {"kind": "adaptive_avg_pool2d", "height": shape.sizes[1], "width": shape.sizes[2]}
            case ("channels", "length"):
                mix = {"kind": "conv1d", "filters": shape.sizes[0], "kernel": 1, "padding": 0,
                       "activation": "none"}
                size = {"kind": "adaptive_avg_pool1d", "length": shape.sizes[1]}
            case _:
                mix = {"kind": "linear", "units": shape.sizes[-1], "activation": "none"}
                size = {"kind": "last_steps", "steps": shape.sizes[0]}
        found += [before(mix), before(size), before(mix, size)]
    return found
