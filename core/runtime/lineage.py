"""Lineage: the curves of a branch begin with those of the run it goes on from."""

from bisect import bisect_right
from contextlib import closing
from pathlib import Path

from core.records import Run, Series
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader
from core.store.trouble import NoSuchRun


def curves(store: Path, run: Run, points: int) -> dict[str, Series]:
    """A run's curves by name, each piece of them thinned to so many points. Raises StoreTrouble.

    Those of a branch are joined to its parent's up to the moment it goes on from; where that run is gone they
    stand alone.
    """
    with closing(Reader(files.run_folder(store, run.id))) as reader:
        own = {name: reader.series(name, points) for name in reader.names()}
    if run.parent is None or run.parent_step is None:
        return own
    try:
        with closing(Catalog(store, create=False)) as catalog:
            parent = catalog.run(run.parent)
    except NoSuchRun:
        return own
    before, step = curves(store, parent, points), run.parent_step
    return {name: _joined(before[name], one, step) if name in before else one for name, one in own.items()}


def _joined(before: Series, after: Series, step: int) -> Series:
    """One curve: the one before up to a step, then the other."""
    end, began = bisect_right(before.steps, step), bisect_right(after.steps, step)
    return Series(name=after.name, steps=(*before.steps[:end], *after.steps[began:]),
                  values=(*before.values[:end], *after.values[began:]))
