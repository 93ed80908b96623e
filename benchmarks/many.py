"""Many at once: 64 learning rates of one network trained as one, against the same runs one after another."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
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
from core.runtime import spare
from core.runtime.turbo_family import FamilyCompanion

RATES = np.geomspace(1e-4, 1e-1, 64).tolist()
EPOCHS, ALONE, REPEATS = 30, 4, 5
"""Epochs of each run; how many of the runs are trained alone for each of so many comparisons."""


def measure() -> Iterator[Figure]:
    """The ratio of the times from the first step to the last test score, judging included."""
    ready = split(mlp().data)
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "steps"
        turbo_made.build(_asked(RATES[0]), 1, compiled)
        yield _figure("as in the app, its steps compiled meanwhile", _in_new_process)
        yield _figure("batched to the end", lambda: _pair(ready, _batched))
        yield _figure("with compiled steps from before", lambda: _pair(ready, partial(_with_steps, compiled)))


def _figure(how: str, pair: Callable[[], tuple[float, float]]) -> Figure:
    pairs = [pair() for _ in range(REPEATS)]
    ratios = sorted(alone / together for alone, together in pairs)
    spread = f"{ratios[0]:.1f}–{ratios[-1]:.1f}, {REPEATS} pairs"
    seconds = median(together for _, together in pairs)
    return Figure(f"64 learning rates of MLP 64-64-10, {EPOCHS} epochs: one after another ÷ as one, {how}",
                  f"{median(ratios):.1f} ({spread}); as one {seconds:.1f} s",
                  "≥ 5", median(ratios) >= 5)


def _pair(ready: Split, train: Callable[[list[Trainer]], None]) -> tuple[float, float]:
    """Seconds of the runs one after another, and as one."""
    members = [_trainer(rate, ready) for rate in RATES]
    began = perf_counter()
    train(members)
    together = perf_counter() - began
    chosen = [_trainer(rate, ready) for rate in RATES[:: len(RATES) // ALONE]]
    began = perf_counter()
    for member in chosen:
        while not member.over:
            member.advance(1_000_000, 0.1)
    return (perf_counter() - began) * len(RATES) / len(chosen), together


def _in_new_process() -> tuple[float, float]:
    """The same in a process that keeps a spare compiler, as a worker does, and finds nothing compiled."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-m", "benchmarks.many"], check=True, stdout=subprocess.PIPE,
                              env={**os.environ, "XDG_CACHE_HOME": folder})
    alone, together = json.loads(done.stdout)
    return alone, together


def _trainer(rate: float, ready: Split) -> Trainer:
    return Trainer(_asked(rate), data=ready, pins=Pins("cpu", 1))


def _asked(rate: float) -> Experiment:
    raw = write(mlp())
    raw["training"] |= {"epochs": EPOCHS}
    raw["training"]["optimizer"]["learning_rate"] = rate
    return read(raw)


def _batched(members: list[Trainer]) -> None:
    _to_the_end(Family(members))


def _with_steps(steps: Path, members: list[Trainer]) -> None:
    family = Family(members)
    family.advance(100, 0.3)  # as long as the app looks on
    family.use(lambda: turbo_made.loaded(steps))
    _to_the_end(family)


def _with_companion(members: list[Trainer]) -> None:
    companion = FamilyCompanion(members[0])
    companion.begin(len(members))
    _to_the_end(Family(members), companion.look)
    companion.end()


def _to_the_end(family: Family, look: Callable[[Family], object] = lambda family: None) -> None:
    while not family.over:
        family.advance(1_000_000, 0.1)
        look(family)


if __name__ == "__main__":
    import_module("core.runtime.warm")  # what a worker is forked with
    spare.keep()
    print(json.dumps(_pair(split(mlp().data), _with_companion)))
