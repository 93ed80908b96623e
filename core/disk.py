"""Disk: a file that is either whole or not there, also after a power cut."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def place(path: Path, write: Callable[[Path], object], durable: bool = True) -> None:
    """Have `write` make a file beside `path`, then put it in its place as a whole. Raises OSError, and leaves
    nothing half-written."""
    new = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        write(new)
        if durable:
            sync(new)
        os.replace(new, path)
        if durable:
            sync(path.parent)
    finally:
        new.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, if need be with those above it, for its owner's eyes only; it outlives a power cut.

    Raises OSError.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for made in missing:
        sync(made.parent)


def sync(path: Path) -> None:
    """Have what was written to a file, or the names in a folder, outlive a power cut."""
    if os.name != "posix" and path.is_dir():
        return  # folders cannot be synced there
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
