"""What every command shares: exit statuses, the run that is meant, the experiment of a file."""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from core.experiment import edits, model
from core.problems import Problem, Problems
from core.records import Run
from core.store.catalog import Catalog

DONE, BROKEN, INVALID, DIVERGED, STOPPED = 0, 1, 2, 3, 130

Arguments = argparse.Namespace


def meant_run(arguments: Arguments) -> Run:
    """The run that is meant. Raises NoSuchRun, and StoreMissing for a store that is not there."""
    with contextlib.closing(Catalog(arguments.store, create=False)) as catalog:
        return catalog.run(arguments.run)


def experiment(arguments: Arguments) -> model.Experiment:
    """The experiment of a file with the values set on the command line. Raises Problems."""
    if arguments.file == "-":
        raw = sys.stdin.buffer.read()
    else:
        try:
            raw = Path(arguments.file).read_bytes()
        except OSError as error:
            raise Problems(
                Problem(
                    where=arguments.file,
                    what=f"The file cannot be read ({error.strerror}).",
                    fix="Check its name.",
                )
            ) from None
    read = model.read(raw)
    for word in arguments.sets:
        path, _, value = word.partition("=")
        read = edits.apply(read, {"kind": "set", "path": path, "value": _value(value)})
    return read


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
