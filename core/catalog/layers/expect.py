"""What a layer needs to be given, said with one voice when it is given something else."""

from core.problems import ShapeMismatch
from core.shapes import Shape


def flat(shape: Shape, title: str) -> int:
    """The count of a flat list of numbers. Raises ShapeMismatch for any other shape."""
    if len(shape.sizes) != 1:
        raise ShapeMismatch(f"{title} reads a flat list of numbers but gets {shape}.",
                            "Put Flatten before it.")
    return shape.sizes[0]


def picture(shape: Shape, title: str) -> tuple[int, int, int]:
    """Channels, height and width of an image. Raises ShapeMismatch for any other shape."""
    if len(shape.sizes) != 3:
        raise ShapeMismatch(
            f"{title} reads an image (channels × height × width) but gets {shape}.",
            "Choose image data, and keep it before Flatten.")
    channels, height, width = shape.sizes
    return channels, height, width


def fits(kernel: int, shape: Shape, padding: int, title: str) -> None:
    """Raises ShapeMismatch when a square window is larger than the padded image it slides over."""
    _, height, width = shape.sizes
    if kernel > min(height, width) + 2 * padding:
        raise ShapeMismatch(
            f"{title}'s {kernel}×{kernel} window is larger than its {height}×{width} input"
            + (f" with {padding} of padding." if padding else "."),
            "Lower kernel, or take out a pooling layer before it.")
