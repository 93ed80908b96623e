"""Torch's operations as values: for each that can be compiled, a function of what it is called with."""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import torch

from core.engine.native.code import Code
from core.engine.native.places import fresh
from core.engine.native.products import adds_a_row, product
from core.engine.native.reductions import largest, total
from core.engine.native.values import (
    Constant,
    Kind,
    Leaf,
    Memory,
    Picked,
    Position,
    Unsupported,
    Value,
    expanded,
    leaf,
    pointwise,
    realized,
    viewed,
)

KINDS = {torch.float32: "float", torch.int64: "int64_t", torch.bool: "bool"}
"""The types of numbers there are here, by torch's names."""
Numbers = Value | float
Operation = Callable[..., Any]


def valued(number: Numbers) -> Value:
    """A plain number as a value."""
    if isinstance(number, Value):
        return number
    kind = "bool" if isinstance(number, bool) else "int64_t" if isinstance(number, int) else "float"
    return Constant(kind, (), number)


def _kind(*values: Value) -> Kind:
    kinds = {value.kind for value in values}
    return "float" if "float" in kinds else "int64_t" if "int64_t" in kinds else "bool"


def _cast(kind: Kind, value: Value) -> Value:
    if value.kind == kind:
        return value
    if isinstance(value, Constant):
        return Constant(kind, value.shape, value.number)
    return pointwise(kind, lambda one: f"{kind}({one})", value)


def _arithmetic(form: str) -> Operation:
    """An operation whose numbers are of the widest type among what it is given."""
    def operation(*given: Numbers) -> Value:
        values = [valued(number) for number in given]
        kind = _kind(*values)
        return pointwise(kind, form.format, *(_cast(kind, value) for value in values))
    return operation


def _real(form: str) -> Operation:
    """An operation on real numbers."""
    def operation(*given: Numbers) -> Value:
        return pointwise("float", form.format, *(_cast("float", valued(number)) for number in given))
    return operation


def _asks(form: str) -> Operation:
    """A comparison."""
    def operation(*given: Numbers) -> Value:
        return pointwise("bool", form.format, *(valued(number) for number in given))
    return operation


def _scaled(form: str) -> Operation:
    plain = _arithmetic(form)

    def operation(one: Numbers, other: Numbers, *, alpha: float = 1) -> Value:
        return plain(one, other if alpha == 1 else _arithmetic("{0} * {1}")(other, alpha))
    return operation


def _power(value: Value, exponent: float) -> Value:
    forms = {1: "{0}", 2: "{0} * {0}", 3: "{0} * {0} * {0}", 0.5: "std::sqrt({0})", -1: "1.0f / {0}",
             -0.5: "1.0f / std::sqrt({0})"}
    if exponent in forms:
        return _real(forms[exponent])(value)
    return _real("std::pow({0}, {1})")(value, float(exponent))


def _where(choice: Value, one: Numbers, other: Numbers) -> Value:
    values = [valued(one), valued(other)]
    kind = _kind(*values)
    return pointwise(kind, "({0} ? {1} : {2})".format, choice, *(_cast(kind, value) for value in values))


def _clamp(value: Value, low: Numbers | None = None, high: Numbers | None = None) -> Value:
    # Written so that a number that is none stays none.
    found = value if low is None else _arithmetic("({0} < {1} ? {1} : {0})")(value, low)
    return found if high is None else _arithmetic("({0} > {1} ? {1} : {0})")(found, high)


def _leaky(value: Value, slope: float = 0.01) -> Value:
    return _real("({0} > 0.0f ? {0} : {0} * {1})")(value, slope)


def _axes(value: Value, axes: int | Sequence[int] | None) -> list[int]:
    asked = [axes] if isinstance(axes, int) else list(axes or range(len(value.shape)))
    return [axis % len(value.shape) for axis in asked] if value.shape else []


def _reduce(rule: Operation, value: Value, axes: int | Sequence[int] | None = None, keep: bool = False,
            **_: Any) -> Value:
    found = _axes(value, axes)
    result = rule(value, found)
    return result if keep else viewed(result, lambda place: place.without(found))


def _sum(value: Value, axes: int | Sequence[int] | None = None, keep: bool = False,
         dtype: torch.dtype | None = None) -> Value:
    return _reduce(total, value if dtype is None else _cast(KINDS[dtype], value), axes, keep)


def _mean(value: Value, axes: int | Sequence[int] | None = None, keep: bool = False, **_: Any) -> Value:
    count = prod(value.shape[axis] for axis in _axes(value, axes))
    return _real("{0} * {1}")(_sum(value, axes, keep), 1 / count)


def _softmax(value: Value, axis: int, _: bool) -> Value:
    powers = realized(_real("exponential({0} - {1})")(value, _reduce(largest, value, axis, True)))
    return _real("{0} / {1}")(powers, _sum(powers, axis, True))


def _log_softmax(value: Value, axis: int, _: bool) -> Value:
    low = realized(_real("{0} - {1}")(value, _reduce(largest, value, axis, True)))
    return _real("{0} - logarithm({1})")(low, _sum(_real("exponential({0})")(low), axis, True))


def _sliced(value: Value, axis: int = 0, begin: int | None = None, end: int | None = None,
            step: int = 1) -> Value:
    at = axis % len(value.shape)
    start, stop, step = slice(begin, end, step).indices(value.shape[at])
    return viewed(value, lambda place: place.sliced(at, start, len(range(start, stop, step)), step))


def _selected(value: Value, axis: int, number: int) -> Value:
    at = axis % len(value.shape)
    return viewed(value, lambda place: place.sliced(at, number % value.shape[at], 1).without([at]))


def _split(value: Value, sizes: Sequence[int], axis: int = 0) -> list[Value]:
    ends = [sum(sizes[:number + 1]) for number in range(len(sizes))]
    return [_sliced(value, axis, end - size, end) for size, end in zip(sizes, ends, strict=True)]


def _reshaped(value: Value, shape: Sequence[int]) -> Value:
    known = prod(size for size in shape if size != -1)
    wanted = [prod(value.shape) // known if size == -1 else size for size in shape]
    return viewed(value, lambda place: place.reshaped(wanted))


def _with_axis(value: Value, axis: int) -> Value:
    return viewed(value, lambda place: place.with_axis(axis % (len(value.shape) + 1)))


def _squeezed(value: Value, axes: int | Sequence[int]) -> Value:
    gone = [axis for axis in _axes(value, axes) if value.shape[axis] == 1]
    return viewed(value, lambda place: place.without(gone))


def _permuted(value: Value, axes: Sequence[int]) -> Value:
    return viewed(value, lambda place: place.permuted([axis % len(axes) for axis in axes]))


def _joined(values: Sequence[Value], axis: int = 0) -> Value:
    """Values one after the other; what is not yet worked out is put where it belongs at once."""
    at = axis % len(values[0].shape)
    sizes = [value.shape[at] for value in values]
    shape = tuple(sum(sizes) if number == at else size for number, size in enumerate(values[0].shape))

    def fill(code: Code, memory: Memory) -> None:
        for number, value in enumerate(values):
            begin = sum(sizes[:number])
            room = Leaf(memory.kind, value.shape, memory, fresh(shape).sliced(at, begin, sizes[number]))
            if at == 0 and isinstance(value, Leaf) and value.kind == memory.kind and _empty(value):
                value.memory.name, value.memory.start = memory.name, memory.start + room.place.offset
                code.ensure(value.memory)
            elif prod(value.shape):
                code.store([(room, value)])

    return leaf(_kind(*values), shape, fill)


def _empty(value: Leaf) -> bool:
    """Whether the leaf is the whole of a memory that has no place yet."""
    return (value.memory.fill is not None and not value.memory.name and value.place.plain
            and prod(value.shape) == value.memory.size)


def _padded(value: Value, sides: Sequence[int], number: float = 0.0) -> Value:
    """Longer at both ends of its axes, the last one first."""
    for place in range(len(sides) // 2):
        axis = len(value.shape) - 1 - place
        before, after = (Constant(value.kind, (*value.shape[:axis], side, *value.shape[axis + 1:]), number)
                         for side in sides[2 * place:2 * place + 2])
        parts = [part for part in (before, value, after) if part.shape[axis] > 0]
        value = _joined(parts, axis) if len(parts) > 1 else value
    return value


def _gathered(value: Value, axis: int, index: Value) -> Value:
    return Picked(value.kind, index.shape, realized(value), axis % len(value.shape), index)


def _scattered(value: Value, axis: int, index: Value, number: float) -> Value:
    """A number where the index, one along the axis, says."""
    at = axis % len(value.shape)
    if index.shape != tuple(1 if place == at else size for place, size in enumerate(value.shape)):
        raise Unsupported("several numbers put along one axis")
    here = pointwise("bool", "{0} == {1}".format, Position("int64_t", value.shape, at), index)
    return _where(here, Constant(value.kind, (), number), value)


def _matrix_product(one: Value, other: Value) -> Value:
    return product(one, other)


def _matrix_sum(added: Value, one: Value, other: Value, *, beta: float = 1, alpha: float = 1) -> Value:
    if beta != 1 or alpha != 1:
        raise Unsupported("a scaled matrix product")
    if adds_a_row(added, other.shape[1]):
        return product(one, other, added)
    return _real("{0} + {1}")(product(one, other), added)


def _full(shape: Sequence[int], number: float, *, dtype: torch.dtype | None = None, **_: Any) -> Value:
    kind = KINDS[dtype] if dtype is not None else valued(number).kind
    return Constant(kind, tuple(shape), number)


def _full_like(value: Value, number: float, *, dtype: torch.dtype | None = None, **_: Any) -> Value:
    return Constant(KINDS[dtype] if dtype is not None else value.kind, value.shape, number)


def _as(value: Value, *, dtype: torch.dtype | None = None, **_: Any) -> Value:
    return value if dtype is None else _cast(KINDS[dtype], value)


def _same(value: Value, **_: Any) -> Value:
    return value


aten = torch.ops.aten
OPERATIONS: dict[Any, Operation] = {
    aten.add.Tensor: _scaled("{0} + {1}"), aten.sub.Tensor: _scaled("{0} - {1}"),
    aten.rsub.Scalar: _scaled("{1} - {0}"),
    aten.mul.Tensor: _arithmetic("{0} * {1}"), aten.div.Tensor: _real("{0} / {1}"),
    aten.maximum.default: _arithmetic("({0} < {1} ? {1} : {0})"),
    aten.minimum.default: _arithmetic("({0} > {1} ? {1} : {0})"),
    aten.neg.default: _arithmetic("-{0}"), aten.abs.default: _real("std::fabs({0})"),
    aten.sign.default: _real("float(({0} > 0.0f) - ({0} < 0.0f))"),
    aten.reciprocal.default: _real("1.0f / {0}"),
    aten.sqrt.default: _real("std::sqrt({0})"), aten.rsqrt.default: _real("1.0f / std::sqrt({0})"),
    aten.exp.default: _real("exponential({0})"), aten.log.default: _real("logarithm({0})"),
    aten.log1p.default: _real("logarithm_of_one_and({0})"), aten.expm1.default: _real("std::expm1({0})"),
    aten.tanh.default: _real("tangent({0})"), aten.sigmoid.default: _real("logistic({0})"),
    aten.relu.default: _real("({0} < 0.0f ? 0.0f : {0})"), aten.erf.default: _real("std::erf({0})"),
    aten.sin.default: _real("std::sin({0})"), aten.cos.default: _real("std::cos({0})"),
    aten.floor.default: _real("std::floor({0})"),
    aten.pow.Tensor_Scalar: _power, aten.where.self: _where,
    aten.clamp.default: _clamp, aten.clamp_min.default: _clamp, aten.leaky_relu.default: _leaky,
    aten.clamp_max.default: lambda value, high: _clamp(value, None, high),
    **{getattr(getattr(aten, name), kind): _asks(f"{{0}} {sign} {{1}}") for kind in ("Tensor", "Scalar")
       for name, sign in (("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))},
    aten.logical_and.default: _asks("{0} && {1}"), aten.logical_or.default: _asks("{0} || {1}"),
    aten.logical_not.default: _asks("!{0}"),
    aten.sum.dim_IntList: _sum, aten.sum.default: _sum, aten.mean.dim: _mean, aten.mean.default: _mean,
    aten.amax.default: partial(_reduce, largest),
    aten._softmax.default: _softmax, aten._log_softmax.default: _log_softmax,
    aten.mm.default: _matrix_product, aten.addmm.default: _matrix_sum,
    aten.gather.default: _gathered, aten.scatter.value: _scattered,
    aten.slice.Tensor: _sliced, aten.select.int: _selected, aten.split_with_sizes.default: _split,
    aten.view.default: _reshaped, aten.reshape.default: _reshaped, aten._unsafe_view.default: _reshaped,
    aten.unsqueeze.default: _with_axis, aten.squeeze.dims: _squeezed, aten.squeeze.dim: _squeezed,
    aten.permute.default: _permuted, aten.expand.default: expanded,
    aten.cat.default: _joined, aten.constant_pad_nd.default: _padded,
    aten.full.default: _full, aten.full_like.default: _full_like,
    aten.scalar_tensor.default: lambda number, **rest: _full((), number, **rest),
    aten._to_copy.default: _as, aten.clone.default: _same, aten.alias.default: _same,
    aten.detach.default: _same,
}
"""What can be compiled."""
