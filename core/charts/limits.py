"""The range of an axis that a few extreme values must not flatten: they are cut off, and that is said."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

import plotly.graph_objects as go

_EDGE = 0.2
"""The quantiles from this to one minus this, and the first value, are always shown."""
_FAR = 4
"""Spans beyond them a value may lie and still decide the axis, as in a box plot."""
_ODD = 20
"""A first value this many times larger than the next few is an extreme too."""
_APART = 1000
"""A curve this many times larger than the smallest would hide it, and runs off the chart instead."""


class Limits(NamedTuple):
    """What an axis shows, and the most extreme value beyond each end; None where nothing is cut off."""

    low: float
    high: float
    lowest: float | None
    highest: float | None

    def said(self) -> str:
        """What is cut off, in words."""
        ends = [f"down to {self.lowest:.3g} below" if self.lowest is not None else "",
                f"up to {self.highest:.3g} above" if self.highest is not None else ""]
        return f"Cut off: values {', and '.join(end for end in ends if end)}. Double-click shows all."


def limits(curves: Iterable[Sequence[float]], *, of_one: bool = False) -> Limits | None:
    """The range for these curves; None when all of their finite values may be shown.

    of_one: whether all are of one run; then how far they lie apart is what they tell.
    """
    finite = [values for curve in curves if (values := [value for value in curve if isfinite(value)])]
    if not finite:
        return None
    cores = [_core(values) for values in finite]
    cores = cores if of_one else _together(cores)
    low, high = min(core[0] for core in cores), max(core[1] for core in cores)
    least, most = min(map(min, finite)), max(map(max, finite))
    span = max(high - low, 0.05 * abs(high), 1e-12)
    start, end = low - _FAR * span, high + _FAR * span
    if start <= least and most <= end:
        return None
    inside = [value for values in finite for value in values if start <= value <= end]
    return Limits(min(inside) - 0.1 * span, max(inside) + 0.1 * span,
                  least if least < start else None, most if most > end else None)


def put(figure: go.Figure, curves: Iterable[Sequence[float]], *, of_one: bool = False) -> None:
    """Give a figure's linear axis its range, and say what is cut off. of_one: see `limits`."""
    drawn = [list(curve) for curve in curves]
    found = limits(drawn, of_one=of_one)
    if found is None:
        _stretch(figure, [value for curve in drawn for value in curve if isfinite(value)])
        return
    figure.update_yaxes(range=[found.low, found.high])
    figure.add_annotation(text=found.said(), xref="paper", yref="paper", x=1, y=1, xanchor="right",
                          yanchor="top", showarrow=False, font={"size": 11})


def _stretch(figure: go.Figure, values: list[float]) -> None:
    """Room around one value that never changes, which would else be drawn at 0."""
    if values and min(values) == max(values):
        figure.update_yaxes(range=sorted((0.0, 2 * values[0] or 1.0)))


def _core(values: list[float]) -> tuple[float, float]:
    """What a curve must show: from where to where."""
    ordered = sorted(values)
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (_EDGE, 1 - _EDGE))
    first, *after = values[:6]
    if after and abs(first) > _ODD * max(map(abs, after)):
        return low, high
    return min(low, first), max(high, first)


def _together(cores: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that can be read on one axis."""
    sizes = [max(abs(low), abs(high)) for low, high in cores]
    most = _APART * min(sizes) or max(sizes)
    return [core for core, size in zip(cores, sizes, strict=True) if size <= most]
