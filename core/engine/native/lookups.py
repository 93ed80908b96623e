"""Numbers looked up by an index, and put where one says."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

from core.engine.native.arithmetic import arithmetic, where
from core.engine.native.code import Code
from core.engine.native.places import fresh
from core.engine.native.shaping import reshaped
from core.engine.native.values import (
    Constant,
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
)


def gathered(value: Value, axis: int, index: Value) -> Value:
    """As torch's `gather`."""
    chosen_from = replace(realized(value))  # a leaf of its own: what is chosen by may be read from the same
    return Picked(value.kind, index.shape, chosen_from, axis % len(value.shape), index)


def scattered(value: Value, axis: int, index: Value, number: float) -> Value:
    """As torch's `scatter` of one number, where the index has one along the axis. Raises Unsupported."""
    at = axis % len(value.shape)
    if index.shape != tuple(1 if place == at else size for place, size in enumerate(value.shape)):
        raise Unsupported("several numbers put along one axis")
    here = pointwise("bool", "{0} == {1}".format, Position("int64_t", value.shape, at), index)
    return where(here, Constant(value.kind, (), number), value)


def counted(begin: float, end: float, step: float = 1, **_: Any) -> Value:
    """As torch's `arange` of whole numbers. Raises Unsupported for others."""
    if not (isinstance(begin, int) and isinstance(end, int) and isinstance(step, int)):
        raise Unsupported("ranges of real numbers")
    count = len(range(begin, end, step))
    return arithmetic("{0} * {1} + {2}")(Position("int64_t", (count,), 0), step, begin)


def rows_of(table: Value, index: Value, *_: Any) -> Value:
    """As torch's `embedding`: of a table (rows, numbers) one row for each number of the index."""
    count, width = prod(index.shape), table.shape[1]
    wanted = expanded(reshaped(index, [count, 1]), (count, width))
    return reshaped(gathered(table, 0, wanted), [*index.shape, width])


def indexed(value: Value, indices: Sequence[Value | None]) -> Value:
    """As torch's `index` with one index, of the first axis. Raises Unsupported for others."""
    index = indices[0]
    if len(indices) != 1 or index is None or index.kind != "int64_t":
        raise Unsupported("numbers chosen by an index of several axes")
    count, *rest = value.shape
    rows = rows_of(reshaped(value, [count, prod(rest)]), _from_the_front(index, count))
    return reshaped(rows, [*index.shape, *rest])


def _from_the_front(index: Value, count: int) -> Value:
    """An index whose negative numbers count from the end, without them."""
    return arithmetic("({0} < 0 ? {0} + {1} : {0})")(index, count)


def put(value: Value, indices: Sequence[Value | None], added: Value, accumulate: bool = False) -> Value:
    """As torch's `index_put` that adds rows. Raises Unsupported for other uses of it."""
    index = indices[0]
    if len(indices) != 1 or index is None or index.kind != "int64_t" or not accumulate:
        raise Unsupported("numbers put at an index of several axes")
    rows, width = prod(index.shape), prod(value.shape[1:])
    where_to = realized(reshaped(_from_the_front(index, value.shape[0]), [rows]))
    numbers = realized(reshaped(expanded(added, (*index.shape, *value.shape[1:])), [rows, width]))

    def fill(code: Code, memory: Memory) -> None:
        code.store([(Leaf(memory.kind, value.shape, memory, fresh(value.shape)), value)])
        code.ready([where_to, numbers])
        with code.loops([rows], hint="") as outer:  # several may be added to the same row
            code.lines.append(f"const int64_t row = {code.read(where_to, outer)};")
            with code.loops([width], 1) as inner:
                to = f"{memory.name}[{memory.start} + row * {width} + {inner[0]}]"
                code.lines.append(f"{to} += {code.read(numbers, [*outer, *inner])};")

    return leaf(value.kind, value.shape, fill)
