"""What the templates reach, and how long the one with a time limit takes."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.figures import Figure
from core.engine.data import split
from core.engine.trainer import Trainer
from core.experiment.model import Experiment
from core.experiment.templates import template

FOLDS = {"iris": 0.960, "wine": 0.972, "breast-cancer": 0.975}


def measure() -> Iterator[Figure]:
    """Train and judge; every accuracy is on samples the network never saw."""
    began = time.perf_counter()
    accuracy = _test_accuracy(Trainer(template("digits-cnn").experiment))
    seconds = time.perf_counter() - began
    yield Figure("digits-cnn, test accuracy", f"{accuracy:.1%}", "≥ 98 %", accuracy >= 0.98)
    yield Figure(
        "digits-cnn, seconds from reading the data to the test score",
        f"{seconds:.1f} s",
        "≤ 15 s",
        seconds <= 15,
    )
    accuracy = _test_accuracy(Trainer(template("two-spirals").experiment))
    yield Figure("two-spirals, test accuracy", f"{accuracy:.1%}", "≥ 99 %", accuracy >= 0.99)
    for name, wanted in FOLDS.items():
        found = [_test_accuracy(trainer) for trainer in folds(template(name).experiment)]
        mean = float(np.mean(found))
        yield Figure(
            f"{name}, test accuracy, mean of 5 folds",
            f"{mean:.1%} ({min(found):.1%}–{max(found):.1%})",
            f"≥ {wanted:.1%}",
            round(mean, 3) >= wanted,
        )


def _test_accuracy(trainer: Trainer) -> float:
    trainer.start()
    events = []
    while not trainer.over:
        events = trainer.advance(1_000_000, 1)
    return events[-1].test["accuracy"]


def folds(experiment: Experiment) -> Iterator[Trainer]:
    """One run per fold: a fifth is the test split; the rest trains, but for a tenth to validate on."""
    from sklearn.model_selection import StratifiedKFold, train_test_split

    targets = experiment.data.make().targets
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(targets, targets)
    for rest, test in folds:
        train, validation = train_test_split(rest, test_size=0.1, random_state=0, stratify=targets[rest])
        yield Trainer(
            experiment, split(experiment.data, rows={"train": train, "validation": validation, "test": test})
        )
