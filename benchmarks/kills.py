"""Kills workers and servers at random moments and counts what was lost: `python -m benchmarks.kills`.

A point that a reader saw before a kill must be there after it, and every run must end in a true state.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from core.events import Continued, Point
from core.experiment import templates
from core.experiment.model import write
from core.records import RunState
from core.runtime import client, locks, paths
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader
from tests.conftest import start_app, until

NOTICED = 2.0
"""Seconds within which a killed worker's run must say that it was interrupted."""


class Victim:
    """One run that goes on until it is stopped, and what was seen of it."""

    def __init__(self, store: Path) -> None:
        raw = write(templates.template("two-spirals").experiment)
        raw["training"]["epochs"] = None
        self.run = client.submit(store, raw, "victim", uuid.uuid4().hex, None, "accuracy")
        self.lock = paths.run_lock(store, self.run)
        self.reader = Reader(files.run_folder(store, self.run))
        self.seen: list[Point] = []

    def look(self) -> None:
        """See what is new."""
        while (some := self.reader.points(len(self.seen))[0]):
            self.seen += some

    def lost(self) -> int:
        """How many of the points that were seen are not there any more, or are others."""
        there = self.reader.points(limit=len(self.seen) + 1)[0]
        return sum(now != then for now, then in zip(there, self.seen, strict=False)) + max(
            0, len(self.seen) - len(there))


def kill_workers(store: Path, count: int, chance: random.Random) -> tuple[int, int, float]:
    """Kill so many workers. Returns how many runs told the truth in time, points lost, seconds to notice."""
    catalog, true, lost, slowest = Catalog(store), 0, 0, 0.0
    for _ in range(count):
        victim = Victim(store)
        worker = until(lambda lock=victim.lock: locks.signer(lock), what="a worker")
        end = time.monotonic() + chance.uniform(0.0, 1.2)
        while time.monotonic() < end:
            victim.look()
        worker.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        while not catalog.run(victim.run).state.over and time.monotonic() - killed < 10:
            time.sleep(0.005)
        noticed = time.monotonic() - killed
        slowest = max(slowest, noticed)
        true += catalog.run(victim.run).state is RunState.INTERRUPTED and noticed <= NOTICED
        lost += victim.lost()
        victim.reader.close()
    catalog.close()
    return true, lost, slowest


def kill_until_the_end(store: Path, count: int, chance: random.Random) -> tuple[int, int, int, int]:
    """Kill workers of runs with an end and resume them, so many times; each must end as one never killed.

    Returns runs that came out equal, to the last bit, and how many there were; times a run went on
    believing itself exact, and how often it went on.
    """
    catalog, raw = Catalog(store), write(templates.template("two-spirals").experiment)
    raw["training"].update(epochs=300, device="cpu", threads=1)

    def queued() -> int:
        return client.submit(store, raw, "exact", uuid.uuid4().hex, None, "accuracy")

    def over(run: int) -> bool:
        return catalog.run(run).state.over

    whole, kills, runs = queued(), 0, []
    until(lambda: over(whole), 300, "the run that is never killed")
    while kills < count:
        runs.append(run := queued())
        while not over(run):
            lock = paths.run_lock(store, run)
            worker = until(lambda lock=lock, run=run: locks.signer(lock) or over(run), what="a worker")
            if chance.random() < 0.5:  # else it may be killed before it is where it was
                before = _points(store, run)
                until(lambda run=run, then=before: _points(store, run) > then or over(run), 120, "a point")
            time.sleep(chance.uniform(0.0, 1.0))
            if kills == count or worker is True or over(run):
                until(lambda run=run: over(run), 300, "the end of a run")
            else:
                worker.send_signal(signal.SIGKILL)
                until(lambda run=run: over(run), what="the run being interrupted")
            if catalog.run(run).state is RunState.INTERRUPTED:
                kills += 1
                client.resume(store, run)
    equal = sum(left(store, run)[:2] == left(store, whole)[:2] for run in runs)
    went_on = [event for run in runs for event in left(store, run)[2]]
    catalog.close()
    return equal, len(runs), sum(event.exact for event in went_on), len(went_on)


def _points(store: Path, run: int) -> int:
    with closing(Reader(files.run_folder(store, run))) as reader:
        return reader.last_point()


def left(store: Path, run: int) -> tuple[list[Point], bytes, list[Continued]]:
    """All the points of a run, its weights, and how it went on after kills."""
    with closing(Reader(files.run_folder(store, run))) as reader:
        points, _ = reader.points(limit=10**9)
        went_on = [event for _, event in reader.events(points=False) if isinstance(event, Continued)]
    return sorted(points), paths.weights(store, run).read_bytes(), went_on


def kill_servers(store: Path, count: int, chance: random.Random) -> tuple[int, int]:
    """Kill the web process so many times, every other time the dispatcher too, while a run trains.

    Returns how often the run was there, training on, when the server was back; and points lost.
    """
    catalog, victim, held = Catalog(store), Victim(store), 0
    until(lambda: victim.reader.last_point(), 60, "a first point")
    for number in range(count):
        web = start_app(store)
        end = time.monotonic() + chance.uniform(0.0, 1.0)
        while time.monotonic() < end:
            victim.look()
        web.kill()
        dispatcher = locks.signer(paths.jobs_lock(store))
        if number % 2 and dispatcher is not None:
            dispatcher.kill()
        back = start_app(store, web.port)
        until(lambda: locks.held(paths.jobs_lock(store)), what="a dispatcher")
        before = victim.reader.last_point()
        until(lambda before=before: victim.reader.last_point() > before, what="the run training on")
        held += catalog.run(victim.run).state is RunState.RUNNING
        victim.look()
        back.kill()
    catalog.command(victim.run, {"kind": "stop"})
    client.ensure_jobs(store)
    until(lambda: catalog.run(victim.run).state is RunState.STOPPED, what="the run stopping")
    lost = victim.lost()
    victim.reader.close()
    catalog.close()
    return held, lost


def measure(workers: int = 100, servers: int = 10, seed: int | None = None, resumed: int = 500,
            ) -> Iterator[Figure]:
    """Kill, count, tell."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        staying = client.stay(store, 5.0)
        try:
            true, lost, slowest = kill_workers(store, workers, chance)
        finally:
            staying.end()
        yield Figure(f"workers killed at random, shown as interrupted within {NOTICED:g} s",
                     f"{true}/{workers} (slowest {slowest:.2f} s; seed {seed})", f"{workers}/{workers}",
                     true == workers)
        staying = client.stay(store, 5.0)
        try:
            equal, runs, exact, times = kill_until_the_end(store, resumed, chance)
        finally:
            staying.end()
        yield Figure(f"exact after kill: {resumed} workers killed, their runs resumed; points and weights",
                     f"{equal}/{runs} runs equal to the last bit, {exact}/{times} said so (seed {seed})",
                     f"{runs}/{runs}", equal == runs and exact == times)
        held, more = kill_servers(store, servers, chance)
        yield Figure("servers killed at random, every other time with the dispatcher: the run trained on",
                     f"{held}/{servers} (seed {seed})", f"{servers}/{servers}", held == servers)
        lost += more
        yield Figure("points lost that a reader had seen before a kill", f"{lost}", "0", lost == 0)
        if (dispatcher := locks.signer(paths.jobs_lock(store))) is not None:
            dispatcher.terminate()
            psutil.wait_procs([dispatcher], timeout=20)


def main() -> None:
    """Print the figures; exit code 1 when one is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--servers", type=int, default=10)
    parser.add_argument("--resumed", type=int, default=500)
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    well = True
    for figure in measure(given.workers, given.servers, given.seed, given.resumed):
        print(figure.row(), flush=True)
        well = well and figure.met is True
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
