"""Dispatcher: takes queued runs and asked questions, starts a process for each, says what became of it."""

import os
import time
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

import psutil

from core.problems import StoreTrouble
from core.records import RunState
from core.runtime import analyst, children, locks, paths, sweep
from core.runtime.children import Child
from core.runtime.endings import left_behind
from core.store import files
from core.store.catalog import Catalog
from core.store.trouble import NoSuchRun, RunIsOver

_POLL = 0.015
"""Seconds between two looks at the catalog."""
_ROUND = 0.25
"""Seconds between two looks at what tells nobody: adopted workers, the store's folder, clients."""
_GRACE = 5.0
"""Seconds a worker that holds its lock has to sign it."""
_ANALYSTS = 2
_WAITING = 16
"""Paused runs that may be alive beside those that train."""


@dataclass
class _Answering:
    child: Child
    until: float


class Dispatcher:
    """Serves one store. Runs outlive it: their workers are found again by their locks.

    A run that was claimed but never reached a process goes back into the queue when a dispatcher starts;
    one whose process is gone without an ending is interrupted.
    """

    def __init__(self, store: Path, idle: float, answer_seconds: float) -> None:
        self.draining = False
        self._store = store
        self._idle = idle
        self._answer_seconds = answer_seconds
        self._catalog = Catalog(store, create=False)
        self._catalog_file = (store / files.CATALOG).stat().st_ino
        self._slots = max(2, _cores() - 1)
        self._workers: dict[tuple[int, ...], Child] = {}  # by the runs they train
        self._adopted: set[int] = set()
        self._unsigned: dict[int, float] = {}  # when a lock was first seen held, but not signed
        self._analysts: dict[str, _Answering] = {}
        self._killed_for_memory = _killed_for_memory()
        self._version = -1
        self._looked = 0.0
        self._needed = time.monotonic()

    def serve(self) -> None:
        """Work until nobody needs it any more, or its store is gone, or it was asked to drain."""
        self._adopt()
        while not self._done():
            try:
                self._turn()
            except StoreTrouble as trouble:
                print(trouble, flush=True)
                time.sleep(1)
            self._rest()

    def wanted(self) -> bool:
        """Whether a run or a question waits."""
        return bool(self._catalog.count(RunState.QUEUED)) or self._catalog.waiting_questions()

    def _turn(self) -> None:
        if self._reap():
            self._version = -1  # there is room
        version = self._catalog.version()
        if version != self._version:
            if not self.draining:
                self._start_runs()
                self._start_questions()
            self._version = version  # not before: what failed is tried again
        if time.monotonic() - self._looked > _ROUND:
            self._looked = time.monotonic()
            self._look_after_adopted()

    def _rest(self) -> None:
        """Wait a little, or until a process of ours is gone."""
        processes = [*self._workers.values(), *(answering.child for answering in self._analysts.values())]
        sentinels = [child.sentinel for child in processes if child.sentinel is not None]
        if sentinels:
            connection.wait(sentinels, _POLL)
        else:
            time.sleep(_POLL)

    def _done(self) -> bool:
        if self.draining:
            return not self._analysts
        if self._looked and time.monotonic() - self._looked < _ROUND:
            return False
        try:
            if (self._store / files.CATALOG).stat().st_ino != self._catalog_file:
                return True
        except OSError:
            return True
        now = time.monotonic()
        at_work = self._workers or self._adopted or self._analysts
        if at_work or locks.held(paths.web_lock(self._store), shared=True):
            self._needed = now
        return now - self._needed > self._idle

    def _start_runs(self) -> None:
        while len(self._workers) + len(self._adopted) < self._slots + _WAITING:
            if self._catalog.at_work() >= self._slots:
                return
            runs = tuple(run.id for run in self._catalog.claim())
            if not runs:
                return
            self._workers[runs] = children.start_worker(runs, self._store)

    def _start_questions(self) -> None:
        while len(self._analysts) < _ANALYSTS:
            question = self._catalog.claim_question()
            if question is None:
                return
            child = children.start_analyst(question.key, self._store)
            self._analysts[question.key] = _Answering(child, time.monotonic() + self._answer_seconds)

    def _reap(self) -> bool:
        """Clear away processes that ended, and analysts that took too long. True when there were any."""
        ended = False
        for runs, child in list(self._workers.items()):
            code = child.ended()
            if code is not None:
                ended = True
                del self._workers[runs]
                for run in runs:
                    if not any(run in others for others in self._workers):  # else it was put back and taken
                        self._worker_ended(run, code)
        for key, answering in list(self._analysts.items()):
            late = time.monotonic() > answering.until
            if late:
                answering.child.kill()
            if late or answering.child.ended() is not None:
                ended = True
                del self._analysts[key]
                self._analyst_ended(key, late)
        return ended

    def _worker_ended(self, run: int, code: int) -> None:
        if self._alive(run):  # the fork server is gone, the worker is not
            self._adopted.add(run)
        elif code < 0:
            self._settle(run, f"Its process was killed (signal {-code}).")
        else:
            self._settle(run, f"Its process ended without a word (exit code {code}); its log may know more.")

    def _analyst_ended(self, key: str, late: bool) -> None:
        if not files.answer_file(self._store, key).exists():
            what = "The process that looked for an answer was killed. Ask again."
            if late:
                what = f"It took longer than {self._answer_seconds:g} seconds. Make network or data smaller."
            analyst.put(self._store, key, analyst.problem(what, passing=True))
        self._catalog.answered(key)

    def _adopt(self) -> None:
        """Find the runs of the dispatcher before: alive, never begun, or gone."""
        self._catalog.reopen_questions()
        for run in self._catalog.in_state(RunState.STARTING, RunState.RUNNING, RunState.PAUSED):
            if self._alive(run.id):
                self._adopted.add(run.id)
            elif run.state is RunState.STARTING and not paths.run_lock(self._store, run.id).exists():
                self._catalog.requeue(run.id)
            else:
                self._settle(run.id, "Its process was gone when the dispatcher started again.")
        sweep.orphans(self._store, self._catalog)

    def _look_after_adopted(self) -> None:
        for run in list(self._adopted):
            if not self._alive(run):
                self._adopted.discard(run)
                self._version = -1  # a slot is free
                self._settle(run, "Its process is gone without a word; it may have been killed.")

    def _alive(self, run: int) -> bool:
        lock = paths.run_lock(self._store, run)
        if locks.held(lock) and not locks.signature(lock):
            now = time.monotonic()
            return now - self._unsigned.setdefault(run, now) < _GRACE
        self._unsigned.pop(run, None)
        return locks.held(lock) and locks.signer(lock) is not None

    def _settle(self, run: int, reason: str) -> None:
        """A run's worker is gone: what it said of its ending holds, and without that it was interrupted."""
        sweep.free_reserve(self._store, run)
        try:
            state = self._catalog.run(run).state
            if state.over or state is RunState.QUEUED:
                return
            ending, progress = left_behind(files.run_folder(self._store, run))
            if ending is not None:
                files.remove(paths.checkpoints(self._store, run))  # as its worker would have done
            state, why = ending or (RunState.INTERRUPTED, f"{self._memory() or reason} Resume has it go on.")
            self._catalog.set_state(run, state, reason=why, seconds=progress.seconds if progress else None)
        except (NoSuchRun, RunIsOver):
            return  # removed or ended meanwhile

    def _memory(self) -> str:
        """The reason, when the system killed a process for want of memory since this was asked last."""
        before, self._killed_for_memory = self._killed_for_memory, _killed_for_memory()
        if self._killed_for_memory > before:
            return "Memory ran out, so its process was killed. Lower the batch size, or close programs."
        return ""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1


def _killed_for_memory() -> int:
    """How many processes were killed for want of memory, as far as the system tells."""
    killed = 0
    for told in (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events")):
        try:
            lines = told.read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        killed += sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    return killed
