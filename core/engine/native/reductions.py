"""Sums and largest numbers along axes."""

from collections.abc import Sequence

from core.engine.native.code import Axes, Body, Code, leaves_of, literal
from core.engine.native.places import fresh, joined
from core.engine.native.values import Kind, Leaf, Memory, Unsupported, Value, leaf, realized, viewed

_SUM, _MOST = "{0} + {1}", "({1} > {0} || {1} != {1} ? {1} : {0})"


def total(value: Value, axes: Sequence[int]) -> Leaf:
    """The sum along axes, which keep one number."""
    kind: Kind = "float" if value.kind == "float" else "int64_t"
    return _reduced(value, axes, kind, 0, _SUM)


def largest(value: Value, axes: Sequence[int]) -> Leaf:
    """The largest number along axes, which keep one number. Raises Unsupported unless they are real."""
    if value.kind != "float":
        raise Unsupported("the largest of whole numbers")
    return _reduced(value, axes, value.kind, float("-inf"), _MOST)


def _reduced(value: Value, axes: Sequence[int], kind: Kind, begin: float, rule: str) -> Leaf:
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(value.shape))
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    # The innermost loop should run along numbers that lie side by side.
    inside = not kept or kept[-1] != len(shape) - 1
    ordered = viewed(value, lambda place: place.permuted([*kept, *axes]))
    ordered = ordered if leaves_of([ordered]) else realized(ordered)  # a loop counts what is read in it

    def fill(code: Code, memory: Memory) -> None:
        code.ready([ordered])
        left = tuple(shape[axis] for axis in kept)
        result = Leaf(kind, left, memory, fresh(left))
        (_inside if inside else _across)(code, result, ordered, literal(kind, begin), rule)

    return leaf(kind, shape, fill)


def _inside(code: Code, result: Leaf, value: Value, begin: str, rule: str) -> None:
    """One sum after the other."""
    kept, along, leaves = _axes(result, value)
    with code.loops(_sizes(kept)) as outer:
        code.lines.append(f"{result.kind} sum = {begin};")
        hint = "omp simd reduction(+:sum)" if rule == _SUM else "GCC ivdep"
        with code.loops(_sizes(along), len(outer), hint) as inner:
            number = Body(code, [*outer, *inner], [*kept, *along], leaves).number(value)
            code.lines.append(f"sum = {rule.format('sum', number)};")
        code.lines.append(f"{Body(code, outer, kept, leaves).address(result)} = sum;")


def _across(code: Code, result: Leaf, value: Value, begin: str, rule: str) -> None:
    """All sums side by side."""
    kept, along, leaves = _axes(result, value)
    with code.loops(_sizes(kept)) as index:
        code.lines.append(f"{Body(code, index, kept, leaves).address(result)} = {begin};")
    with code.loops(_sizes(along), hint="") as outer, code.loops(_sizes(kept), len(outer)) as inner:
        body = Body(code, [*outer, *inner], [*along, *kept], leaves)
        number, address = body.number(value), body.address(result)
        code.lines.append(f"{address} = {rule.format(address, number)};")


def _axes(result: Leaf, value: Value) -> tuple[Axes, Axes, list[Leaf]]:
    """The axes of the result, those summed along, and the leaves their strides are of, the result first."""
    count = len(result.shape)
    leaves = leaves_of([value])
    along = [leaf.place.permuted(range(count, len(value.shape))) for leaf in leaves]
    kept = [leaf.place.permuted(range(count)) for leaf in leaves]
    still = [(size, (0, *steps)) for size, steps in joined(along)]
    return joined([result.place, *kept]), still, [result, *leaves]


def _sizes(axes: Axes) -> list[int]:
    return [size for size, _ in axes]
