"""What a layer needs to be given, said with one voice when it is given something else."""

from core.problems import Remedy, ShapeMismatch, before, instead
from core.shapes import Shape

_Axes = tuple[str, ...]
_FLAT: _Axes = ("features",)
_PICTURE: _Axes = ("channels", "height", "width")
_CURVE: _Axes = ("channels", "length")
_STEPS: _Axes = ("time", "features")
_TOKENS: _Axes = ("time",)
_FLATTEN, _EMBED, _SWAP = "Put Flatten before it.", "Put Embedding before it.", "Put Swap axes before it."
_ROWS = "Put Image to sequence before it."

# What is wanted, then what is given -> the way out.
_WAYS: dict[_Axes, dict[_Axes, str]] = {
    _FLAT: {_PICTURE: _FLATTEN, _CURVE: _FLATTEN, _STEPS: _FLATTEN,
            _TOKENS: "Put Embedding before it, then Flatten."},
    _PICTURE: {_FLAT: "Choose image data, and keep it before Flatten; or put Unflatten before it."},
    _CURVE: {_STEPS: _SWAP, _PICTURE: "Put Image to sequence before it, then Swap axes.",
             _TOKENS: "Put Embedding before it, then Swap axes.",
             _FLAT: "Choose data that runs over time, and keep it before Flatten."},
    _STEPS: {_CURVE: _SWAP, _PICTURE: _ROWS, _TOKENS: _EMBED,
             _FLAT: "Choose data that runs over time, and keep it before Flatten."}}
_OTHERWISE: dict[_Axes, str] = {
    _FLAT: _FLATTEN, _PICTURE: "Choose image data, and keep it before Flatten.",
    _CURVE: "Choose data that runs over time.", _STEPS: "Choose data that runs over time."}
_NAMES: dict[_Axes, str] = {
    _FLAT: "a flat list of numbers", _PICTURE: "an image (channels × height × width)",
    _CURVE: "a signal (channels × length)", _STEPS: "a sequence (time × features)"}


def flat(shape: Shape, title: str) -> int:
    """The count of a flat list of numbers. Raises ShapeMismatch for any other shape."""
    return _sizes(shape, _FLAT, title)[0]


def picture(shape: Shape, title: str) -> tuple[int, int, int]:
    """Channels, height and width of an image. Raises ShapeMismatch for any other shape."""
    channels, height, width = _sizes(shape, _PICTURE, title)
    return channels, height, width


def curve(shape: Shape, title: str) -> tuple[int, int]:
    """Channels and length of a signal. Raises ShapeMismatch for any other shape."""
    channels, length = _sizes(shape, _CURVE, title)
    return channels, length


def steps(shape: Shape, title: str) -> tuple[int, int]:
    """Steps of time and features of a sequence. Raises ShapeMismatch for any other shape."""
    time, count = _sizes(shape, _STEPS, title)
    return time, count


def listed(shape: Shape, title: str) -> int:
    """The features of a flat list, or of every step of a sequence. Raises ShapeMismatch for others."""
    return steps(shape, title)[1] if shape.axes == _STEPS else flat(shape, title)


def channels(shape: Shape, title: str) -> int:
    """The channels of a signal or an image. Raises ShapeMismatch for any other shape."""
    return curve(shape, title)[0] if shape.axes in (_CURVE, _STEPS) else picture(shape, title)[0]


def fits(kernel: int, shape: Shape, padding: int, title: str) -> None:
    """Raises ShapeMismatch when a window is larger than the padded image or signal it slides over."""
    sides = shape.sizes[1:]
    if kernel > min(sides) + 2 * padding:
        size, of = "×".join([str(kernel)] * len(sides)), "×".join(map(str, sides))
        raise ShapeMismatch(
            f"{title}'s {size} window is larger than its {of} input"
            + (f" with {padding} of padding." if padding else "."),
            "Lower kernel, or take out a pooling layer before it.",
            *instead("kernel", range(min(kernel - 1, min(sides) + 2 * padding), 0, -1)),
            *instead("dilation", (1,)), Remedy(settings={"kernel": 1, "padding": 0}))


def divides(groups: int, count: int, said: str, title: str) -> None:
    """Raises ShapeMismatch when so many things ("channels") cannot be dealt evenly into groups."""
    if count % groups:
        raise ShapeMismatch(f"{title} deals {count} {said} into {groups} even groups, which does not go up.",
                            f"Choose a number of groups that divides {count}, 1 for instance.",
                            *instead("groups", range(min(groups - 1, count), 0, -1)))


def _sizes(shape: Shape, wanted: _Axes, title: str) -> tuple[int, ...]:
    if shape.axes == wanted:
        return shape.sizes
    raise ShapeMismatch(f"{title} reads {_NAMES[wanted]} but gets {_told(shape, wanted)}.",
                        _WAYS[wanted].get(shape.axes, _OTHERWISE[wanted]), *_remedies(shape, wanted))


def _remedies(shape: Shape, wanted: _Axes) -> tuple[Remedy, ...]:
    """The layers that make one kind of shape of another."""
    match wanted:
        case ("features",):
            return (before("flatten"),)
        case ("channels", "length"):
            return before("swap_axes"), before("image_to_sequence", "swap_axes")
        case ("time", "features"):
            return before("swap_axes"), before("image_to_sequence")
        case _:
            return (before({"kind": "unflatten", **sides(shape.count)}),) if shape.axes == _FLAT else ()


def sides(count: int) -> dict[str, int]:
    """Channels, height and width of an image of so many numbers, as nearly square as can be."""
    fitting = [(abs(height - width), count // (height * width), height, width)
               for height in range(1, min(count, 64) + 1) for width in range(height, min(count, 64) + 1)
               if count % (height * width) == 0 and count // (height * width) <= 4]
    _, channels, height, width = min(fitting, key=lambda one: (one[1], one[0]), default=(0, count, 1, 1))
    return {"channels": channels, "height": height, "width": width}


def _told(shape: Shape, wanted: _Axes) -> str:
    """The shape in short; with its axes where its sizes alone would not tell it from what is wanted."""
    return shape.named() if len(shape.sizes) == len(wanted) or shape.axes == _TOKENS else str(shape)
