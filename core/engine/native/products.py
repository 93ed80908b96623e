"""Matrix products."""

from core.engine.native.code import Code
from core.engine.native.places import fresh
from core.engine.native.shaping import with_axis
from core.engine.native.values import (
    Leaf,
    Memory,
    Unsupported,
    Value,
    expanded,
    leaf,
    pointwise,
    realized,
    viewed,
)

_WIDEST = 16
"""Numbers of the widest registers there are; a narrower one is taken for few columns."""
_LARGE = 1 << 14
"""Numbers of a right matrix of which only a part is near at a time."""


def product(one: Value, other: Value) -> Value:
    """As torch's `mm`: (rows, inner) @ (inner, columns)"""
    return _without_batch(products(with_axis(one, 0), with_axis(other, 0)))


def product_and(added: Value, one: Value, other: Value, *, beta: float = 1, alpha: float = 1) -> Value:
    """As torch's `addmm`: one @ other, and what is added. Raises Unsupported when they are scaled."""
    if beta != 1 or alpha != 1:
        raise Unsupported("scaled matrix products")
    columns = other.shape[1]
    if added.shape not in ((columns,), (1, columns)):
        return pointwise("float", "{0} + {1}".format, product(one, other), added)
    row = realized(expanded(added, (1, columns)))
    return _without_batch(products(with_axis(one, 0), with_axis(other, 0), row))


def products(one: Value, other: Value, row: Leaf | None = None) -> Leaf:
    """As torch's `bmm`: (batch, rows, inner) @ (batch, inner, columns); row: added to each, (1, columns)"""
    shape = one.shape[0], one.shape[1], other.shape[2]
    left, right = realized(one), realized(other)

    def fill(code: Code, memory: Memory) -> None:
        _write(code, Leaf("float", shape, memory, fresh(shape)), left, right, row)

    return leaf("float", shape, fill)


def _without_batch(value: Value) -> Value:
    return viewed(value, lambda place: place.without([0]))


def _write(code: Code, result: Leaf, left: Leaf, right: Leaf, row: Leaf | None) -> None:
    (count, rows, columns), inner = result.shape, left.shape[2]
    lanes = next((lanes for lanes in (4, 8) if columns <= lanes), _WIDEST)
    width = -(-columns // lanes) * lanes
    large = inner * columns >= _LARGE
    if not large:
        right = _whole_registers(code, right, width)
    begin, start = "zero", "nullptr"
    if row is not None:
        begin, start = "column", f"&{code.read(_whole_registers(code, row, width), ['0', '0'])}"
    code.ready([left, right])
    across = right.place.strides[1:] if large else right.place.strides[1:2]
    sizes = ", ".join(map(str, [rows, columns, inner, *left.place.strides[1:], *across, lanes]))
    named = f"{'large_' * large}product<Begin::{begin}, {sizes}>"
    with code.loops([count]) as index:
        one, other, to = (f"&{code.read(leaf, [*index, '0', '0'])}" for leaf in (left, right, result))
        code.lines.append(f"{named}({one}, {other}, {start}, {to});")


def _whole_registers(code: Code, matrix: Leaf, width: int) -> Leaf:
    """The matrices with the numbers of a row side by side, each as long as whole registers are."""
    code.ready([matrix])
    *before, count = matrix.shape
    if matrix.place.strides[-1] == 1 and count == width:
        return matrix
    room = leaf(matrix.kind, (*before, width))
    code.ensure(room.memory)
    inside = room.place.sliced(len(before), 0, count)
    code.store([(Leaf(matrix.kind, matrix.shape, room.memory, inside), matrix)])
    return room
