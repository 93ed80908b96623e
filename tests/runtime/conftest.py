"""What tests of the runtime share: a store with a dispatcher at work, and runs for it."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.events import Event
from core.problems import StoreTrouble
from core.records import Run, RunState
from core.runtime import locks, paths
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader
from tests.conftest import until
from tests.store.conftest import small_disk as small_disk

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "core" / "experiment" / "templates"


def experiment(template: str = "two-spirals", **training: Any) -> dict[str, Any]:
    """A template's experiment, with other settings of training."""
    raw = json.loads((TEMPLATES / f"{template}.json").read_text())["experiment"]
    raw["training"].update(training)
    return raw


def fail_once(monkeypatch, owner, name: str) -> None:
    """The next call is a transient trouble."""
    real = getattr(owner, name)

    def busy(*given, **named):
        monkeypatch.setattr(owner, name, real)
        raise StoreTrouble("The catalog stayed busy. Try again.")
    monkeypatch.setattr(owner, name, busy)


class Works:
    """A store, its dispatchers, and what a person would look at."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.catalog = Catalog(store)
        self.dispatchers: list[subprocess.Popen[bytes]] = []
        self._readers: dict[int, Reader] = {}

    def start(self, *arguments: object, root: Path = ROOT) -> "subprocess.Popen[bytes]":
        """A dispatcher, as a person would start one."""
        with paths.jobs_log(self.store).open("ab") as log:
            self.dispatchers.append(subprocess.Popen(
                [sys.executable, "-m", "core.runtime.jobs", self.store, *map(str, arguments)], cwd=root,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))
        return self.dispatchers[-1]

    def at_work(self) -> int:
        """The process that serves the store now; waits until there is one."""
        lock = paths.jobs_lock(self.store)
        return until(lambda: locks.held(lock) and locks.signer(lock), what="a dispatcher at work").pid

    def queue(self, raw: dict[str, Any] | None = None, *, pace: float | None = None) -> int:
        """Queue a run that goes on until it is stopped, unless its experiment says otherwise."""
        return self.catalog.add_run(raw or experiment(epochs=None), "x", uuid.uuid4().hex, pace, "accuracy")

    def tell(self, run: int, kind: str, **fields: Any) -> None:
        """Leave a command."""
        self.catalog.command(run, {"kind": kind, **fields})

    def run(self, run: int) -> Run:
        """The run's row."""
        return self.catalog.run(run)

    def reader(self, run: int) -> Reader:
        """What the run says."""
        return self._readers.setdefault(run, Reader(files.run_folder(self.store, run)))

    def folder(self, run: int) -> Path:
        """Where it keeps what it has."""
        return files.run_folder(self.store, run)

    def said(self, run: int, kind: type[Event]) -> list[Any]:
        """The events of this kind the run told so far."""
        return [event for _, event in self.reader(run).events() if isinstance(event, kind)]

    def until_state(self, run: int, *states: RunState, seconds: float = 20) -> Run:
        """The run, as soon as it is in one of these states."""
        def look() -> Run | None:
            row = self.run(run)
            return row if row.state in states else None
        return until(look, seconds, f"run {run} being {states}")

    def until_over(self, run: int, seconds: float = 30) -> Run:
        """The run, as soon as it is over."""
        return until(lambda: (row := self.run(run)).state.over and row, seconds, f"the end of run {run}")

    def until_step(self, run: int, step: int, seconds: float = 30) -> int:
        """The step the run says it is at, as soon as that is far enough."""
        def far() -> int | None:
            told = self.reader(run).progress()
            return told.step if told and told.step >= step else None
        return until(far, seconds, f"step {step} of run {run}")

    def worker(self, run: int) -> psutil.Process:
        """The process that trains the run; waits until there is one."""
        return until(lambda: locks.signer(paths.run_lock(self.store, run)), what=f"a worker for run {run}")

    def alive(self, run: int) -> bool:
        """Whether a process trains the run."""
        return locks.held(paths.run_lock(self.store, run))

    def end(self) -> None:
        """End every process this store has."""
        for process in self.dispatchers:
            process.kill()
            process.wait()
        for lock in [paths.jobs_lock(self.store), *self.store.glob("runs/*/run.lock")]:
            if locks.held(lock) and (process := locks.signer(lock)):
                process.send_signal(signal.SIGKILL)
        for reader in self._readers.values():
            reader.close()
        self.catalog.close()


@pytest.fixture(scope="session")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """One store with a dispatcher, for the tests of a session that leave its runs over."""
    os.environ["OMP_NUM_THREADS"] = "1"
    busy = Works(tmp_path_factory.mktemp("works") / "store")
    busy.start("--idle", 600)
    busy.at_work()
    yield busy
    busy.end()


@pytest.fixture
def own_works(tmp_path: Path) -> Iterator[Callable[..., Works]]:
    """Makes stores that only this test uses, without a dispatcher yet."""
    made: list[Works] = []

    def make(store: Path = tmp_path / "store") -> Works:
        made.append(Works(store))
        return made[-1]

    yield make
    for one in made:
        one.end()
