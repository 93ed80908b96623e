"""Puts files in their places as a whole, and says what is wrong with a place that takes none."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from core import disk
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
            fix="Name a file in a folder that exists, that you may write to, and that has room.")) from error


def put(path: Path, content: str | bytes) -> None:
    """Write a file wholly or not at all; text as UTF-8. Raises Problems."""
    block = content.encode() if isinstance(content, str) else content
    with into(path):
        disk.place(path, lambda new: new.write_bytes(block), durable=False)
