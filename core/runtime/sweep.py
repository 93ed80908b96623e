"""Sweep: clears away what processes that were killed, or removed runs, left on the disk."""

from contextlib import suppress
from pathlib import Path

from core.problems import StoreTrouble
from core.runtime import locks, paths
from core.store import files
from core.store.catalog import Catalog


def free_reserve(store: Path, run: int) -> None:
    """Make the place free that a worker kept back which is gone."""
    with suppress(OSError):  # only room is lost
        paths.reserve(store, run).unlink(missing_ok=True)


def orphans(store: Path, catalog: Catalog) -> None:
    """Remove the folders of removed runs, as a kill in the middle of a removal leaves them.

    A folder this catalog never gave a number to is somebody's (the catalog may be a new one): it stays.
    So does one that a living process holds. A folder that cannot be removed is only told of.
    """
    folders = [path for path in (store / "runs").glob("*") if path.name.isdecimal()]  # before the rows
    known, last = {run.id for run in catalog.runs()}, catalog.last_number()
    for folder in folders:
        run = int(folder.name)
        if run in known or run > last or folder != files.run_folder(store, run):
            continue
        try:
            if not locks.held(paths.run_lock(store, run)):
                files.remove(folder)
        except StoreTrouble as trouble:
            print(trouble, flush=True)
