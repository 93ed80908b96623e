"""Compiled steps against the way playgrounds in browsers train: neuron by neuron, sample by sample, in Node.

The opponent (`playground.js`) is of our own writing and does that arithmetic in the same order on the same
samples. It draws nothing. With the surface it answers for 100 × 100 points after every epoch, as they do; our
run is then the one of the app, with everything live and one reader.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright._impl._driver import compute_driver_executable

from benchmarks.figures import Figure, ratio
from benchmarks.live import Watched
from benchmarks.networks import points
from benchmarks.networks import turbo as with_turbo
from benchmarks.turbo import compiled, started, steps
from core.engine.data import split
from core.experiment.model import Experiment
from tests.conftest import App, start_app

PAIRS, SECONDS, WARM, RATE, SURFACE = 5, 3.0, 1.0, 0.03, 100
NETWORKS = {"2-8-8-1": ((8, 8), 1.2), "2-8⁶-1": ((8,) * 6, 2.0), "2-4-2-1": ((4, 2), 0.5)}
WITH_SURFACE = 5.0
"""How many times as fast with the surface on the screen."""


def measure() -> Iterator[Figure]:
    """Epochs per second of each network as a share of the opponent's, alone and with the surface."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (units, least) in NETWORKS.items():
            yield _alone(name, units, least, Path(folder) / f"{name}.steps")
        app = start_app(Path(folder) / "store")
        try:
            for name, (units, _) in NETWORKS.items():
                yield _watched(app, name, units)
        finally:
            app.end()


def _alone(name: str, units: tuple[int, ...], least: float, path: Path) -> Figure:
    experiment = _experiment(units)
    trainer, seconds = started(experiment, path)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(PAIRS):
        ours.append(steps(trainer) / trainer.course.steps_per_epoch)
        theirs.append(playground(experiment, units))
    fastest = max(ours) * trainer.course.steps_per_epoch / 1000
    note = f"; ours {fastest:.0f} k steps a second, compiled in {seconds:.0f} s"
    return ratio(f"{name}: Turbo ÷ playground", ours, theirs, least, note)


def _watched(app: App, name: str, units: tuple[int, ...]) -> Figure:
    experiment = with_turbo(_experiment(units))
    compiled(experiment)
    ours: list[float] = []
    theirs: list[float] = []
    with app.page() as page:
        reader = Watched(page, experiment)
        time.sleep(2 * SECONDS)  # until it has taken up the compiled steps
        for _ in range(PAIRS):
            ours.append(reader.speed(SECONDS) / experiment.data.sizes().train)
            reader.command("pause")
            theirs.append(playground(experiment, units, SURFACE))
            reader.command("resume")
        reader.command("stop")
        reader.end()
    what = f"{name}: app with live views, one reader and Turbo ÷ playground with its surface"
    return ratio(what, ours, theirs, WITH_SURFACE, f"; ours {max(ours):,.0f} epochs a second")


def playground(experiment: Experiment, units: tuple[int, ...], surface: int = 0) -> float:
    """The epochs per second the opponent reaches. surface: points along an edge it answers for each epoch."""
    inputs, targets = split(experiment.data).part("train")
    question = {"sizes": [2, *units, 1], "inputs": inputs.tolist(), "targets": targets.flatten().tolist(),
                "batch": experiment.training.batch_size, "rate": RATE, "seconds": SECONDS, "warm": WARM,
                "surface": surface}
    node, _ = compute_driver_executable()
    answer = subprocess.run([node, Path(__file__).with_suffix(".js")], input=json.dumps(question), text=True,
                            capture_output=True, check=True)
    told = json.loads(answer.stdout)
    assert told["after"] < told["before"], f"the opponent learns nothing: {told}"
    return told["epochs_per_second"]


def _experiment(units: tuple[int, ...]) -> Experiment:
    return points("multi_gauss", *units, activation="tanh", optimizer={"kind": "sgd", "learning_rate": RATE})
