"""The C++ of a step while it is being written: arrays, and the loops over them."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from core.engine.native.places import Place, joined
from core.engine.native.values import (
    Constant,
    Kind,
    Leaf,
    Memory,
    Picked,
    Pointwise,
    Position,
    Value,
)

Target = tuple[Leaf, Value]
"""Where numbers go, and how they are computed."""


class Code:
    """Lines of C++, and the arrays they need."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.arrays: list[str] = []
        self._objects: dict[str, str] = {}

    def array(self, kind: Kind, size: int) -> str:
        """A fresh array: its name."""
        name = f"a{len(self.arrays)}"
        self.arrays.append(f"alignas(64) {kind} {name}[{max(1, size)}];")
        return f"at->{name}"

    def constant(self, kind: Kind, numbers: Sequence[float]) -> str:
        """An array of numbers that never change: its name."""
        name = f"c{len(self.lines)}"
        written = ", ".join(literal(kind, number) for number in numbers)
        self.lines.append(f"static const {kind} {name}[] = {{{written}}};")
        return name

    def object(self, kind: str) -> str:
        """Room to work in of a type that other lines share: its name."""
        name = self._objects.setdefault(kind, f"room{len(self._objects)}")
        return f"at->{name}"

    @property
    def members(self) -> list[str]:
        """What there must be, as C++ declares it."""
        return [*self.arrays, *(f"alignas(64) {kind} {name};" for kind, name in self._objects.items())]

    def ensure(self, memory: Memory) -> None:
        """Have memory hold its numbers from here on."""
        if not memory.name:
            memory.name = self.array(memory.kind, memory.size)
        if memory.fill is not None:
            fill, memory.fill = memory.fill, None
            fill(self, memory)

    def ready(self, values: Sequence[Value]) -> None:
        """Have everything in memory that these values are computed from."""
        for part in _parts(values):
            if isinstance(part, Leaf):
                self.ensure(part.memory)

    def store(self, targets: Sequence[Target]) -> None:
        """Compute values of one shape in one loop; all are computed from what was there before."""
        values = [value for _, value in targets]
        self.ready(values)
        axes, leaves = _axes([leaf for leaf, _ in targets], values)
        with self.loops([size for size, _ in axes]) as index:
            body = Body(self, index, axes, leaves)
            found = [body.number(value) for value in values]
            for (leaf, _), number in zip(targets, found, strict=True):
                self.lines.append(f"{body.address(leaf)} = {number};")

    @staticmethod
    def read(leaf: Leaf, index: Sequence[str]) -> str:
        """The leaf's number at these counters, as C++."""
        return _address(leaf, index, leaf.place.strides)

    @contextmanager
    def loops(self, sizes: Sequence[int], first: int = 0, hint: str = "GCC ivdep") -> Generator[list[str]]:
        """Loops around what is written inside: the names of their counters, from number `first` on.

        hint: what the compiler may take for granted of the innermost; else that its rounds are independent.
        """
        names = [f"i{first + number}" for number in range(len(sizes))]
        self.lines.append("{")
        for name, size in zip(names, sizes, strict=True):
            if hint and name == names[-1]:
                self.lines.append(f"#pragma {hint}")
            self.lines.append(f"for (int {name} = 0; {name} < {size}; ++{name}) {{")
        yield names
        self.lines.extend("}" for _ in [*names, "block"])


Axes = list[tuple[int, tuple[int, ...]]]


class Body:
    """What is computed in the innermost loop; each value once."""

    def __init__(self, code: Code, index: Sequence[str], axes: Axes, leaves: Sequence[Leaf]) -> None:
        """axes: of the loops, with the stride of each of the leaves in it."""
        self._code, self._index = code, index
        self._strides = {id(leaf): [steps[number] for _, steps in axes] for number, leaf in enumerate(leaves)}
        self._known: dict[int, str] = {}

    def number(self, value: Value) -> str:
        """The value at the loops' counters, as C++ without side effects."""
        if isinstance(value, Constant):
            return literal(value.kind, value.number)
        if isinstance(value, Position):
            return self._index[value.axis]
        if id(value) not in self._known:
            name = self._known[id(value)] = f"t{len(self._known)}"
            self._code.lines.append(f"const {value.kind} {name} = {self._written(value)};")
        return self._known[id(value)]

    def address(self, leaf: Leaf) -> str:
        """Where the leaf's number lies."""
        return _address(leaf, self._index, self._strides[id(leaf)])

    def _written(self, value: Value) -> str:
        if isinstance(value, Leaf):
            return self.address(value)
        if isinstance(value, Pointwise):
            numbers = [self.number(operand) for operand in value.operands]
            return value.write(*numbers)
        assert isinstance(value, Picked)
        index = list(self._index)
        index[value.axis] = self.number(value.index)
        return _address(value.leaf, index, value.leaf.place.strides)


def literal(kind: Kind, number: float) -> str:
    """A number as C++ has it."""
    if kind == "bool":
        return "true" if number else "false"
    if kind == "int64_t":
        return f"INT64_C({int(number)})"
    if number in (float("inf"), float("-inf")):
        return "INFINITY" if number > 0 else "-INFINITY"
    if number != number:
        return "NAN"
    return f"({float(number)!r}f)" if number < 0 else f"{float(number)!r}f"


def _address(leaf: Leaf, index: Sequence[str], strides: Sequence[int]) -> str:
    terms = [name if stride == 1 else f"{name} * {stride}"
             for name, stride in zip(index, strides, strict=True) if stride and name != "0"]
    start = leaf.memory.start + leaf.place.offset
    return f"{leaf.memory.name}[{' + '.join([*terms, *([str(start)] if start or not terms else [])])}]"


def _parts(values: Sequence[Value]) -> list[Value]:
    """All that values are computed from in one loop, each once."""
    return list({id(part): part for value in values for part in value.parts()}.values())


def leaves_of(values: Sequence[Value]) -> list[Leaf]:
    """The leaves that are read number by number where the values are computed."""
    parts = _parts(values)
    picked = {id(part.leaf) for part in parts if isinstance(part, Picked)}
    return [part for part in parts if isinstance(part, Leaf) and id(part) not in picked]


def _axes(targets: Sequence[Leaf], values: Sequence[Value]) -> tuple[Axes, list[Leaf]]:
    """The axes to loop over, as few as can be, and the leaves their strides are of."""
    leaves = [*targets, *leaves_of(values)]
    places = [leaf.place for leaf in leaves]
    if any(isinstance(part, Position | Picked) for part in _parts(values)):
        return _apart(places), leaves
    return joined(places), leaves


def _apart(places: Sequence[Place]) -> Axes:
    return [(size, tuple(place.strides[axis] for place in places))
            for axis, size in enumerate(places[0].shape)]
