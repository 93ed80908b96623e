"""Dispatcher: takes queued runs and asked questions, starts a process for each, says what became of it."""

import os
import time
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

import psutil

from core.problems import StoreTrouble
from core.records import Progress, RunState
from core.runtime import analyst, children, locks, paths, sweep
from core.runtime.children import Child
from core.runtime.endings import left_behind
from core.store import files
from core.store.catalog import Catalog
from core.store.trouble import NoSuchRun, RunIsOver, StoreDamaged

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
        self._adopted: dict[int, str] = {}  # what runs have in common that one process trains
        self._lost: dict[int, str] = {}  # what became of a run's process, until the catalog has it
        self._unanswered: dict[str, bool] = {}  # whether it took too long, until the asker is told
        self._found = False  # whether the runs of the dispatcher before were looked for
        self._unsigned: dict[int, float] = {}  # when a lock was first seen held, but not signed
        self._analysts: dict[str, _Answering] = {}
        self._killed_for_memory = _killed_for_memory()
        self._version = -1
        self._looked = 0.0
        self._needed = time.monotonic()

    def serve(self) -> None:
        """Work until nobody needs it any more, or its store is gone, or it was asked to drain."""
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
        """Look after everything once. What the store refuses stays to be done at the next turn."""
        if not self._found:
            self._adopt()
        self._reap()
        self._settle_lost()
        version = self._catalog.version()
        if version != self._version:
            if not self.draining:
                self._start_runs()
                self._start_questions()
            self._version = version  # not before: what failed is tried again
        if time.monotonic() - self._looked > _ROUND:
            self._looked = time.monotonic()
            self._look_after_adopted()
        self._answer_for()  # last, for it is not the catalog's trouble when answers cannot be written

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
        while len(self._workers) + len(set(self._adopted.values())) < self._slots + _WAITING:
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

    def _reap(self) -> None:
        """Note which processes ended, and which analysts took too long: there is room for others."""
        for runs, child in list(self._workers.items()):
            code = child.ended()
            if code is not None:
                del self._workers[runs]
                self._worker_ended(runs, code)
        for key, answering in list(self._analysts.items()):
            late = time.monotonic() > answering.until
            if late:
                answering.child.kill()
            if late or answering.child.ended() is not None:
                del self._analysts[key]
                self._unanswered[key] = late
                self._version = -1

    def _worker_ended(self, runs: tuple[int, ...], code: int) -> None:
        how = (f"Its process was killed (signal {-code})." if code < 0 else
               f"Its process ended without a word (exit code {code}); its log may know more.")
        for run in runs:
            if self._ours(run):
                continue  # it was put back into the queue, and taken again
            if self._alive(run):  # the fork server is gone, the worker is not
                self._adopted[run] = str(runs)
            else:
                self._lost[run] = how

    def _ours(self, run: int) -> bool:
        """Whether a process that this dispatcher started trains the run."""
        return any(run in runs for runs in self._workers)

    def _answer_for(self) -> None:
        """Say that a question is answered; where its analyst left no answer, why there is none."""
        for key, late in list(self._unanswered.items()):
            if not files.answer_file(self._store, key).exists():
                analyst.put(self._store, key, analyst.problem(self._unanswered_for(late), passing=True))
            self._catalog.answered(key)
            del self._unanswered[key]  # not before: what failed is tried again

    def _unanswered_for(self, late: bool) -> str:
        if late:
            return f"It took longer than {self._answer_seconds:g} seconds. Make network or data smaller."
        return "The process that looked for an answer was killed. Ask again."

    def _adopt(self) -> None:
        """Find the runs of the dispatcher before: alive, never begun, or gone."""
        self._catalog.reopen_questions()
        for run in self._catalog.in_state(RunState.STARTING, RunState.RUNNING, RunState.PAUSED):
            if self._alive(run.id):
                self._adopted[run.id] = run.family or str(run.id)
            elif run.state is RunState.STARTING and not paths.run_lock(self._store, run.id).exists():
                self._catalog.requeue(run.id)
            else:
                self._lost[run.id] = "Its process was gone when the dispatcher started again."
        self._settle_lost()
        sweep.orphans(self._store, self._catalog)
        self._found = True

    def _look_after_adopted(self) -> None:
        for run in list(self._adopted):
            if self._ours(run):
                del self._adopted[run]  # it was put back into the queue, and taken
            elif not self._alive(run):
                del self._adopted[run]
                self._lost[run] = "Its process is gone without a word; it may have been killed."

    def _alive(self, run: int) -> bool:
        lock = paths.run_lock(self._store, run)
        if locks.held(lock) and not locks.signature(lock):
            now = time.monotonic()
            return now - self._unsigned.setdefault(run, now) < _GRACE
        self._unsigned.pop(run, None)
        return locks.held(lock) and locks.signer(lock) is not None

    def _settle_lost(self) -> None:
        """Say in the catalog what became of the runs whose processes are gone."""
        for run, reason in list(self._lost.items()):
            self._settle(run, reason)
            del self._lost[run]  # not before: what failed is tried again
            self._version = -1  # there is room

    def _settle(self, run: int, reason: str) -> None:
        """A run's worker is gone: what it said of its ending holds, and without that it was interrupted."""
        sweep.free_reserve(self._store, run)
        try:
            state = self._catalog.run(run).state
            if state.over or state is RunState.QUEUED:
                return
            (state, why), progress = self._became(run, reason)
            self._catalog.set_state(run, state, reason=why, seconds=progress.seconds if progress else None)
        except (NoSuchRun, RunIsOver):
            return  # removed or ended meanwhile

    def _became(self, run: int, reason: str) -> tuple[tuple[RunState, str], Progress | None]:
        """How a run stands whose worker is gone, and how far it is. What one run's files cannot tell must
        keep no other run waiting."""
        try:
            ending, progress = left_behind(files.run_folder(self._store, run))
        except StoreDamaged as trouble:
            return (RunState.FAILED, f"{reason} {trouble}"), None
        except StoreTrouble as trouble:
            return (RunState.INTERRUPTED, f"{reason} {trouble}"), None
        if ending is None:
            ending = RunState.INTERRUPTED, f"{self._memory() or reason} Resume has it go on."
        return ending, progress

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
