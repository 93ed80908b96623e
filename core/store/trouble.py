"""What can go wrong with a store in the world: one clear line each, ending with the way out."""

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import apsw

from core.problems import StoreTrouble

_ROOM = 1 << 20
"""With less free space than this, in bytes, a failed write is taken for a full disk."""


class StoreFull(StoreTrouble):
    """The disk has no room left; what was stored before is safe."""


class StoreBusy(StoreTrouble):
    """Another program keeps the store to itself for now."""


class StoreDamaged(StoreTrouble):
    """A file of the store is not what was written; waiting does not mend it."""


class StoreMissing(StoreTrouble):
    """The store, or a part of it, is not there."""


class NewerStore(StoreTrouble):
    """The store was written by a later version of the app."""


class NoSuchRun(StoreTrouble):
    """The store has no run of this number."""

    def __init__(self, run: object) -> None:
        super().__init__(f"There is no run {run}. Choose one from the list of runs.")


class RunIsOver(StoreTrouble):
    """A run that is over stays as it is."""


@contextmanager
def told(path: Path) -> Generator[None]:
    """Turns what the disk and SQLite say about `path` into StoreTrouble. Our own mistakes pass through."""
    try:
        yield
    except apsw.Error as error:
        trouble = _of_database(path, error)
        if trouble is None:
            raise
        raise trouble from error
    except OSError as error:
        raise _of_disk(path, error) from error


def _of_database(path: Path, error: apsw.Error) -> StoreTrouble | None:
    match error:
        case apsw.FullError():
            return _full(path)
        case apsw.IOError() if _free(path) < _ROOM:
            return _full(path)
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            return _closed(path)
        case apsw.CantOpenError():
            return _closed(path) if path.parent.is_dir() else _missing(path)
        case apsw.BusyError():
            return StoreBusy(f"{path} stayed busy for more than 5 seconds. Try again, and close programs "
                             "that hold the file open.")
        case apsw.CorruptError() | apsw.NotADBError():
            return StoreDamaged(f"{path} is damaged. Move it away, or choose another store folder.")
        case apsw.IOError():
            return StoreTrouble(f"{path} could not be read or written ({error}). Check the disk.")
        case _:
            return None


def _of_disk(path: Path, error: OSError) -> StoreTrouble:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _closed(path)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return _missing(path)
    return StoreTrouble(f"{path} could not be read or written ({error.strerror}). Check the disk.")


def _full(path: Path) -> StoreFull:
    return StoreFull(f"The disk that holds {path.parent} is full. Free some space there.")


def _closed(path: Path) -> StoreTrouble:
    return StoreTrouble(f"{path} cannot be written. Give yourself the right to write there, "
                        "or choose another store folder.")


def _missing(path: Path) -> StoreMissing:
    return StoreMissing(f"{path} is not there. Choose another store folder, or make the folder again.")


def _free(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return _ROOM
