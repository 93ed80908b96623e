"""Matrix products."""

from core.engine.native.code import Code
from core.engine.native.places import fresh
from core.engine.native.values import Leaf, Memory, Value, expanded, leaf, realized

_WIDEST = 16
"""Numbers of the widest registers there are; a narrower one is taken for few columns."""


def product(one: Value, other: Value, added: Value | None = None) -> Leaf:
    """one @ other + added: (rows, inner), (inner, columns), and one number for each column."""
    rows, columns = one.shape[0], other.shape[1]
    left, right = realized(one), realized(other)
    bias = None if added is None else realized(expanded(added, (rows, columns)))

    def fill(code: Code, memory: Memory) -> None:
        _write(code, Leaf("float", (rows, columns), memory, fresh((rows, columns))), left, right, bias)

    return leaf("float", (rows, columns), fill)


def adds_a_row(added: Value, columns: int) -> bool:
    """Whether what is added is the same in every row."""
    return added.shape in ((columns,), (1, columns))


def _write(code: Code, result: Leaf, left: Leaf, right: Leaf, bias: Leaf | None) -> None:
    (rows, columns), inner = result.shape, left.shape[1]
    lanes = next((lanes for lanes in (4, 8) if columns <= lanes), _WIDEST)
    padded = -(-columns // lanes) * lanes
    right = _padded(code, right, padded)
    start = "nullptr"
    if bias is not None:
        row = Leaf("float", (1, columns), bias.memory, bias.place.sliced(0, 0, 1))
        start = _start(_padded(code, row, padded))
    code.ready([left])
    a_row, a_column = left.place.strides
    code.lines.append(
        f"product<{rows}, {columns}, {inner}, {a_row}, {a_column}, {right.place.strides[0]}, {lanes}>"
        f"({_start(left)}, {_start(right)}, {start}, {_start(result)});")


def _padded(code: Code, matrix: Leaf, columns: int) -> Leaf:
    """The matrix with its rows side by side, each as long as whole registers are."""
    code.ready([matrix])
    rows, count = matrix.shape
    if matrix.place.strides[1] == 1 and count == columns and matrix.place.strides[0] >= 0:
        return matrix
    room = leaf("float", (rows, columns))
    code.ensure(room.memory)
    code.store([(Leaf("float", matrix.shape, room.memory, room.place.sliced(1, 0, count)), matrix)])
    return room


def _start(matrix: Leaf) -> str:
    return f"&{matrix.memory.name}[{matrix.memory.start + matrix.place.offset}]"
