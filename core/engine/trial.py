"""Trial: some real steps of an experiment on this machine, to tell before a run how long its epochs take."""

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch

from core.engine.trainer import Trainer
from core.events import Validated
from core.experiment.model import Experiment

SECONDS = 0.8
"""How long steps are timed, after the first ones, which also pay for what later ones find ready."""
_WARM = 0.15
_TURNS = 4
_JUDGED = 9


def trial(experiment: Experiment, clock: Callable[[], float] = perf_counter) -> dict[str, Any]:
    """Seconds per epoch and the memory it took, as facts. Raises Problems when the experiment has any.

    Judging the network at the end of every epoch is part of it, as in the first hundred epochs of a run.
    """
    endless = experiment.training.model_copy(update={"epochs": 1_000_000})
    before = _held()
    trainer = Trainer(experiment.model_copy(update={"training": endless}))
    trainer.start()  # judges once, and so pays for what later ones find ready
    judging = _judging(trainer, clock)
    steps, seconds = _steps(trainer, judging, clock)
    device = trainer.pins.device
    memory = torch.cuda.max_memory_allocated() if device == "cuda" else max(0, _held() - before)
    return {"seconds_per_epoch": seconds * trainer.course.steps_per_epoch + judging, "memory": memory,
            "steps": steps, "device": device, "threads": trainer.pins.threads, "estimated": False}


def _judging(trainer: Trainer, clock: Callable[[], float]) -> float:
    """The seconds one judgement takes: the middle one of several, where they are short."""
    each: list[float] = []
    while len(each) < _JUDGED and sum(each) < _WARM:
        began = clock()
        trainer.judged()
        each.append(clock() - began)
    return sorted(each)[len(each) // 2]


def _steps(trainer: Trainer, judging: float, clock: Callable[[], float]) -> tuple[int, float]:
    """Steps taken, and the seconds one of them takes: of several turns the middle one, for others compute
    here too; the time for judging is taken out."""
    trainer.advance(1, 0.0)
    if not trainer.over:
        trainer.advance(1_000_000, _WARM)
    each: list[float] = []
    first = trainer.step
    while not trainer.over and len(each) < _TURNS:
        step, began = trainer.step, clock()
        happened = trainer.advance(1_000_000, SECONDS / _TURNS)
        took = clock() - began - judging * sum(isinstance(event, Validated) for event in happened)
        each.append(max(took, 0.0) / (trainer.step - step))
    each.sort()
    return trainer.step - first, each[len(each) // 2] if each else 0.0


if sys.platform == "win32":
    import psutil

    def _held() -> int:
        """The most bytes this process has held so far."""
        return psutil.Process().memory_info().peak_wset
else:
    import resource

    def _held() -> int:
        """The most bytes this process has held so far."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
