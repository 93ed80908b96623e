"""Sums, means and what is made with them."""

from collections.abc import Sequence
from math import prod
from typing import Any

import torch

from core.engine.native.arithmetic import Operation, asks, cast, kind_named, real
from core.engine.native.reductions import largest, total
from core.engine.native.shaping import axes_of
from core.engine.native.values import Value, realized, viewed


def _reduce(rule: Operation, value: Value, axes: int | Sequence[int] | None = None, keep: bool = False,
            **_: Any) -> Value:
    found = axes_of(value, axes)
    result = rule(value, found)
    return result if keep else viewed(result, lambda place: place.without(found))


def summed(value: Value, axes: int | Sequence[int] | None = None, keep: bool = False,
           dtype: torch.dtype | None = None) -> Value:
    """The sum along axes."""
    return _reduce(total, value if dtype is None else cast(kind_named(dtype), value), axes, keep)


def mean(value: Value, axes: int | Sequence[int] | None = None, keep: bool = False, **_: Any) -> Value:
    """The mean along axes."""
    count = prod(value.shape[axis] for axis in axes_of(value, axes))
    return real("{0} * {1}")(summed(value, axes, keep), 1 / count)


def variance(value: Value, axes: Sequence[int], correction: float = 1, **_: Any) -> Value:
    """The variance along axes: squares from the mean, by their number less the correction."""
    away = real("({0} - {1}) * ({0} - {1})")(value, mean(value, axes, True))
    count = prod(value.shape[axis] for axis in axes_of(value, axes))
    return real("{0} * {1}")(summed(away, axes), 1 / (count - correction))


def softmax(value: Value, axis: int, _: bool) -> Value:
    """As torch's `softmax`, the largest taken off first so that no power is too large."""
    powers = realized(real("exponential({0} - {1})")(value, _reduce(largest, value, axis, True)))
    return real("{0} / {1}")(powers, summed(powers, axis, True))


def log_softmax(value: Value, axis: int, _: bool) -> Value:
    """As torch's `log_softmax`, in the same way."""
    low = realized(real("{0} - {1}")(value, _reduce(largest, value, axis, True)))
    return real("{0} - logarithm({1})")(low, summed(real("exponential({0})")(low), axis, True))


def peak(value: Value, axes: int | Sequence[int] | None = None, keep: bool = False) -> Value:
    """The largest number along axes."""
    return _reduce(largest, value, axes, keep)


def some(value: Value, axes: int | Sequence[int] | None = None, keep: bool = False) -> Value:
    """Whether any is true along axes."""
    return asks("{0} > 0")(_reduce(total, asks("{0} != 0")(value), axes, keep))
