"""Folds: the lowest and highest point of every 256, 4096, 65 536 … points of a series, kept while it grows.

A chart of ten million points is then drawn from a few thousand rows.
"""

from typing import NamedTuple

import numpy as np

from core.store.database import Database

WIDTHS = (256, 4096, 65_536, 1_048_576)
"""How many points are folded into one row, at each level."""


class Fold(NamedTuple):
    """The lowest and highest of some neighbouring points; NaN is neither unless there is nothing else."""

    low_step: int
    low: float
    high_step: int
    high: float

    def with_(self, other: "Fold") -> "Fold":
        """Both taken together; self comes first."""
        low = self if not other.low < self.low and self.low == self.low else other
        high = self if not other.high > self.high and self.high == self.high else other
        return Fold(low.low_step, low.low, high.high_step, high.high)


def fold(steps: np.ndarray, values: np.ndarray) -> Fold:
    """One fold of these points. steps: (points,) int64. values: (points,) float64, at least one."""
    low, high = lowest(values[None])[0], highest(values[None])[0]
    return Fold(int(steps[low]), float(values[low]), int(steps[high]), float(values[high]))


def lowest(values: np.ndarray) -> np.ndarray:
    """Where the lowest of each row is, the first on a tie. values: (rows, points)."""
    return np.where(np.isnan(values), np.inf, values).argmin(1)


def highest(values: np.ndarray) -> np.ndarray:
    """Where the highest of each row is, the first on a tie. values: (rows, points)."""
    return np.where(np.isnan(values), -np.inf, values).argmax(1)


class Folds:
    """The folds of one series that still grow, one for each width."""

    def __init__(self, series: int) -> None:
        self._series = series
        self._open: dict[int, tuple[int, Fold]] = {}

    @classmethod
    def read(cls, base: Database, series: int) -> "Folds":
        """As they were left."""
        folds = cls(series)
        for width in WIDTHS:
            row = base.row("SELECT number, low_step, low, high_step, high FROM folds "
                           "WHERE series = ? AND width = ? ORDER BY number DESC LIMIT 1", (series, width))
            if row is not None:
                folds._open[width] = (row[0], read_fold(*row[1:]))
        return folds

    def add(self, base: Database, first: int, steps: np.ndarray, values: np.ndarray) -> None:
        """Fold new points in. first: how many points the series had before. To be called in a transaction."""
        changed: dict[tuple[int, int], Fold] = {}
        start, end = first, first + len(steps)
        while start < end:
            stop = min(end, (start // WIDTHS[0] + 1) * WIDTHS[0])
            piece = fold(steps[start - first:stop - first], values[start - first:stop - first])
            for width in WIDTHS:
                number, before = self._open.get(width, (-1, None))
                here = start // width
                whole = before.with_(piece) if before is not None and number == here else piece
                self._open[width] = (here, whole)
                changed[width, here] = whole
            start = stop
        base.many("INSERT OR REPLACE INTO folds (series, width, number, low_step, low, high_step, high) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?)",
                  [(self._series, width, number, *whole) for (width, number), whole in changed.items()])


def read_fold(low_step: int, low: float | None, high_step: int, high: float | None) -> Fold:
    """A fold as its row holds it, where NULL stands for NaN."""
    return Fold(low_step, np.nan if low is None else low, high_step, np.nan if high is None else high)
