"""Schedules: how the learning rate changes over a run.

Each is a plain function of the step (from 1) and of the scheduled validation losses so far, so that a
run can be replayed, resumed and exported exactly; the functions are printed into exported scripts.
"""

import math
from typing import ClassVar, Literal

from core.catalog.base import Recipe, Schedule
from core.catalog.fields import real, whole


def constant(step: int, validation_losses: list[float]) -> float:
    """The same rate all the way."""
    return 1.0


def staircase(step: int, validation_losses: list[float], steps: int, factor: float) -> float:
    """Multiply the rate by `factor` every `steps` steps."""
    return factor ** ((step - 1) // steps)


def milestones(step: int, validation_losses: list[float], at: list[int], factor: float) -> float:
    """Multiply the rate by `factor` when each of the steps `at` has passed."""
    return factor ** sum(step > mark for mark in at)


def exponential(step: int, validation_losses: list[float], steps: int, factor: float) -> float:
    """Shrink the rate smoothly, by `factor` over every `steps` steps."""
    return factor ** ((step - 1) / steps)


def cosine(step: int, validation_losses: list[float], total: int, floor: float) -> float:
    """Fall from 1 to `floor` along half a cosine over `total` steps."""
    done = min((step - 1) / max(total - 1, 1), 1.0)
    return floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2


def cosine_restarts(step: int, validation_losses: list[float], period: int, floor: float) -> float:
    """Fall along half a cosine over `period` steps, then start again from 1."""
    done = (step - 1) % period / period
    return floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2


def one_cycle(step: int, validation_losses: list[float], total: int, rise: float) -> float:
    """Rise from 1/25 to 1 over a share `rise` of the run, then fall to nearly 0, along half cosines."""
    done = min((step - 1) / max(total - 1, 1), 1.0)
    low, high, share = (1 / 25, 1.0, done / rise) if done < rise else (1e-4, 1.0, (1 - done) / (1 - rise))
    return low + (high - low) * (1 - math.cos(math.pi * share)) / 2


def warmup(step: int, validation_losses: list[float], steps: int) -> float:
    """Rise in a straight line over the first `steps` steps, then stay."""
    return min(step / steps, 1.0)


def polynomial(step: int, validation_losses: list[float], total: int, power: float) -> float:
    """Fall from 1 to 0 over `total` steps, as a power of the share that is left."""
    return max(1 - (step - 1) / total, 0.0) ** power


def plateau(step: int, validation_losses: list[float], patience: int, factor: float) -> float:
    """Multiply the rate by `factor` each time `patience` validations in a row brought no better loss."""
    best, waited, rate = math.inf, 0, 1.0
    for loss in validation_losses:
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited > patience:
            rate, waited = rate * factor, 0
    return rate


class Constant(Schedule):
    """The same learning rate all the way."""

    kind: Literal["constant"] = "constant"
    title: ClassVar[str] = "Constant"

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(constant, {})


class Step(Schedule):
    """Stays, then drops, again and again."""

    kind: Literal["step"] = "step"
    title: ClassVar[str] = "Step"
    epochs: int = whole(30, 1, 1000, "Epochs between two drops.", unit="epochs")
    factor: float = real(0.5, 0.01, 1.0, "What the rate is multiplied by at a drop.")

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(staircase, {"steps": self.epochs * steps_per_epoch, "factor": self.factor})


class MultiStep(Schedule):
    """Drops twice, after given shares of the run."""

    kind: Literal["multi_step"] = "multi_step"
    title: ClassVar[str] = "Two drops"
    needs_end: ClassVar[bool] = True
    first: float = real(0.5, 0.05, 0.95, "Share of the run before the first drop.", step=0.05)
    second: float = real(0.75, 0.05, 0.95, "Share of the run before the second drop.", step=0.05)
    factor: float = real(0.1, 0.01, 1.0, "What the rate is multiplied by at a drop.")

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        total = total_steps or 1
        return Recipe(milestones, {"at": [round(total * self.first), round(total * self.second)],
                                   "factor": self.factor})


class Exponential(Schedule):
    """Shrinks by the same share every epoch."""

    kind: Literal["exponential"] = "exponential"
    title: ClassVar[str] = "Exponential"
    factor: float = real(0.98, 0.5, 1.0, "What the rate is multiplied by over one epoch.", step=0.001)

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(exponential, {"steps": steps_per_epoch, "factor": self.factor})


class Cosine(Schedule):
    """Falls slowly, then fast, then slowly, along half a cosine (Loshchilov and Hutter, 2016)."""

    kind: Literal["cosine"] = "cosine"
    title: ClassVar[str] = "Cosine"
    needs_end: ClassVar[bool] = True
    floor: float = real(0.0, 0.0, 1.0, "Share of the learning rate left at the end.")

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(cosine, {"total": total_steps, "floor": self.floor})


class CosineRestarts(Schedule):
    """Cosine falls, one after the other, each starting from the full rate again."""

    kind: Literal["cosine_restarts"] = "cosine_restarts"
    title: ClassVar[str] = "Cosine with restarts"
    epochs: int = whole(20, 1, 1000, "Epochs of one fall.", unit="epochs")
    floor: float = real(0.0, 0.0, 1.0, "Share of the learning rate left at the end of a fall.")

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(cosine_restarts, {"period": self.epochs * steps_per_epoch, "floor": self.floor})


class OneCycle(Schedule):
    """Rises to the full rate, then falls to nearly nothing: fast and steady for short runs (Smith, 2018)."""

    kind: Literal["one_cycle"] = "one_cycle"
    title: ClassVar[str] = "One cycle"
    needs_end: ClassVar[bool] = True
    rise: float = real(0.3, 0.05, 0.95, "Share of the run spent rising.", step=0.05)

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(one_cycle, {"total": total_steps, "rise": self.rise})


class LinearWarmup(Schedule):
    """Rises in a straight line from nearly 0, then stays."""

    kind: Literal["linear_warmup"] = "linear_warmup"
    title: ClassVar[str] = "Linear warm-up"
    epochs: int = whole(5, 1, 1000, "Epochs of the rise.", unit="epochs")

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(warmup, {"steps": self.epochs * steps_per_epoch})


class Polynomial(Schedule):
    """Falls to 0 over the run; a power of 1 is a straight line."""

    kind: Literal["polynomial"] = "polynomial"
    title: ClassVar[str] = "Polynomial"
    needs_end: ClassVar[bool] = True
    power: float = real(1.0, 0.1, 5.0, "How the fall bends: above 1 early, below 1 late.", step=0.1)

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(polynomial, {"total": total_steps, "power": self.power})


class Plateau(Schedule):
    """Drops whenever the validation loss has stopped falling."""

    kind: Literal["plateau"] = "plateau"
    title: ClassVar[str] = "Reduce on plateau"
    patience: int = whole(10, 0, 1000, "Validations without a better loss before a drop.", unit="validations")
    factor: float = real(0.5, 0.01, 0.99, "What the rate is multiplied by at a drop.")

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        return Recipe(plateau, {"patience": self.patience, "factor": self.factor})


SCHEDULES: tuple[type[Schedule], ...] = (
    Constant, Step, MultiStep, Exponential, Cosine, CosineRestarts, OneCycle, LinearWarmup, Polynomial,
    Plateau)
