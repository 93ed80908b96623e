"""Process: what a process that works on a run is to others: alone, with a log of its own, under its lock."""

import faulthandler
import os
from pathlib import Path

from core.runtime import locks, paths
from core.runtime.locks import Lock

_PATIENCE = 3.0
"""Seconds to wait for a run's lock, which the dispatcher may be looking at."""
_NICE = 5
"""So much other processes, the web server's first of all, go before."""
_DESCRIPTORS = 256


def stand_alone(nice: int = _NICE) -> None:
    """Be a process of its own: own group, nothing inherited, others first by so much."""
    os.closerange(3, _DESCRIPTORS)
    os.setsid()
    os.nice(nice)


def say_to(log: Path) -> None:
    """Print to this file from now on, Python's own last words too."""
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    faulthandler.enable()


def take(store: Path, run: int) -> Lock:
    """A run's lock, signed. Ends the process when another one trains the run."""
    lock = locks.take(paths.run_lock(store, run), patience=_PATIENCE)
    if lock is None:
        raise SystemExit(f"Run {run} is trained by another process already.")
    lock.sign()
    return lock
