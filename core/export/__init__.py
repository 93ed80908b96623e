"""Takes a run away as files that stand alone, and proves each by using it as anyone else would."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from core.export.subject import Proof, Subject
from core.export.ways import lacking, way
from core.problems import Problems


def export(subject: Subject, to: str, path: Path) -> Proof:
    """Write a run to `path` and prove it. Raises Problems: no such way or place, nothing to write yet."""
    asked = way(to)
    missing = lacking(asked, begun=subject.begun, over=subject.over, weights=subject.learned)
    if missing is not None:
        raise Problems(missing)
    # Only now: what writes networks takes seconds to load, and a page that lists the ways loads none of it.
    write: Callable[[Subject, Path], Proof] = import_module(f"core.export.{asked.module}").export
    return write(subject, path)
