"""Windows that slide over images, and what is handed to the functions of images.h."""

from collections.abc import Sequence
from typing import NamedTuple

from core.engine.native.code import Code
from core.engine.native.values import Leaf, Memory, Value, copied, realized


class Window(NamedTuple):
    """How a window slides over images; each number is one for the height and one for the width."""

    size: tuple[int, int]
    step: tuple[int, int]
    pad: tuple[int, int]
    spread: tuple[int, int]

    def places(self, height: int, width: int) -> tuple[int, int]:
        """How many places it has."""
        found = [(length + 2 * pad - spread * (size - 1) - 1) // step + 1 for length, size, step, pad, spread
                 in zip((height, width), *self, strict=True)]
        return found[0], found[1]

    def over(self, places: Sequence[int], more: Sequence[int]) -> list[int]:
        """How high and wide images are in which it has so many places; more: what is left over beyond."""
        return [(count - 1) * step - 2 * pad + spread * (size - 1) + 1 + left
                for count, left, size, step, pad, spread in zip(places, more, *self, strict=True)]

    def named(self, channels: int, height: int, width: int) -> str:
        """Its type in C++."""
        numbers = [channels, height, width, *self.size, *self.step, *self.pad, *self.spread]
        return f"Window<{', '.join(map(str, numbers))}>"


def room_for(code: Code, named: str) -> str:
    """Room that this type of C++ works in."""
    return code.object(f"{named}::Room")


def starts(code: Code, given: Sequence[Leaf | None]) -> list[str]:
    """Where leaves begin, which hold their numbers from here on."""
    code.ready([one for one in given if one is not None])
    return [start_of(one.memory, one.place.offset) if one is not None else "nullptr" for one in given]


def start_of(memory: Memory, offset: int = 0) -> str:
    """Where memory begins."""
    return f"&{memory.name}[{memory.start + offset}]"


def plain(value: Value) -> Leaf:
    """The numbers in memory, one row after the other."""
    found = realized(value)
    return found if found.place._replace(offset=0).plain else copied(found)


def both(numbers: Sequence[int], other: int) -> tuple[int, int]:
    """A number for the height and one for the width; of a curve there is one only."""
    return (other, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])


def square(numbers: Sequence[int]) -> tuple[int, int]:
    """A number for the height and one for the width; one alone stands for both."""
    return (numbers[0], numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
