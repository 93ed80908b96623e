"""Compiled steps against the loops people write: whole epochs of our trainer, validations included.

They are compiled first, which is printed by itself; in the app that happens beside the run.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, ratio
from benchmarks.live import pairs
from benchmarks.networks import cnn, mlp, tiny, wide
from benchmarks.networks import turbo as with_turbo
from benchmarks.opponents import bare, idiomatic
from core.engine import turbo, turbo_made
from core.engine.trainer import Trainer
from core.experiment.model import Experiment
from core.runtime import paths
from tests.conftest import start_app

PAIRS, SECONDS, OPPONENT_SECONDS = 5, 3.0, 3.0
NETWORKS = {
    "MLP 64-64-10": (mlp, 3.0, None),
    "MLP 64-128-128-10": (wide, 1.6, None),
    "CNN 16-32": (cnn, 1.35, 1.35),
}


def measure() -> Iterator[Figure]:
    """Samples per second as a share of each opponent's, and steps per second of a tiny network."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (make, *least) in NETWORKS.items():
            yield from _pairs(name, make(), least, Path(folder) / f"{name}.steps")
        trainer, _ = started(tiny(), Path(folder) / "tiny.steps")
        speeds = sorted(steps(trainer) / 1000 for _ in range(PAIRS))
        said = f"{speeds[PAIRS // 2]:.0f} k ({speeds[0]:.0f}–{speeds[-1]:.0f}, {PAIRS} times)"
        yield Figure("2-8-8-1, batches of 10: steps per second", said, "", None)
    yield from _in_the_app()


def _in_the_app() -> Iterator[Figure]:
    """The same runs in the app, with what is compiled already there."""
    with tempfile.TemporaryDirectory() as folder:
        app = start_app(Path(folder) / "store")
        try:
            for name, make in (("MLP 64-64-10", mlp), ("CNN 16-32", cnn)):
                experiment = with_turbo(make())
                compiled(experiment)
                least = (None, NETWORKS[name][2])
                yield from pairs(app, f"{name}: app with live views, one reader and Turbo", experiment, least)
        finally:
            app.end()


def compiled(experiment: Experiment) -> None:
    """Have the steps lie where runs look for them."""
    trainer = Trainer(experiment)
    path = paths.compiled() / f"{turbo.wanted(trainer)}.steps"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        turbo_made.build(experiment, trainer.pins.threads, path)


def _pairs(name: str, experiment: Experiment, least: list[float | None], path: Path) -> Iterator[Figure]:
    trainer, seconds = started(experiment, path)
    loops = {"best bare loop": bare(experiment), "idiomatic loop": idiomatic(experiment)}
    speeds: dict[str, list[float]] = {"ours": [], **{opponent: [] for opponent in loops}}
    epochs = {opponent: _epochs(loop(2), trainer) for opponent, loop in loops.items()}
    for _ in range(PAIRS):
        speeds["ours"].append(steps(trainer) / trainer.course.steps_per_epoch * _samples(trainer))
        for opponent, loop in loops.items():
            speeds[opponent].append(loop(epochs[opponent]))
    for opponent, target in zip(loops, least, strict=True):
        note = f"; ours {max(speeds['ours']) / 1000:.0f} k samples/s, compiled in {seconds:.0f} s"
        yield ratio(f"{name}: Turbo ÷ {opponent}", speeds["ours"], speeds[opponent], target, note)


def started(experiment: Experiment, path: Path) -> tuple[Trainer, float]:
    """A trainer with compiled steps, and the seconds compiling took."""
    began = time.perf_counter()
    turbo_made.build(experiment, 1, path)
    seconds = time.perf_counter() - began
    trainer = Trainer(experiment)
    trainer.start()
    trainer.advance(100, SECONDS)
    trainer.turbo = turbo.Turbo(trainer, turbo_made.loaded(path))
    return trainer, seconds


def steps(trainer: Trainer) -> float:
    """Steps per second over some seconds."""
    began, before = time.perf_counter(), trainer.step
    trainer.advance(1 << 40, SECONDS)
    return (trainer.step - before) / (time.perf_counter() - began)


def _samples(trainer: Trainer) -> int:
    return len(trainer.split.rows["train"])


def _epochs(speed: float, trainer: Trainer) -> int:
    return max(1, int(OPPONENT_SECONDS * speed / _samples(trainer)))
