"""How far a run is, in the words of the store."""

import time
from typing import TYPE_CHECKING

from core.records import Progress

if TYPE_CHECKING:
    from core.engine.trainer import Trainer


def progress(trainer: "Trainer", speed: float | None, pace: float | None = None) -> Progress:
    """How far a trainer is. speed: steps a second, None while unknown. pace: the most it was asked for."""
    of_one = len(trainer.training_set[0]) / trainer.course.steps_per_epoch  # the last batch may be smaller
    left = trainer.total_steps - trainer.step if trainer.total_steps is not None else None
    return Progress(
        step=trainer.step, epoch=trainer.epoch, steps_per_epoch=trainer.course.steps_per_epoch,
        epochs=trainer.experiment.training.epochs, seconds=trainer.seconds, steps_per_second=speed,
        samples_per_second=speed * of_one if speed else None,
        remaining=left / speed if speed and left is not None else None, pace=pace, at=time.time())
