"""Torch's operations as values: for each that can be compiled, a function of what it is called with."""

from collections.abc import Sequence
from typing import Any

import torch

from core.engine.native import convolutions, lookups, pooling, products, shaping, summaries
from core.engine.native.arithmetic import (
    Operation,
    arithmetic,
    asks,
    both,
    cast,
    clamp,
    kind_named,
    leaky,
    power,
    real,
    scaled,
    taken_from,
    valued,
    where,
)
from core.engine.native.values import Constant, Value, expanded


def _full(shape: Sequence[int], number: float, *, dtype: torch.dtype | None = None, **_: Any) -> Value:
    return Constant(kind_named(dtype) if dtype is not None else valued(number).kind, tuple(shape), number)


def _full_like(value: Value, number: float, *, dtype: torch.dtype | None = None, **_: Any) -> Value:
    return Constant(kind_named(dtype) if dtype is not None else value.kind, value.shape, number)


def _as(value: Value, *, dtype: torch.dtype | None = None, **_: Any) -> Value:
    return value if dtype is None else cast(kind_named(dtype), value)


def _same(value: Value, **_: Any) -> Value:
    return value


aten, prims = torch.ops.aten, torch.ops.prims
_COMPARISONS = (("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))
_NUMBER_BY_NUMBER: dict[Any, Operation] = {
    aten.add.Tensor: scaled("{0} + {1}"), aten.sub.Tensor: scaled("{0} - {1}"),
    aten.add.Scalar: scaled("{0} + {1}"), aten.sub.Scalar: scaled("{0} - {1}"),
    aten.rsub.Scalar: taken_from, aten.mul.Tensor: arithmetic("{0} * {1}"),
    aten.mul.Scalar: arithmetic("{0} * {1}"), aten.div.Tensor: real("{0} / {1}"),
    aten.div.Scalar: real("{0} / {1}"), prims.div.default: real("{0} / {1}"),
    aten.maximum.default: arithmetic("({0} < {1} || {1} != {1} ? {1} : {0})"),
    aten.minimum.default: arithmetic("({0} > {1} || {1} != {1} ? {1} : {0})"),
    aten.neg.default: arithmetic("-{0}"), aten.abs.default: real("std::fabs({0})"),
    aten.sign.default: real("float(({0} > 0.0f) - ({0} < 0.0f))"),
    aten.reciprocal.default: real("1.0f / {0}"), aten.sqrt.default: real("std::sqrt({0})"),
    aten.rsqrt.default: real("1.0f / std::sqrt({0})"), aten.exp.default: real("exponential({0})"),
    aten.log.default: real("logarithm({0})"), aten.log1p.default: real("logarithm_of_one_and({0})"),
    aten.expm1.default: real("std::expm1({0})"), aten.tanh.default: real("tangent({0})"),
    aten.sigmoid.default: real("logistic({0})"), aten.relu.default: real("({0} < 0.0f ? 0.0f : {0})"),
    aten.erf.default: real("std::erf({0})"), aten.sin.default: real("std::sin({0})"),
    aten.cos.default: real("std::cos({0})"), aten.floor.default: real("std::floor({0})"),
    aten.pow.Scalar: real("std::pow({0}, {1})"), aten.round.default: real("std::nearbyint({0})"),
    aten.pow.Tensor_Scalar: power, aten.where.self: where, aten.clamp.default: clamp,
    aten.clamp_min.default: clamp, aten.clamp_max.default: lambda value, high: clamp(value, None, high),
    aten.leaky_relu.default: leaky,
    aten.isnan.default: asks("{0} != {0}"),
    **{getattr(getattr(aten, name), kind): asks(f"{{0}} {sign} {{1}}") for kind in ("Tensor", "Scalar")
       for name, sign in _COMPARISONS},
    aten.logical_and.default: both("{0} && {1}"), aten.bitwise_and.Tensor: both("{0} && {1}"),
    aten.logical_or.default: both("{0} || {1}"), aten.bitwise_or.Tensor: both("{0} || {1}"),
    aten.logical_not.default: both("!{0}"), aten.bitwise_not.default: both("!{0}"),
    aten.full.default: _full, aten.full_like.default: _full_like,
    aten.scalar_tensor.default: lambda number, **rest: _full((), number, **rest),
    aten.empty_permuted.default: lambda shape, _, **rest: _full(shape, 0.0, **rest),
    aten.empty.memory_format: lambda shape, **rest: _full(shape, 0.0, **rest),
    aten._to_copy.default: _as, aten.clone.default: _same, aten.alias.default: _same,
    aten.detach.default: _same,
}
_WHOLE: dict[Any, Operation] = {
    aten.sum.dim_IntList: summaries.summed, aten.sum.default: summaries.summed,
    prims.sum.default: summaries.summed, aten.mean.dim: summaries.mean, aten.mean.default: summaries.mean,
    prims.var.default: summaries.variance, aten.amax.default: summaries.peak,
    aten.any.dim: summaries.some, aten._softmax.default: summaries.softmax,
    aten._log_softmax.default: summaries.log_softmax,
    aten.mm.default: products.product, aten.addmm.default: products.product_and,
    aten.bmm.default: products.products,
    aten.convolution.default: convolutions.convolution,
    aten.convolution_backward.default: convolutions.convolution_backward,
    aten.max_pool2d_with_indices.default: pooling.largest_under,
    aten.max_pool2d_with_indices_backward.default: pooling.largest_under_backward,
    aten.adaptive_max_pool2d.default: pooling.largest_of_parts,
    aten.adaptive_max_pool2d_backward.default: pooling.largest_of_parts_backward,
    aten.avg_pool2d.default: pooling.mean_under,
    aten.avg_pool2d_backward.default: pooling.mean_under_backward,
    aten.upsample_nearest2d.default: pooling.enlarged,
    aten.upsample_nearest2d_backward.default: pooling.enlarged_backward,
    aten.gather.default: lookups.gathered, aten.scatter.value: lookups.scattered,
    aten.index.Tensor: lookups.indexed, aten.embedding.default: lookups.rows_of,
    aten.index_put.default: lookups.put,
    aten.arange.start_step: lookups.counted,
    aten.slice.Tensor: shaping.sliced, aten.select.int: shaping.selected,
    aten.split_with_sizes.default: shaping.split, aten._unsafe_view.default: shaping.reshaped,
    aten.unsqueeze.default: shaping.with_axis, aten.squeeze.dims: shaping.squeezed,
    aten.squeeze.dim: shaping.squeezed, aten.permute.default: shaping.permuted,
    aten.expand.default: expanded, aten.repeat.default: shaping.repeated,
    prims.broadcast_in_dim.default: shaping.spread,
    aten.cat.default: shaping.joined, aten.constant_pad_nd.default: shaping.padded,
}
OPERATIONS = {**_NUMBER_BY_NUMBER, **_WHOLE}
"""What can be compiled, besides random numbers."""
