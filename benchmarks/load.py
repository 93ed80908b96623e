"""Beside other programs: a run in the app, and the loop of a tutorial, while other processes take every core.

Each is measured alone and beside as many busy processes as there are cores, in turn.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import torch

from benchmarks.figures import Figure, ratio
from benchmarks.live import Watched
from benchmarks.networks import NETWORKS
from benchmarks.opponents import idiomatic
from core.experiment.model import Experiment, read, write
from tests.conftest import start_app

PAIRS, SECONDS, WARM_UP = 5, 4.0, 5.0
KEPT, LOST = 0.4, 0.05
"""The share of its speed alone that a run keeps at least; below the other the tutorial's loop falls."""
BUSY = "while True: pass"


def measure() -> Iterator[Figure]:
    """Speeds beside busy processes as shares of the speeds alone."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        app = start_app(Path(folder) / "store")
        try:
            for name, make in NETWORKS.items():
                with app.page() as page:
                    reader = Watched(page, _free(make()))
                    time.sleep(WARM_UP)
                    alone, beside = _speeds(lambda reader=reader: reader.speed(SECONDS), cores)
                    reader.command("stop")
                    reader.end()
                what = f"{name}: app with live views and one reader, beside {cores} busy processes ÷ alone"
                yield ratio(what, beside, alone, KEPT, f"; alone {max(alone) / 1000:.0f} k samples/s")
        finally:
            app.end()
    for name in NETWORKS:
        alone, beside = _speeds(lambda name=name: _naive(name), cores)
        shares = sorted(one / other for one, other in zip(beside, alone, strict=True))
        share = shares[len(shares) // 2]
        yield Figure(f"{name}: a tutorial's loop with torch's choice of threads, beside {cores} ÷ alone",
                     f"{share:.3f} ({shares[0]:.3f}–{shares[-1]:.3f}, {PAIRS} pairs)",
                     f"(expected: < {LOST})", None)


def _speeds(speed: Callable[[], float], cores: int) -> tuple[list[float], list[float]]:
    """Alone, and beside busy processes."""
    alone, beside = list[float](), list[float]()
    for _ in range(PAIRS):
        alone.append(speed())
        with _busy(cores):
            beside.append(speed())
    return alone, beside


@contextlib.contextmanager
def _busy(count: int) -> Generator[None]:
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _free(experiment: Experiment) -> Experiment:
    """The same with the threads it finds best itself."""
    asked = write(experiment)
    return read({**asked, "training": {**asked["training"], "threads": None}})


def _naive(name: str) -> float:
    """Samples a second of the tutorial's loop, in a process that chooses its threads as torch does."""
    unset = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    told = subprocess.run([sys.executable, "-m", "benchmarks.load", name], env=unset, check=True, text=True,
                          capture_output=True)
    return float(told.stdout)


def _loop(name: str) -> float:
    threads = torch.get_num_threads()
    loop = idiomatic(NETWORKS[name]())
    torch.set_num_threads(threads)
    began, samples, epochs = time.perf_counter(), 0.0, 0
    while time.perf_counter() - began < SECONDS:
        samples, epochs = samples + loop(1), epochs + 1
    return samples / epochs


if __name__ == "__main__":
    print(_loop(sys.argv[1]))
