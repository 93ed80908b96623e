"""The engine as it runs in the app, live views on and a reader attached, against loops without any of it.

One run of each network is paused in turn while an opponent trains, so that every pair is measured within
seconds on the same machine, and the run is far longer than 30 seconds.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, ratio
from benchmarks.networks import NETWORKS
from benchmarks.opponents import Loop, bare, idiomatic
from core.experiment.model import Experiment, write
from tests.conftest import App, Page, start_app, until

PAIRS, SECONDS, OPPONENT_SECONDS, WARM_UP = 5, 7.0, 4.0, 10.0
LEAST = {"MLP 64-64-10": (0.90, 1.7), "CNN 16-32": (0.90, 1.35)}


def measure() -> Iterator[Figure]:
    """Samples per second of our run as a share of each opponent's."""
    with tempfile.TemporaryDirectory() as folder:
        app = start_app(Path(folder) / "store")
        try:
            for name, make in NETWORKS.items():
                yield from pairs(app, f"{name}: app with live views and one reader", make(), LEAST[name])
        finally:
            app.end()


def pairs(
    app: App, what: str, experiment: Experiment, wanted: tuple[float | None, float | None]
) -> Iterator[Figure]:
    """A run in the app against both opponents. wanted: the least share of the bare and idiomatic loop."""
    loops = {"best bare loop": bare(experiment), "idiomatic loop": idiomatic(experiment)}
    speeds: dict[str, list[float]] = {"ours": [], **{opponent: [] for opponent in loops}}
    with app.page() as page:
        reader = Watched(page, experiment)
        time.sleep(WARM_UP)
        for _ in range(PAIRS):
            speeds["ours"].append(reader.speed(SECONDS))
            reader.command("pause")
            for opponent, loop in loops.items():
                speeds[opponent].append(_speed(loop))
            reader.command("resume")
        reader.command("stop")
        reader.end()
    seconds = WARM_UP + PAIRS * SECONDS
    for (opponent, theirs), least in zip(list(speeds.items())[1:], wanted, strict=True):
        yield ratio(
            f"{what} ÷ {opponent} (a run of {seconds:.0f} s)",
            speeds["ours"],
            theirs,
            least,
            f"; ours {max(speeds['ours']) / 1000:.0f} k samples/s",
        )


def _speed(loop: Loop) -> float:
    loop(1)
    probe = loop(3)
    return loop(max(1, int(OPPONENT_SECONDS * probe / 1078)))


class Watched:
    """A run and the page that watches it, read all the time as a browser would."""

    def __init__(self, page: Page, experiment: Experiment) -> None:
        self._page, self._samples = page, experiment.data.sizes().train
        self.run = page.train(write(experiment))
        self._waiting: list[dict[str, Any]] = []
        self._over = threading.Event()
        page.well("watch", run=self.run, after=0)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        until(lambda: page.ticks and page.ticks[-1]["progress"], 30, "the first point")

    def command(self, kind: str, **fields: Any) -> None:
        """Tell the run something, from the thread that reads."""
        self._waiting.append({"kind": kind, **fields})
        until(lambda: not self._waiting, 10, f"{kind} sent")
        state = {"pause": "paused", "resume": "running", "stop": "stopped"}[kind]
        until(lambda: self._page.ticks[-1]["state"] == state, 20, f"the run being {state}")

    def speed(self, seconds: float) -> float:
        """Samples a second over so many seconds of wall time."""
        time.sleep(0.5)
        began, first = time.perf_counter(), self._place()
        time.sleep(seconds)
        took, last = time.perf_counter() - began, self._place()
        return (last - first) * self._samples / took

    def end(self) -> None:
        """Read no more."""
        self._over.set()
        self._thread.join()

    def _place(self) -> float:
        """Epochs trained so far, at the moment the newest tick was made."""
        count = len(self._page.ticks)
        until(lambda: len(self._page.ticks) > count, 5, "a tick")
        progress = self._page.ticks[-1]["progress"]
        return progress["step"] / progress["steps_per_epoch"]

    def _read(self) -> None:
        while not self._over.is_set():
            if self._waiting:
                self._page.well("command", run=self.run, command=self._waiting[0])
                self._waiting.pop(0)
            self._page.hear(seconds=0.05)
            del self._page.frames[:-1]
