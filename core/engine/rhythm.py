"""Which steps are recorded and which epochs are judged: a function of their number, never of the clock."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

DENSE_STEPS, DENSE_EPOCHS = 4000, 100


def every(number: int, dense: int) -> int:
    """The distance between kept ones around `number`: 1 up to 2·dense, then doubling as the number doubles.

    So a run of n steps keeps about dense·(1 + log2(n / dense)) of them, however long it gets.
    """
    return 1 << max(0, (number // dense).bit_length() - 1) if number >= dense else 1


def due(epoch: int) -> bool:
    """Whether an epoch (from 1) ends with a validation; the last epoch of a run always does."""
    return epoch % every(epoch, DENSE_EPOCHS) == 0


class Broken(NamedTuple):
    """The first loss that was not a finite number."""

    step: int
    loss: float


class Told(NamedTuple):
    """Recorded steps with the mean loss since the one recorded before; `broken` ends the run."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    broken: Broken | None


class Recorder:
    """Gathers losses without looking at them, and reads them all at once."""

    def __init__(self) -> None:
        self._waiting: list[Tensor] = []
        self._sum, self._count = 0.0, 0

    def add(self, loss: Tensor) -> None:
        """Remember a step's loss, or those of several in order, on any device: () or (steps,)"""
        self._waiting.append(loss)

    def state(self) -> tuple[float, int]:
        """The sum of the losses since the step recorded last, and how many they are."""
        assert not self._waiting, "losses wait to be looked at"
        return self._sum, self._count

    def restore(self, state: tuple[float, int]) -> None:
        """Go on from what a recorder told of its state."""
        self._sum, self._count = state

    def take(self, last: int) -> Told:
        """What the steps up to `last` recorded since the last call."""
        losses: list[float] = torch.hstack(self._waiting).tolist() if self._waiting else []
        self._waiting = []
        steps: list[int] = []
        means: list[float] = []
        first, place = last - len(losses) + 1, 0
        while place < len(losses):
            # Distances double at steps that are multiples of both, so none changes before the next kept one.
            kept = place + -(first + place) % every(first + place, DENSE_STEPS)
            some = losses[place:kept + 1]
            for loss in some:
                self._sum += loss
            if not math.isfinite(self._sum):
                broken = next(number for number, loss in enumerate(some) if not math.isfinite(loss))
                return Told(tuple(steps), tuple(means), Broken(first + place + broken, some[broken]))
            self._count += len(some)
            if kept < len(losses):
                steps.append(first + kept)
                means.append(self._sum / self._count)
                self._sum, self._count = 0.0, 0
            place = kept + 1
        return Told(tuple(steps), tuple(means), None)
