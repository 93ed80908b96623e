"""Puts files in their places as a whole, and says what is wrong with a place that takes none."""

import glob
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from core.problems import Problem, Problems


@contextmanager
def into(path: Path) -> Generator[None]:
    """Turns what the disk says about `path` into Problems, and leaves nothing half-written beside it."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        for half in path.parent.glob(f".{glob.escape(path.name)}.*"):
            half.unlink(missing_ok=True)
        what = getattr(error, "strerror", None) or str(error)
        raise Problems(Problem(
            where=str(path), what=f"It cannot be written ({what}).",
            fix="Name a file in a folder that exists, that you may write to, and that has room.")) from error


def put(path: Path, content: str | bytes) -> None:
    """Write a file wholly or not at all; text as UTF-8. Raises Problems."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with into(path):
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
