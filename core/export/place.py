"""Puts files in their places as a whole, and says what is wrong with a place that takes none."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from core.problems import Problem, Problems


@contextmanager
def into(path: Path) -> Generator[None]:
    """Turns what the disk says about `path` into Problems."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise Problems(Problem(
            where=str(path), what=f"It cannot be written ({what}).",
            fix="Name a file in a folder that exists and that you may write to.")) from error


def put(path: Path, text: str) -> None:
    """Write a text file wholly or not at all. Raises Problems."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with into(path):
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
