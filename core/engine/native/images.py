"""Convolution and pooling: calls of what images.h holds, with the sizes known."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from core.engine.native.code import Code
from core.engine.native.reductions import total
from core.engine.native.values import Leaf, Memory, Unsupported, Value, copied, leaf, realized, viewed


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

    def named(self, channels: int, height: int, width: int) -> str:
        """Its type in C++."""
        numbers = [channels, height, width, *self.size, *self.step, *self.pad, *self.spread]
        return f"Window<{', '.join(map(str, numbers))}>"


def convolution(images: Value, weights: Value, bias: Value | None, step: Sequence[int], pad: Sequence[int],
                spread: Sequence[int], transposed: bool, _: Sequence[int], groups: int) -> Value:
    """As torch's `convolution`. Raises Unsupported for kinds that are not done here."""
    if transposed or groups != 1:
        raise Unsupported("transposed and grouped convolutions")
    flat = len(images.shape) == 3
    images, weights = _image(images), _image(weights)
    window = Window(_two(weights.shape[2:]), _both(step, 1), _both(pad, 0), _both(spread, 1))
    rows, columns = window.places(*images.shape[2:])
    result = (images.shape[0], weights.shape[0], rows, columns)
    named = _convolution(window, images.shape, weights.shape[0])
    given = [_plain(images), _plain(weights), *([_plain(bias)] if bias is not None else [])]

    def fill(code: Code, memory: Memory) -> None:
        room = _room(code, named)
        x, w, *added = _starts(code, given)
        y = f"&{memory.name}[{memory.start}]"
        code.lines.append(f"{named}::forward({x}, {w}, {added[0] if added else 'nullptr'}, {y}, {room});")

    found = leaf("float", result, fill)
    return viewed(found, lambda place: place.without([2])) if flat else found


def convolution_backward(slopes: Value, images: Value, weights: Value, _: object, step: Sequence[int],
                         pad: Sequence[int], spread: Sequence[int], transposed: bool, __: Sequence[int],
                         groups: int, wanted: Sequence[bool]) -> list[Value | None]:
    """As torch's `convolution_backward`: the slopes of images, weights and bias that are wanted."""
    if transposed or groups != 1:
        raise Unsupported("transposed and grouped convolutions")
    flat = len(images.shape) == 3
    slopes, images, weights = _image(slopes), _image(images), _image(weights)
    window = Window(_two(weights.shape[2:]), _both(step, 1), _both(pad, 0), _both(spread, 1))
    named = _convolution(window, images.shape, weights.shape[0])
    found = [_slopes(named, "of_images", [weights, slopes], images.shape) if wanted[0] else None,
             _slopes(named, "of_weights", [images, slopes], weights.shape) if wanted[1] else None]
    back = [viewed(one, lambda place: place.without([2])) if one and flat else one for one in found]
    bias = viewed(total(slopes, [0, 2, 3]), lambda place: place.without([0, 2, 3])) if wanted[2] else None
    return [*back, bias]


def _slopes(named: str, function: str, given: Sequence[Value], shape: tuple[int, ...]) -> Leaf:
    plain = [_plain(value) for value in given]

    def fill(code: Code, memory: Memory) -> None:
        room = _room(code, named)
        one, other = _starts(code, plain)
        code.lines.append(f"{named}::{function}({one}, {other}, &{memory.name}[{memory.start}], {room});")

    return leaf("float", shape, fill)


def largest_under(images: Value, size: Sequence[int], step: Sequence[int] = (), pad: Sequence[int] = (0, 0),
                  spread: Sequence[int] = (1, 1), ceil: bool = False) -> list[Value]:
    """As torch's `max_pool2d_with_indices`, but each index says where in its window."""
    if ceil:
        raise Unsupported("pooling that goes over the edge")
    window = Window(_both(size, 1), _both(step or size, 1), _both(pad, 0), _both(spread, 1))
    given, shape = _plain(images), (*images.shape[:-2], *window.places(*images.shape[-2:]))
    named = _pooling(window, images.shape)
    chosen = leaf("int32_t", shape)

    def fill(code: Code, memory: Memory) -> None:
        code.ensure(chosen.memory)
        (x,) = _starts(code, [given])
        y, where = f"&{memory.name}[{memory.start}]", f"&{chosen.memory.name}[0]"
        code.lines.append(f"{named}::forward({x}, {y}, {where}, {_room(code, named)});")

    return [leaf("float", shape, fill), chosen]


def largest_under_backward(slopes: Value, images: Value, size: Sequence[int], step: Sequence[int],
                           pad: Sequence[int], spread: Sequence[int], _: bool, chosen: Value) -> Value:
    """As torch's `max_pool2d_with_indices_backward`, with the indices of `largest_under`."""
    window = Window(_both(size, 1), _both(step or size, 1), _both(pad, 0), _both(spread, 1))
    named, given = _pooling(window, images.shape), [_plain(slopes), realized(chosen)]

    def fill(code: Code, memory: Memory) -> None:
        dy, where = _starts(code, given)
        dx, room = f"&{memory.name}[{memory.start}]", _room(code, named)
        code.lines.append(f"{named}::backward({dy}, {where}, {dx}, {room});")

    return leaf("float", images.shape, fill)


def largest_of_parts(images: Value, size: Sequence[int]) -> list[Value]:
    """As torch's `adaptive_max_pool2d`, where the parts are of one size. Raises Unsupported elsewhere."""
    return largest_under(images, _part(images.shape, size))


def largest_of_parts_backward(slopes: Value, images: Value, chosen: Value) -> Value:
    """As torch's `adaptive_max_pool2d_backward`, with the indices of `largest_of_parts`."""
    part = _part(images.shape, slopes.shape[-2:])
    return largest_under_backward(slopes, images, part, part, (0, 0), (1, 1), False, chosen)


def _part(images: tuple[int, ...], count: Sequence[int]) -> list[int]:
    if any(length % parts for length, parts in zip(images[-2:], count, strict=True)):
        raise Unsupported("pooling of parts of several sizes")
    return [length // parts for length, parts in zip(images[-2:], count, strict=True)]


def _convolution(window: Window, images: tuple[int, ...], filters: int) -> str:
    samples, *sizes = images
    channels, height, width = sizes
    return f"Convolution<{window.named(channels, height, width)}, {window.step[1]}, {samples}, {filters}>"


def _pooling(window: Window, images: tuple[int, ...]) -> str:
    return f"Largest<{window.named(1, *images[-2:])}, {window.step[1]}, {prod(images[:-2])}>"


def _room(code: Code, named: str) -> str:
    return code.object(f"{named}::Room")


def _starts(code: Code, given: Sequence[Leaf]) -> list[str]:
    code.ready(given)
    return [f"&{one.memory.name}[{one.memory.start + one.place.offset}]" for one in given]


def _plain(value: Value) -> Leaf:
    """The numbers in memory, one row after the other."""
    found = realized(value)
    return found if found.place._replace(offset=0).plain else copied(found)


def _image(value: Value) -> Value:
    """A curve as an image of one row."""
    return viewed(value, lambda place: place.with_axis(2)) if len(value.shape) == 3 else value


def _both(numbers: Sequence[int], other: int) -> tuple[int, int]:
    """A number for the height and one for the width; of a curve there is one only."""
    return (other, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])


def _two(numbers: Sequence[int]) -> tuple[int, int]:
    return numbers[0], numbers[1]
