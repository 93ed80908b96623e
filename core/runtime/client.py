"""What pages and the command line want of the runtime: a dispatcher, a run queued, a question answered."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil

from core.problems import Problem, Problems, StoreTrouble
from core.records import Run, RunState, Snapshot
from core.runtime import locks, paths
from core.runtime.endings import left_behind
from core.runtime.locks import Lock
from core.store import files
from core.store.catalog import Catalog, Origin
from core.store.trouble import RunIsOver, told

IDLE = 60.0
"""Seconds after which a dispatcher nobody needs ends."""
_RETRY = 5.0
"""Seconds to wait before a dispatcher that did not come up is started again."""


class Starter:
    """Starts dispatchers for one process, and clears away those that ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: list[subprocess.Popen[bytes]] = []
        self._last: dict[Path, float] = {}

    def ensure(self, store: Path, idle: float) -> None:
        """Start a dispatcher unless one is there, or was started a moment ago."""
        with self._lock:
            self._started = [process for process in self._started if process.poll() is None]
            now = time.monotonic()
            if now - self._last.get(store, -_RETRY) < _RETRY or locks.held(paths.jobs_lock(store)):
                return
            self._last[store] = now
            self._started.append(self._start(store, idle))

    def replace(self, store: Path, idle: float) -> None:
        """Have a dispatcher of other code finish, and start one of ours that waits for it."""
        with self._lock:
            holder = locks.signer(paths.jobs_lock(store))
            if holder is not None:
                with suppress(psutil.NoSuchProcess):  # it has ended by itself since
                    holder.terminate()
            self._last[store] = time.monotonic()
            self._started.append(self._start(store, idle))

    def _start(self, store: Path, idle: float) -> "subprocess.Popen[bytes]":
        log = paths.jobs_log(store)
        with told(log), log.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "core.runtime.jobs", str(store.absolute()), "--idle", str(idle)],
                cwd=paths.ROOT,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)


_STARTER = Starter()


class Stay:
    """As long as it lasts, a dispatcher is there: one that dies is started again."""

    def __init__(self, store: Path, idle: float = IDLE) -> None:
        lock = locks.take(paths.web_lock(store), shared=True, patience=5)
        if lock is None:
            raise StoreTrouble(f"{paths.web_lock(store)} is held by another program. Close it.")
        self._lock: Lock = lock
        self._store = store
        self._idle = idle
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, name="dispatcher watch", daemon=True)
        self._watch.start()

    def end(self) -> None:
        """Let the dispatcher end when nobody else wants it."""
        self._over.set()
        self._watch.join()
        self._lock.release()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            try:
                ensure_jobs(self._store, self._idle)
            except StoreTrouble:
                continue  # whoever asks something of the store is told


def stay(store: Path, idle: float = IDLE) -> Stay:
    """Be a client from now on: makes the store, starts a dispatcher, replaces one of other code.

    Returns what must be kept as long as a dispatcher is wanted. Raises StoreTrouble.
    """
    Catalog(store).close()
    staying = Stay(store, idle)
    ensure_jobs(store, idle, replace=True)
    return staying


def ensure_jobs(store: Path, idle: float = IDLE, *, replace: bool = False) -> None:
    """Have a dispatcher at work; many may call this at once, one will be there.

    replace: one that runs other code than is on the disk now is asked to finish, and ours follows it. To be
    said once by a process that starts, so that two processes of different code do not fight.
    """
    lock = paths.jobs_lock(store)
    if not locks.held(lock):
        _STARTER.ensure(store, idle)
    elif replace and locks.signature(lock).get("version") != paths.code_version():
        _STARTER.replace(store, idle)


def submit(store: Path, experiment: dict[str, Any], name: str, key: str, pace: float | None, metric: str,
           *, origin: Origin | None = None, first: Sequence[dict[str, Any]] = ()) -> int:
    """Queue a run and return its number; the same key again returns the same run."""
    catalog = Catalog(store)
    try:
        run = catalog.add_run(experiment, name, key, pace, metric, origin=origin, first=first)
    finally:
        catalog.close()
    ensure_jobs(store)
    return run


def submit_many(store: Path, asked: Sequence[tuple[dict[str, Any], str]], key: str, metric: str) -> list[int]:
    """Queue runs to be trained as one, each its experiment and name; their numbers."""
    with closing(Catalog(store)) as catalog:
        runs = catalog.add_family(asked, key, metric)
    ensure_jobs(store)
    return runs


def resume(store: Path, run: int) -> None:
    """Have a run whose process was gone go on. Raises Problems when it cannot, and NoSuchRun."""
    with closing(Catalog(store, create=False)) as catalog:
        row = catalog.run(run)
        if (refusal := _refusal(store, row)) is not None:
            raise Problems(refusal)
        try:
            catalog.resume(run)
        except RunIsOver:
            raise Problems(_refusal(store, catalog.run(run)) or _GOES_ON) from None  # somebody was faster
    ensure_jobs(store)


def resumable(store: Path, run: Run) -> bool:
    """Whether a run can go on as it was: its process, or its disk, ended it, and not its training."""
    return _refusal(store, run) is None


_GOES_ON = Problem(where="run", what="It goes on already.", fix="Wait for its end.")


def _refusal(store: Path, run: Run) -> Problem | None:
    """Why a run cannot be resumed; None when it can. An ending that was told is not taken back."""
    if run.state is RunState.INTERRUPTED:
        return None
    if not run.state.over:
        what = f"Run {run.id} is {run.state.value} and was not interrupted."
        return _GOES_ON.model_copy(update={"what": what})
    if run.state is RunState.FAILED and left_behind(files.run_folder(store, run.id))[0] is None:
        return None  # the disk failed it, not the training
    what = _OVER.get(run.state, f"is {run.state.value}, and would be again")
    return Problem(where="run", what=f"Run {run.id} {what}.", fix="Train again to make a new run.")


_OVER = {RunState.FINISHED: "is finished",
         RunState.STOPPED: "was stopped and judged on its test samples, so it is over"}


def ask(store: Path, kind: str, payload: dict[str, Any]) -> str:
    """Leave a question and return its key; one that was answered before costs nothing.

    kind: preview {experiment}, look {experiment, run or None, sample}, pace {experiment},
    rate_range {experiment}, noise {experiment}, system {},
    export {run, to}.
    """
    key = _key(store, kind, payload)
    known = answer(store, key)
    if known is not None and not known.facts.get("passing"):
        return key
    if known is not None:
        files.answer_file(store, key).unlink(missing_ok=True)
    catalog = Catalog(store)
    try:
        catalog.ask(key, kind, payload)
    finally:
        catalog.close()
    ensure_jobs(store)
    return key


def answer(store: Path, key: str) -> Snapshot | None:
    """The answer, None while there is none. `facts["problem"]` says why a question could not be answered."""
    path = files.answer_file(store, key)
    with told(path):
        try:
            packed = path.read_bytes()
        except FileNotFoundError:
            return None  # not looked for again: the answer may come this very moment
        return Snapshot.unpack(packed)


def system(store: Path, patience: float = 5.0) -> dict[str, Any]:
    """What this machine has to compute with; only its cores while no more is known after `patience`."""
    deadline = time.monotonic() + patience
    key = ask(store, "system", {"day": int(time.time() // 86_400)})
    while (found := answer(store, key)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return {"cores": os.cpu_count(), **(found.facts if found else {})}


def _key(store: Path, kind: str, payload: dict[str, Any]) -> str:
    """Equal for equal questions. A run's weights are part of the question: they come when it is over."""
    words = [kind, json.dumps(payload, sort_keys=True), paths.code_version()]
    if isinstance(run := payload.get("run"), int):
        weights = paths.weights(store, run)
        words.append(str(weights.stat().st_mtime_ns if weights.exists() else 0))
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
