"""Learning-rate range test: the loss while the rate rises from tiny to huge, and a rate to begin with.

After L. N. Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
"""

import math
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from core.catalog.fields import settings
from core.catalog.schedules import Constant
from core.engine.trainer import Trainer
from core.events import StepsRecorded
from core.experiment.model import Experiment
from core.problems import Problem, Problems

SECONDS = 4.0
"""How long the steps may take, about."""
LOWEST, HIGHEST = 1e-6, 10.0
_FEWEST, _MOST = 40, 160
_STAYS = 0.9
"""How much of a running average stays with each step."""
_WINDOW = 8
"""The curve is averaged over one step in so many, before and after."""
_EXPLODED = 4.0
"""So many times the lowest loss, above the first, ends the test."""
_FALLS = 0.01
"""Share of the first loss that must be gained for a rate to be worth telling."""
_BELOW = 3.0
"""So many times below the rate of the lowest loss, at least: right after it the loss explodes."""
_RATE = "training.optimizer.learning_rate"


class Range(NamedTuple):
    """What the test found."""

    rates: list[float]
    """Ascending, one per step."""
    losses: list[float]
    """The smoothed loss of each step."""
    suggestion: float | None
    """Where the loss falls most steeply, or a little below; None when it never falls."""


def rate_range(experiment: Experiment, clock: Callable[[], float] = perf_counter) -> Range:
    """Train an untrained network of this experiment with a rate that rises. Raises Problems."""
    calm: dict[str, Any] = {"schedule": Constant(), "epochs": None, "patience": None, "keep": "last",
                            "average": None}
    trainer = Trainer(experiment.model_copy(
        update={"training": experiment.training.model_copy(update=calm)}))
    trainer.start()
    low, high = _bounds(experiment)
    average = _first_loss(trainer, low)  # the first step also pays for what later ones find ready
    began = clock()
    rates, losses = [low], [_first_loss(trainer, low)]
    count = min(_MOST, max(_FEWEST, int(SECONDS / max(clock() - began, 1e-4))))
    for rate in np.geomspace(low, high, count)[1:].tolist():
        loss = _loss(trainer, min(rate, high))
        average = average * _STAYS + loss * (1 - _STAYS)
        if trainer.over or average > losses[0] + _EXPLODED * abs(min(losses)):
            break
        rates.append(rate)
        losses.append(loss)
    smooth = _averaged(losses, max(len(losses) // _WINDOW, 1))
    return Range(rates, smooth, _steepest(rates, smooth))


def _bounds(experiment: Experiment) -> tuple[float, float]:
    rule = type(experiment.training.optimizer)
    setting = next(one for one in settings(rule) if one.name == "learning_rate")
    return max(LOWEST, setting.low or 0.0), min(HIGHEST, setting.high or HIGHEST)


def _loss(trainer: Trainer, rate: float) -> float:
    """The loss of one step at this rate; infinite when it was no number."""
    trainer.change(_RATE, rate)
    told = [event for event in trainer.advance(1, 0.0) if isinstance(event, StepsRecorded)]
    return told[0].losses[0] if told else math.inf


def _first_loss(trainer: Trainer, rate: float) -> float:
    """The loss of a step that tells of the network more than of the rate. Raises Problems without one."""
    loss = _loss(trainer, rate)
    if trainer.over:
        raise Problems(Problem(where="network",
                               what="The untrained network's loss is no finite number, at any rate.",
                               fix="Add a normalisation layer, or scale the data."))
    return loss


def _averaged(losses: list[float], reach: int) -> list[float]:
    """Each value as the mean of those up to `reach` before and after it."""
    return [float(np.mean(losses[max(0, place - reach):place + reach + 1])) for place in range(len(losses))]


def _steepest(rates: list[float], losses: list[float]) -> float | None:
    """The rate where the loss falls most per factor of the rate, well below that of the lowest loss."""
    lowest = int(np.argmin(losses))
    if lowest < 2 or losses[lowest] > losses[0] - _FALLS * abs(losses[0]):
        return None
    slopes = np.gradient(np.array(losses[:lowest + 1]), np.log(rates[:lowest + 1]))
    return float(f"{min(rates[int(np.argmin(slopes))], rates[lowest] / _BELOW):.2g}")
