"""Thinning: a long series as the lowest and highest point of each of its stretches, and its latest point.

Stretches are as wide as a power of two of points, counted from the first, so that a series that grows
keeps its stretches until they double.
"""

from collections.abc import Callable

import numpy as np

from core.store.database import Database
from core.store.folds import WIDTHS, highest, lowest

Thinned = tuple[list[int], list[float]]
Pick = Callable[[np.ndarray], np.ndarray]


def width_for(count: int, points: int) -> int:
    """How many of `count` points make a stretch, so that at most `points` (3 or more) are shown."""
    if count <= points:
        return 1
    width = 2
    while -(-count // width) * 2 + 1 > points:
        width *= 2
    return width


def thinned(base: Database, series: int, count: int, width: int, latest: tuple[int, float]) -> Thinned:
    """A series' points, two for each stretch of `width`, and the latest. To be called inside a view."""
    if width == 1:
        steps, values = _raw(base, series)
        return steps.tolist(), values.tolist()
    folded = max((known for known in WIDTHS if known <= width), default=0)
    entries = _folds(base, series, folded) if folded else _raw(base, series) * 2
    low_steps, lows, high_steps, highs = entries
    low_steps, lows = _pick(low_steps, lows, width // (folded or 1), lowest)
    high_steps, highs = _pick(high_steps, highs, width // (folded or 1), highest)
    steps = np.stack([np.minimum(low_steps, high_steps), np.maximum(low_steps, high_steps)], 1).ravel()
    ahead = (low_steps <= high_steps)[:, None]
    values = np.where(ahead, np.stack([lows, highs], 1), np.stack([highs, lows], 1)).ravel()
    kept = np.append(True, np.diff(steps) != 0)
    kept_steps, kept_values = steps[kept].tolist(), values[kept].tolist()
    if kept_steps[-1] != latest[0]:
        kept_steps.append(latest[0])
        kept_values.append(latest[1])
    return kept_steps, kept_values


def _raw(base: Database, series: int) -> tuple[np.ndarray, np.ndarray]:
    """All points of a series. Returns steps (points,) int64 and values (points,) float64."""
    rows = base.rows('SELECT steps, "values" FROM points WHERE series = ? ORDER BY first', (series,))
    return (np.frombuffer(b"".join(row[0] for row in rows), "<i8"),
            np.frombuffer(b"".join(row[1] for row in rows), "<f8"))


def _folds(base: Database, series: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The folds of this width as low_steps, lows, high_steps, highs, each (folds,)."""
    rows = base.rows("SELECT low_step, low, high_step, high FROM folds WHERE series = ? AND width = ? "
                     "ORDER BY number", (series, width))
    low_steps, lows, high_steps, highs = zip(*rows, strict=True)
    return (np.array(low_steps, "<i8"), np.array(lows, "<f8"),
            np.array(high_steps, "<i8"), np.array(highs, "<f8"))


def _pick(steps: np.ndarray, values: np.ndarray, width: int, where: Pick) -> tuple[np.ndarray, np.ndarray]:
    """One point of each `width` neighbours, the last being fewer. Returns steps and values, (stretches,)."""
    lacking = -len(values) % width
    padded = np.append(values, np.full(lacking, np.nan)).reshape(-1, width)
    places = where(padded) + np.arange(len(padded)) * width
    return steps[places], values[places]
