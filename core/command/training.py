"""Commands that train: each prints what its run tells, and waits for its end."""

import contextlib
import signal
import sys
import threading
import uuid
from collections.abc import Generator
from pathlib import Path

from core.catalog.metrics import compared
from core.command.lines import line
from core.command.words import BROKEN, DIVERGED, DONE, STOPPED, Arguments, experiment
from core.events import Event
from core.experiment import model
from core.experiment.check import check
from core.problems import StoreTrouble
from core.records import RunState
from core.runtime import client, follow, replaying
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader

_ENDS = {RunState.FINISHED: DONE, RunState.STOPPED: STOPPED, RunState.DIVERGED: DIVERGED}


def train(arguments: Arguments) -> int:
    """Queue a run of an experiment file. Raises Problems."""
    asked = experiment(arguments)
    check(asked)
    staying = client.stay(arguments.store)
    try:
        run = client.submit(
            arguments.store,
            model.write(asked),
            asked.name,
            str(uuid.uuid4()),
            None,
            compared(asked.data.task).kind,
        )
        _follow(arguments, run)
        return _said_end(arguments, run)
    finally:
        staying.end()


def replay(arguments: Arguments) -> int:
    """Train a run again with its changes; it tells whether it is the same. Raises Problems, NoSuchRun."""
    staying = client.stay(arguments.store)
    try:
        run = replaying.replay(arguments.store, arguments.run, str(uuid.uuid4()))
        _follow(arguments, run)
        return _said_end(arguments, run)
    finally:
        staying.end()


def resume(arguments: Arguments) -> int:
    """Have an interrupted run go on. Raises Problems, NoSuchRun."""
    with contextlib.closing(Reader(files.run_folder(arguments.store, arguments.run))) as reader:
        told = reader.last_number()
    client.resume(arguments.store, arguments.run)
    staying = client.stay(arguments.store)
    try:
        _follow(arguments, arguments.run, told)
        return _said_end(arguments, arguments.run)
    finally:
        staying.end()


def _follow(arguments: Arguments, run: int, after: int = 0) -> None:
    """Print a run's events after the number `after` until it is over.

    An interrupt stops the run; a second one leaves at once.
    """
    with _interrupted() as interrupted:
        def heed() -> None:
            if interrupted.is_set():
                interrupted.clear()
                _stop(arguments.store, run)
                print("Stopping the run. Press Ctrl+C again to leave at once.", file=sys.stderr, flush=True)

        for event in follow.events(arguments.store, run, heed, after):
            _print(arguments, event)


@contextlib.contextmanager
def _interrupted() -> Generator[threading.Event]:
    """Set by the first interrupt, which so never cuts a line that is being printed; the next one raises."""
    seen = threading.Event()

    def note(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        seen.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _print(arguments: Arguments, event: Event) -> None:
    said = event.model_dump_json() if arguments.json else line(event)
    if said:
        print(said, flush=True)


def _stop(store: Path, run: int) -> None:
    with (contextlib.closing(Catalog(store, create=False)) as catalog,
          contextlib.suppress(StoreTrouble)):  # it ended by itself meanwhile
        catalog.command(run, {"kind": "stop"})


def _said_end(arguments: Arguments, run: int) -> int:
    with contextlib.closing(Catalog(arguments.store, create=False)) as catalog:
        row = catalog.run(run)
    if arguments.json:
        print(follow.as_json(follow.told(arguments.store, row)))
    elif row.reason:
        print(row.reason, file=sys.stderr)
    return _ENDS.get(row.state, BROKEN)
