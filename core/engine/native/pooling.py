"""Images made smaller and larger."""

from collections.abc import Sequence
from math import prod
from typing import Any

from core.engine.native.code import Code
from core.engine.native.shaping import padded, reshaped, sliced
from core.engine.native.summaries import mean, summed
from core.engine.native.values import (
    Constant,
    Memory,
    Unsupported,
    Value,
    expanded,
    leaf,
    pointwise,
    realized,
)
from core.engine.native.windows import Window, plain, room_for, square, start_of, starts


def largest_under(images: Value, size: Sequence[int], step: Sequence[int] = (), pad: Sequence[int] = (0, 0),
                  spread: Sequence[int] = (1, 1), ceil: bool = False) -> list[Value]:
    """As torch's `max_pool2d_with_indices`, but each index says where in its padded image."""
    if ceil:
        raise Unsupported("pooling that goes over the edge")
    window = Window(square(size), square(step or size), square(pad), square(spread))
    given, shape = plain(images), (*images.shape[:-2], *window.places(*images.shape[-2:]))
    named = _pooling(window, images.shape)
    chosen = leaf("int32_t", shape, lambda code, _: code.ensure(found.memory))

    def fill(code: Code, memory: Memory) -> None:
        code.ensure(chosen.memory)
        (x,) = starts(code, [given])
        y, where = start_of(memory), start_of(chosen.memory)
        code.lines.append(f"{named}::forward({x}, {y}, {where}, {room_for(code, named)});")

    found = leaf("float", shape, fill)
    return [found, chosen]


def largest_under_backward(slopes: Value, images: Value, size: Sequence[int], step: Sequence[int],
                           *asked: Any) -> Value:
    """As torch's `max_pool2d_with_indices_backward`, with the indices of `largest_under`."""
    pad, spread, _, chosen = asked
    window = Window(square(size), square(step or size), square(pad), square(spread))
    named, given = _pooling(window, images.shape), [plain(slopes), realized(chosen)]

    def fill(code: Code, memory: Memory) -> None:
        dy, where = starts(code, given)
        code.lines.append(f"{named}::backward({dy}, {where}, {start_of(memory)}, {room_for(code, named)});")

    return leaf("float", images.shape, fill)


def largest_of_parts(images: Value, size: Sequence[int]) -> list[Value]:
    """As torch's `adaptive_max_pool2d`, where the parts are of one size. Raises Unsupported elsewhere."""
    return largest_under(images, _part(images.shape, size))


def largest_of_parts_backward(slopes: Value, images: Value, chosen: Value) -> Value:
    """As torch's `adaptive_max_pool2d_backward`, with the indices of `largest_of_parts`."""
    part = _part(images.shape, slopes.shape[-2:])
    return largest_under_backward(slopes, images, part, part, (0, 0), (1, 1), False, chosen)


def mean_under(images: Value, size: Sequence[int], step: Sequence[int] = (), pad: Sequence[int] = (0, 0),
               *more: Any) -> Value:
    """As torch's `avg_pool2d`, where windows do not overlap. Raises Unsupported elsewhere."""
    high, wide = _apart(size, step, pad, more)
    *before, height, width = images.shape
    rows, columns = height // high, width // wide
    inside = sliced(sliced(images, -2, 0, rows * high), -1, 0, columns * wide)
    return mean(reshaped(inside, [*before, rows, high, columns, wide]), [-3, -1])


def mean_under_backward(slopes: Value, images: Value, size: Sequence[int], step: Sequence[int],
                        pad: Sequence[int], *more: Any) -> Value:
    """As torch's `avg_pool2d_backward`, with windows as in `mean_under`."""
    high, wide = _apart(size, step, pad, more)
    shared = pointwise("float", "{0} * {1}".format, slopes, Constant("float", (), 1 / (high * wide)))
    found = enlarged(shared, [slopes.shape[-2] * high, slopes.shape[-1] * wide])
    return padded(found, [0, images.shape[-1] - found.shape[-1], 0, images.shape[-2] - found.shape[-2]])


def _apart(size: Sequence[int], step: Sequence[int], pad: Sequence[int],
           more: Sequence[Any]) -> tuple[int, int]:
    """more: whether windows go over the edge, whether the pad counts, and by what else to divide."""
    over, _, divisor = (*more, *(False, True, None)[len(more):])
    if over or divisor is not None:
        raise Unsupported("means of windows over the edge, or divided by another number")
    if (step and square(step) != square(size)) or any(pad):
        raise Unsupported("means of windows that overlap")
    return square(size)


def enlarged(images: Value, size: Sequence[int], *_: Any) -> Value:
    """As torch's `upsample_nearest2d` by whole factors. Raises Unsupported for others."""
    *before, height, width = images.shape
    high, wide = _factors(images.shape, size)
    apart = reshaped(images, [*before, height, 1, width, 1])
    return reshaped(expanded(apart, (*before, height, high, width, wide)), [*before, *size])


def enlarged_backward(slopes: Value, size: Sequence[int], images: Sequence[int], *_: Any) -> Value:
    """As torch's `upsample_nearest2d_backward` by whole factors. Raises Unsupported for others."""
    *before, height, width = images
    high, wide = _factors(images, size)
    return summed(reshaped(slopes, [*before, height, high, width, wide]), [-3, -1])


def _factors(images: Sequence[int], size: Sequence[int]) -> list[int]:
    if any(new % old for new, old in zip(size, images[-2:], strict=True)):
        raise Unsupported("enlarging by a part of a pixel")
    return [new // old for new, old in zip(size, images[-2:], strict=True)]


def _part(images: tuple[int, ...], count: Sequence[int]) -> list[int]:
    if any(length % parts for length, parts in zip(images[-2:], count, strict=True)):
        raise Unsupported("pooling of parts of several sizes")
    return [length // parts for length, parts in zip(images[-2:], count, strict=True)]


def _pooling(window: Window, images: tuple[int, ...]) -> str:
    return f"Largest<{window.named(1, *images[-2:])}, {window.step[1]}, {prod(images[:-2])}>"
