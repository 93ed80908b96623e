"""A disk that fills up again and again while a run trains: it waits, says so, goes on, and ends as any other.

The disk is a small one in memory, which only an administrator may mount.
"""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.kills import left
from core.experiment import templates
from core.experiment.model import write
from core.records import RunState
from core.store.catalog import Catalog
from tests.conftest import until
from tests.runtime.conftest import ROOT

RUNS, FILLS, EPOCHS, SEED = 3, 10, 3_000, 20261129
SIZE = "24m"
SEEN = 5.0
"""Seconds within which a run must say that it waits."""


def measure() -> Iterator[Figure]:
    """Fill, wait, free, compare."""
    if os.geteuid() != 0:
        yield Figure("a full disk", "unknown: only an administrator may mount a small disk", "", None)
        return
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        whole = _trained(Path(folder))
        told: list[float] = []
        equal = 0
        for number in range(RUNS):
            with _disk(Path(folder) / f"disk{number}") as disk:
                run, waits = _disturbed(disk, chance)
                told += waits
                equal += left(disk / "store", run)[:2] == whole
    count = RUNS * FILLS
    yield Figure("a disk filled up under a run: said so within 5 s, and went on when there was room",
                 f"{sum(wait <= SEEN for wait in told)}/{count} (slowest {max(told):.2f} s; seed {SEED})",
                 f"{count}/{count}", len(told) == count and max(told) <= SEEN)
    yield Figure(f"runs on such a disk, {FILLS} times full each, equal to an undisturbed one to the last bit",
                 f"{equal}/{RUNS}", f"{RUNS}/{RUNS}", equal == RUNS)


def _trained(folder: Path) -> tuple[object, object]:
    """What a run that nothing disturbs leaves behind."""
    with _begun(folder / "store") as (catalog, run):
        until(lambda: catalog.run(run).state.over, 300, "the end of a run")
    return left(folder / "store", run)[:2]


def _disturbed(disk: Path, chance: random.Random) -> tuple[int, list[float]]:
    """A run whose disk was filled so many times; its number, and how long each time it took to say so."""
    waits: list[float] = []
    with _begun(disk / "store") as (catalog, run):
        for _ in range(FILLS):
            until(lambda: catalog.run(run).state is RunState.RUNNING, 60, "the run going on")
            time.sleep(chance.uniform(0.0, 0.3))
            with _filled(disk / "filler"):
                began = time.monotonic()
                until(lambda: catalog.run(run).state is RunState.PAUSED, 30, "the run saying that it waits")
                waits.append(time.monotonic() - began)
                assert "full" in catalog.run(run).reason
                time.sleep(chance.uniform(0.0, 0.3))
        until(lambda: catalog.run(run).state.over, 300, "the end of a run")
        assert catalog.run(run).state is RunState.FINISHED, catalog.run(run).reason
    return run, waits


@contextlib.contextmanager
def _begun(store: Path) -> Generator[tuple[Catalog, int]]:
    """A run in a process of its own."""
    raw = write(templates.template("two-spirals").experiment)
    raw["training"].update(epochs=EPOCHS, device="cpu", threads=1)
    catalog = Catalog(store)
    run = catalog.add_run(raw, "full", uuid.uuid4().hex, None, "accuracy")
    catalog.claim()
    worker = subprocess.Popen([sys.executable, "-m", "core.runtime.worker", str(run), str(store)], cwd=ROOT)
    try:
        until(lambda: catalog.run(run).state is RunState.RUNNING, 60, "the run beginning")
        yield catalog, run
    finally:
        catalog.close()
        worker.terminate()
        worker.wait(60)


@contextlib.contextmanager
def _disk(place: Path) -> Generator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@contextlib.contextmanager
def _filled(path: Path) -> Generator[None]:
    """Take all the room there is, and what is given up meanwhile; then give it back."""
    with path.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        yield
    path.unlink()
