"""The files of a store: where each lies, and how one is written so that it is either whole or not there."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from core import disk
from core.store.trouble import told

CATALOG = "catalog.sqlite"
RUN = "run.sqlite"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def run_folder(store: Path, run: int) -> Path:
    """Where a run keeps everything it has."""
    return store / "runs" / f"{run:06d}"


def answer_file(store: Path, key: str) -> Path:
    """Where the answer to a question lies once it is there."""
    return store / "answers" / f"{key}.bin"


def make_folder(folder: Path) -> Path:
    """The folder, made if need be, for its owner's eyes only."""
    with told(folder):
        disk.make_folder(folder)
    return folder


def put(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file as a whole: whoever looks sees the old one or the new one, also after a power cut."""
    place(path, lambda new: _fill(new, data), durable)


def place(path: Path, write: Callable[[Path], object], durable: bool = True) -> None:
    """Have `write` make a file beside `path`, then put it in its place as a whole."""
    with told(path):
        disk.place(path, write, durable)


def remove(folder: Path) -> None:
    """Remove a folder with all it holds; a folder that is gone already is as good."""
    with told(folder):
        if folder.exists():
            shutil.rmtree(folder)


def make_way(folder: Path) -> None:
    """Have nothing lie where a new run's folder will be.

    What a run that came to nothing left there goes. One that told something is somebody's, of a catalog that
    was lost: it stays, under another name.
    """
    with told(folder):
        if (folder / RUN).exists():
            folder.rename(folder.with_name(f"{folder.name}.found-{time.time_ns()}"))
    remove(folder)


def keep_newest(folder: Path, count: int) -> None:
    """Remove all but the newest files of a folder. Others may do the same at the same time."""
    ages: list[tuple[int, Path]] = []
    for path in folder.glob("*"):
        try:
            ages.append((path.stat().st_mtime_ns, path))
        except FileNotFoundError:
            continue
    for _, path in sorted(ages, reverse=True)[count:]:
        path.unlink(missing_ok=True)


def _fill(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, _NEW, mode=0o600), "wb") as file:
        file.write(data)
