"""Positions: attention sees its steps as a set, and must be told which comes where."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.layers.expect import steps
from core.shapes import Shape, sequence


class _Positions(Layer):
    """Something added to every step that tells where it stands."""

    group: ClassVar[str] = "attention"
    example: ClassVar[Shape] = sequence(6, 8)

    def output(self, *inputs: Shape) -> Shape:
        steps(inputs[0], self.title)
        return inputs[0]


class PositionLearned(_Positions):
    """Adds a learned vector to every step, another one for each place, so that attention knows the order."""

    kind: Literal["position_learned"] = "position_learned"
    title: ClassVar[str] = "Learned positions"

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        time, count = inputs[0].sizes
        return (Call("own.LearnedPositions", {"time": time, "features": count}),)

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0].count


class PositionSinusoidal(_Positions):
    """Adds sine and cosine waves, from fast to slow, to every step, so that attention knows the order.
    Nothing is learned, and any length will do."""

    kind: Literal["position_sinusoidal"] = "position_sinusoidal"
    title: ClassVar[str] = "Sinusoidal positions"

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.SinusoidalPositions"),)
