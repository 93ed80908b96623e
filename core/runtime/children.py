"""Children: workers and analysts as processes, forked where the system can, started anew where it cannot."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from pathlib import Path
from typing import Protocol

from core.runtime import analyst, paths, worker

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


HELD = {"MALLOC_TRIM_THRESHOLD_": str(1 << 31), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}
"""Has glibc hold on to memory that was let go, to be had again at the next step: getting it anew from the
system can cost a third of a step with large batches (docs/decisions.md)."""


class Child(Protocol):
    """A process of ours."""

    @property
    def sentinel(self) -> int | None:
        """A descriptor that is ready when the process is gone; None where there is no such thing."""
        ...

    def ended(self) -> int | None:
        """Its exit code, the number of a signal below zero; None while it lives."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


_TRIES, _BREATH = 20, 0.1
"""How often a child is asked of the fork server, and the seconds between."""


class Forked:
    """A child of the fork server, which has loaded all a child needs."""

    def __init__(self, target: Callable[..., None], *arguments: object) -> None:
        for left in reversed(range(_TRIES)):
            self._process = multiprocessing.get_context("forkserver").Process(target=target, args=arguments)
            try:
                return self._process.start()
            except (OSError, EOFError):  # the fork server died a moment ago, and is not known to be dead yet
                if not left:
                    raise
                time.sleep(_BREATH)

    @property
    def sentinel(self) -> int | None:
        return self._process.sentinel

    def ended(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


class Spawned:
    """A process started anew, which takes seconds to load what it needs."""

    sentinel: int | None = None

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", module, *map(str, arguments)], cwd=paths.ROOT,
                                         stdin=subprocess.DEVNULL, start_new_session=True)

    def ended(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def warm_up() -> None:
    """Start loading what children need, in a process beside this one. Comes back at once."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    os.environ.update({"OMP_WAIT_POLICY": "PASSIVE"} | HELD)
    if _forks():
        multiprocessing.set_forkserver_preload(["core.runtime.warm"])
        forkserver.ensure_running()


def start_worker(runs: Sequence[int], store: Path) -> Child:
    """A process that trains a run, or several as one."""
    if _forks():
        return Forked(worker.run_forked, runs, store)
    return Spawned("core.runtime.worker", *runs, store)


def start_analyst(key: str, store: Path) -> Child:
    """A process that answers a question."""
    if _forks():
        return Forked(analyst.answer_forked, key, store)
    return Spawned("core.runtime.analyst", key, store)


def _forks() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
