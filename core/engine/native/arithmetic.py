"""Operations that work number by number."""

from collections.abc import Callable
from typing import Any

import torch

from core.engine.native.values import Constant, Kind, Unsupported, Value, pointwise

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


def kind_named(dtype: torch.dtype) -> Kind:
    """The type by torch's name of it. Raises Unsupported for others."""
    if dtype not in KINDS:
        raise Unsupported(f"numbers of type {dtype}")
    return KINDS[dtype]


def kind_of(*values: Value) -> Kind:
    """The widest type among them."""
    kinds = {value.kind for value in values}
    return "float" if "float" in kinds else "int64_t" if "int64_t" in kinds else "bool"


def cast(kind: Kind, value: Value) -> Value:
    """The value with numbers of this type."""
    if value.kind == kind:
        return value
    if isinstance(value, Constant):
        return Constant(kind, value.shape, value.number)
    return pointwise(kind, lambda one: f"{kind}({one})", value)


def arithmetic(form: str) -> Operation:
    """An operation whose numbers are of the widest type among what it is given."""
    def operation(*given: Numbers) -> Value:
        values = [valued(number) for number in given]
        kind = kind_of(*values)
        return pointwise(kind, form.format, *(cast(kind, value) for value in values))
    return operation


def real(form: str) -> Operation:
    """An operation on real numbers."""
    def operation(*given: Numbers) -> Value:
        return pointwise("float", form.format, *(cast("float", valued(number)) for number in given))
    return operation


def asks(form: str) -> Operation:
    """A comparison."""
    def operation(*given: Numbers) -> Value:
        return pointwise("bool", form.format, *(valued(number) for number in given))
    return operation


def both(form: str) -> Operation:
    """An operation on what is true or false. Raises Unsupported when called with numbers."""
    def operation(*given: Value) -> Value:
        if any(value.kind != "bool" for value in given):
            raise Unsupported("operations on the bits of numbers")
        return asks(form)(*given)
    return operation


def scaled(form: str) -> Operation:
    """A sum or difference whose second part may be multiplied by `alpha`."""
    plain = arithmetic(form)

    def operation(one: Numbers, other: Numbers, alpha: float = 1) -> Value:
        return plain(one, other if alpha == 1 else arithmetic("{0} * {1}")(other, alpha))
    return operation


def taken_from(one: Value, other: Numbers, alpha: float = 1) -> Value:
    """As torch's `rsub`."""
    return scaled("{0} - {1}")(other, one, alpha)


def power(value: Value, exponent: float) -> Value:
    """Numbers raised to a power; the usual ones without a routine."""
    forms = {1: "{0}", 2: "{0} * {0}", 3: "{0} * {0} * {0}", 0.5: "std::sqrt({0})", -1: "1.0f / {0}",
             -0.5: "1.0f / std::sqrt({0})"}
    if exponent in forms:
        return real(forms[exponent])(value)
    return real("std::pow({0}, {1})")(value, float(exponent))


def where(choice: Value, one: Numbers, other: Numbers) -> Value:
    """As torch's `where`."""
    values = [valued(one), valued(other)]
    kind = kind_of(*values)
    return pointwise(kind, "({0} ? {1} : {2})".format, choice, *(cast(kind, value) for value in values))


def clamp(value: Value, low: Numbers | None = None, high: Numbers | None = None) -> Value:
    """As torch's `clamp`: a number that is none stays none."""
    found = value if low is None else arithmetic("({0} < {1} ? {1} : {0})")(value, low)
    return found if high is None else arithmetic("({0} > {1} ? {1} : {0})")(found, high)


def leaky(value: Value, slope: float = 0.01) -> Value:
    """As torch's `leaky_relu`."""
    return real("({0} > 0.0f ? {0} : {0} * {1})")(value, slope)
