"""What is taken away, and what can be said of the files it was written to."""

from pathlib import Path
from typing import NamedTuple

from core.events import Event, Point
from core.experiment.model import Experiment
from core.plain import Plain
from core.records import Run


class Subject(NamedTuple):
    """An experiment, with what its run told and learned when there was one."""

    experiment: Experiment
    events: tuple[Event, ...] = ()
    """What the run told; points may be left out."""
    losses: tuple[float, ...] = ()
    """The losses of the run's first steps, from step 1."""
    over: bool = False
    weights: Path | None = None
    """The file with what the run learned."""
    step_seconds: float | None = None
    """How long one step took, as far as that is known."""
    points: tuple[Point, ...] = ()
    """Every recorded point in the order it was told; only for the ways that write them."""
    run: Run | None = None
    """The run as the store has it."""

    @property
    def begun(self) -> bool:
        """Whether there is a run that has told something."""
        return bool(self.events or self.points)

    @property
    def learned(self) -> bool:
        """Whether there are weights."""
        return self.weights is not None and self.weights.exists()


class Proof(Plain):
    """What using the written files showed."""

    to: str
    files: tuple[str, ...]
    equal: bool
    """To the last digit."""
    close: bool = False
    """Not equal to the last digit, but as near as this way promises; `said` tells how near that is."""
    checked: bool = True
    """False when there was nothing to compare with, or no time; it is not equal then."""
    compared: int
    """How many numbers were compared: step losses, points, or outputs for the test split."""
    largest_difference: float | None
    """None when some of them were not finite numbers, or there were none."""
    said: str
    """The same for a reader, in a sentence."""
    metric: str = ""
    """The figure that was computed again with the written weights, on the test split."""
    stored: float | None = None
    found: float | None = None


def largest_difference(ours: list[float], theirs: list[float]) -> float | None:
    """The largest distance between two lists of numbers; None when it is no number."""
    differences = [abs(left - right) for left, right in zip(ours, theirs, strict=True)]
    largest = max(differences, default=float("nan"))
    return largest if largest < float("inf") and all(map(_is_number, differences)) else None


def _is_number(value: float) -> bool:
    return value == value
