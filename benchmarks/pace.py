"""Seconds per epoch, told before training, against those of real training, over all templates.

Both in processor time, so that what else this machine does is not measured with it.
"""

from collections.abc import Iterator
from math import exp, log
from statistics import median
from time import process_time

from benchmarks.figures import Figure
from core.engine.trainer import Trainer
from core.engine.trial import trial
from core.experiment.check import walk
from core.experiment.cost import costs, guessed_seconds, timed_alike
from core.experiment.model import Experiment
from core.experiment.templates import names, template

REAL_SECONDS, NEAR = 1.5, 0.25
ROUNDS, ENOUGH = 3, 20.0
"""Pairs for a template, fewer once its epochs have taken ENOUGH seconds."""


def measure() -> Iterator[Figure]:
    """One figure per template, and over all of them."""
    off: list[float] = []
    guessed: list[float] = []
    for name in names():
        experiment = template(name).experiment
        pairs: list[tuple[float, float]] = []
        while len(pairs) < ROUNDS and sum(real for _, real in pairs) < ENOUGH:
            pairs.append((trial(timed_alike(experiment), process_time)["seconds_per_epoch"],
                          real_seconds(experiment)))  # in turn, for a machine is not always equally fast
        ratio, real = median(one / other for one, other in pairs), median(real for _, real in pairs)
        guess = guessed_seconds(experiment, costs(experiment, walk(experiment)))
        off.append(ratio - 1)
        guessed.append(abs(log(guess / real)))
        yield Figure(f"{name}: seconds per epoch told ÷ real", f"{ratio:.2f} ({real:.4f} s); "
                     f"guessed ÷ real {guess / real:.2f}", f"{1 - NEAR} to {1 + NEAR}", abs(off[-1]) <= NEAR)
    near = sum(abs(one) <= NEAR for one in off)
    yield Figure("templates told within 25 %", f"{near} of {len(off)}", f"{len(off)}", near == len(off))
    typical = exp(median(guessed))
    yield Figure("guess from operations, typically off by a factor of", f"{typical:.1f}", "", None)


def real_seconds(experiment: Experiment) -> float:
    """Seconds per epoch of a run, from its start on, over as many epochs as fit into REAL_SECONDS."""
    trainer = Trainer(experiment)
    trainer.start()
    began = process_time()
    while not trainer.over and (process_time() - began < REAL_SECONDS or not trainer.epoch):
        trainer.advance(1_000_000, 0.25)  # as a worker does, many epochs at once where they are short
    return (process_time() - began) / trainer.step * trainer.course.steps_per_epoch
