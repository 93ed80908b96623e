"""The command line of the dispatcher: `python -m core.runtime.jobs STORE [--idle SECONDS]`."""

import argparse
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

from core.problems import StoreTrouble
from core.runtime import children, locks, paths
from core.runtime.client import IDLE
from core.runtime.dispatcher import Dispatcher
from core.runtime.locks import Lock

_PATIENCE = 120.0
"""Seconds to wait for a dispatcher of other code to finish."""


def main(arguments: list[str] | None = None) -> int:
    """Serve a store, if nobody does, until nobody needs it."""
    parser = argparse.ArgumentParser(prog="core.runtime.jobs", description="Train the runs of a store.")
    parser.add_argument("store", type=Path)
    parser.add_argument("--idle", type=float, default=IDLE, help="end so many seconds after the last client")
    parser.add_argument("--answer-seconds", type=float, default=60.0, help="the longest a question may take")
    given = parser.parse_args(arguments)
    try:
        while (lock := _alone(given.store)) is not None:
            lock.sign(version=paths.code_version())
            children.warm_up()
            dispatcher = Dispatcher(given.store, given.idle, given.answer_seconds)
            signal.signal(signal.SIGTERM, lambda *_, serving=dispatcher: setattr(serving, "draining", True))
            dispatcher.serve()
            lock.release()
            if dispatcher.draining or not (given.store.exists() and dispatcher.wanted()):
                break  # nobody came while we were closing
    except StoreTrouble as trouble:
        print(trouble, file=sys.stderr, flush=True)
        return 1
    return 0


def _alone(store: Path) -> Lock | None:
    """The dispatcher's lock; None when another of the same code has it. Waits for one of other code."""
    deadline = time.monotonic() + _PATIENCE
    path = paths.jobs_lock(store)
    while time.monotonic() < deadline:
        lock = locks.take(path, patience=0.1)
        if lock is not None:
            return lock
        if locks.signature(path).get("version") == paths.code_version() and locks.signer(path):
            return None
    return None


def run() -> NoReturn:
    """Serve, then leave at once whatever happened: the usual way waits for workers, with the lock held."""
    code = 1
    try:
        code = main()
    except SystemExit:
        raise  # the command line was not understood: there are no workers yet
    except BaseException:  # the edge of the process
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
