"""Random numbers of a step: torch draws them beforehand, in the order in which plain steps would."""

from math import prod
from typing import Any, NamedTuple

from core.engine.native.places import fresh
from core.engine.native.values import Leaf, Memory, Value


class Draw(NamedTuple):
    """So many numbers that are drawn at each step."""

    size: int
    chance: float
    """How likely each is to be 1; less than 0 for numbers that are normally distributed."""


class Drawn:
    """What is drawn at each step, in one row."""

    def __init__(self, name: str) -> None:
        """name: the array they lie in."""
        self.draws: list[Draw] = []
        self._name = name

    def ones(self, like: Value, chance: float) -> Value:
        """As torch's `bernoulli`."""
        return self._next(like.shape, chance)

    def normal(self, like: Value, **_: Any) -> Value:
        """As torch's `randn_like`."""
        return self._next(like.shape, -1.0)

    def _next(self, shape: tuple[int, ...], chance: float) -> Leaf:
        begin = sum(draw.size for draw in self.draws)
        self.draws.append(Draw(prod(shape), chance))
        return Leaf("float", shape, Memory("float", prod(shape), None, self._name, begin), fresh(shape))
