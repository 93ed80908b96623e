"""Comparing: a run beside the one it does again: where, if anywhere, their numbers part."""

from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np

from core.events import Compared, Diverged, Ended, Event, Finished, Stopped
from core.runtime import paths
from core.store import files
from core.store.reader import Curves, Reader

_ALL = 1 << 40
"""More points than any run has."""


def compared(store: Path, run: int, other: int, ending: Finished | Stopped | Diverged) -> Compared:
    """How a run, all of whose points are stored, compares with the one it does again.

    ending: how it ended, which need not be stored yet.
    """
    with (closing(Reader(files.run_folder(store, run))) as reader,
          closing(Reader(files.run_folder(store, other))) as before):
        now, then = (one.curves(0, _ALL)[0] for one in (reader, before))
        alike = _alike(before.last_event(), ending)
    until = None if alike else min(_last(now), _last(then))
    if until is not None:
        now, then = _cut(now, until), _cut(then, until)
    parted = min((place for name in now | then if (place := _parted(name, then, now))), default=None)
    told = Compared(run=other, points=sum(len(steps) for steps, _ in then.values()), until=until,
                    weights=_weights(store, run, other) if alike else "unknown")
    if parted is None:
        return told
    step, name = parted
    return told.model_copy(update={"parted": name, "step": step, "before": _value(then, name, step),
                                   "now": _value(now, name, step)})


def _alike(last: Event | None, ending: Ended) -> bool:
    return isinstance(last, Ended) and type(last) is type(ending) and last.step == ending.step


def _last(curves: Curves) -> int:
    return max((steps[-1] for steps, _ in curves.values() if steps), default=0)


def _cut(curves: Curves, until: int) -> Curves:
    """The curves up to a step."""
    ends = {name: int(np.searchsorted(steps, until, "right")) for name, (steps, _) in curves.items()}
    return {name: (steps[:ends[name]], values[:ends[name]]) for name, (steps, values) in curves.items()}


def _parted(name: str, one: Curves, other: Curves) -> tuple[int, str] | None:
    """The first step where a series is not the same in both, with its name."""
    left, right = (_bits(curves, name) for curves in (one, other))
    common = min(len(left), len(right))
    apart = np.flatnonzero((left[:common] != right[:common]).any(1))
    rest = (left if len(left) > common else right)[common:]
    first = apart[0] if len(apart) else None
    if first is not None:
        return int(min(left[first, 0], right[first, 0])), name
    return (int(rest[0, 0]), name) if len(rest) else None


def _bits(curves: Curves, name: str) -> np.ndarray:
    """A series as whole numbers: (points, step and the bits of its value)."""
    steps, values = curves.get(name, ([], []))
    return np.stack([np.array(steps, np.int64), np.array(values, np.float64).view(np.int64)], 1)


def _value(curves: Curves, name: str, step: int) -> float | None:
    steps, values = curves.get(name, ([], []))
    return values[steps.index(step)] if step in steps else None


def _weights(store: Path, run: int, other: int) -> Literal["equal", "other", "unknown"]:
    """The files of two runs' weights, each written by the same hand: equal tensors are equal bytes."""
    one, two = paths.weights(store, run), paths.weights(store, other)
    if not two.exists():
        return "unknown"
    return "equal" if one.read_bytes() == two.read_bytes() else "other"
