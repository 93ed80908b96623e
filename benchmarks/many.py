"""Many at once: 64 learning rates of one network trained as one, against the same runs one after another."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.figures import Figure
from benchmarks.networks import mlp
from core.engine import turbo_made
from core.engine.data import Split, split
from core.engine.device import Pins
from core.engine.family import Family
from core.engine.trainer import Trainer
from core.experiment.model import Experiment, read, write

RATES = np.geomspace(1e-4, 1e-1, 64).tolist()
EPOCHS, ALONE, REPEATS = 30, 4, 5
"""Epochs of each run; how many of the runs are trained alone for each of so many comparisons."""


def measure() -> Iterator[Figure]:
    """The ratio of the times from the first step to the last test score, judging included."""
    ready = split(mlp().data)
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "steps"
        turbo_made.build(_asked(RATES[0]), 1, compiled)
        for how, steps in (("batched", None), ("with compiled steps from before", compiled)):
            yield _figure(how, steps, ready)


def _figure(how: str, steps: Path | None, ready: Split) -> Figure:
    ratios, family = list[float](), 0.0
    for _ in range(REPEATS):
        family = _together([_trainer(rate, ready) for rate in RATES], steps)
        chosen = [_trainer(rate, ready) for rate in RATES[:: len(RATES) // ALONE]]
        ratios.append(_one_after_another(chosen) * len(RATES) / len(chosen) / family)
    spread = f"{min(ratios):.1f}–{max(ratios):.1f}, {REPEATS} pairs"
    return Figure(f"64 learning rates of MLP 64-64-10, {EPOCHS} epochs: one after another ÷ as one, {how}",
                  f"{median(ratios):.1f} ({spread}); as one {family:.1f} s", "≥ 5", median(ratios) >= 5)


def _trainer(rate: float, ready: Split) -> Trainer:
    return Trainer(_asked(rate), data=ready, pins=Pins("cpu", 1))


def _asked(rate: float) -> Experiment:
    raw = write(mlp())
    raw["training"] |= {"epochs": EPOCHS}
    raw["training"]["optimizer"]["learning_rate"] = rate
    return read(raw)


def _together(members: list[Trainer], steps: Path | None) -> float:
    began = perf_counter()
    family = Family(members)
    if steps is not None:
        family.advance(100, 0.3)  # as long as the app looks on
        family.use(lambda: turbo_made.loaded(steps))
    while not family.over:
        family.advance(1_000_000, 0.1)
    return perf_counter() - began


def _one_after_another(members: list[Trainer]) -> float:
    began = perf_counter()
    for member in members:
        while not member.over:
            member.advance(1_000_000, 0.1)
    return perf_counter() - began
