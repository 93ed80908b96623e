"""Follows one run from outside: its stored events in order, until it is over."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from core.events import Ended, Event, Finished, Stopped
from core.records import Run
from core.runtime.client import ensure_jobs
from core.runtime.exports import first_losses
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader

_LOOK = 0.05
"""Seconds between two looks at the store."""


def events(store: Path, run: int, before_look: Callable[[], None] = lambda: None, after: int = 0,
           ) -> Iterator[Event]:
    """Every event of a run with a number above `after`, waiting for more until it is over.

    `before_look` is called before each look at the store. Raises NoSuchRun.
    """
    catalog, reader, seen = Catalog(store, create=False), Reader(files.run_folder(store, run)), after
    try:
        while True:
            before_look()
            over = catalog.run(run).state.over
            for number, event in reader.events(seen):
                seen = number
                yield event
            if over:
                return
            ensure_jobs(store)
            time.sleep(_LOOK)
    finally:
        reader.close()
        catalog.close()


def told(store: Path, run: Run) -> dict[str, Any]:
    """A run as JSON: what it was asked, how it stands, its first losses, its latest scores on every split."""
    reader = Reader(files.run_folder(store, run.id))
    try:
        last = reader.last_event()
        validation = {
            name.removeprefix("validation_"): value
            for name, (_, value) in reader.last().items()
            if name.startswith("validation_")
        }
        metrics = {"validation": validation} if validation else {}
        if isinstance(last, Finished | Stopped):
            metrics["test"] = last.test
        losses = first_losses(reader)
        progress = reader.progress()
    finally:
        reader.close()
    return {
        **run.model_dump(mode="json"),
        "metrics": metrics,
        "steps": last.step if isinstance(last, Ended) else progress.step if progress else 0,
        "first_losses": list(losses),
    }


def as_json(value: object) -> str:
    """Values as one line of JSON; numbers it has no word for as "NaN", "Infinity" and "-Infinity"."""
    return json.dumps(json.loads(to_json(value, inf_nan_mode="strings")), allow_nan=False)
