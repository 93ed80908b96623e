"""Drawn pictures: six shapes at a known angle, place and size, one in a picture or up to three."""

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Task, TaskKind
from core.catalog.fields import real, whole
from core.shapes import Shape, image

SHAPES = ("circle", "triangle", "square", "hexagon", "star", "cross")
CORNERS = (1, 3, 4, 6, 5, 4)
"""How often each shape looks the same in one turn; a circle, which always does, counts as 1."""
PIXELS = 32


class Placed(NamedTuple):
    """What is drawn, one number per picture. x, y and size (from the middle to the tip) in pixels; angle in
    radians, less than one turn of the shape into itself."""

    shape: np.ndarray
    angle: np.ndarray
    x: np.ndarray
    y: np.ndarray
    size: np.ndarray


def placed(samples: int, seed: int) -> Placed:
    """Where the one shape of each picture lies: known answers for whoever asks what a layer knows."""
    rng = np.random.default_rng(seed)
    shape = np.arange(samples) % len(SHAPES)
    size = rng.uniform(6, 12, samples)
    x, y = rng.uniform(size, PIXELS - size, (2, samples))
    return Placed(shape, rng.uniform(0, 2 * np.pi, samples) / np.array(CORNERS)[shape], x, y, size)


def drawn(at: Placed) -> np.ndarray:
    """How much of every pixel each shape covers, from 0 to 1. Result: (samples, 32, 32) float32."""
    angle, x, y, size = (each.astype(np.float32)[:, None, None] for each in at[1:])
    across, down = np.meshgrid(np.arange(PIXELS) + np.float32(0.5), np.arange(PIXELS) + np.float32(0.5))
    u, v = (across.astype(np.float32) - x) / size, (down.astype(np.float32) - y) / size
    far, turned = np.hypot(u, v), np.arctan2(v, u) - angle
    beyond = np.empty_like(far)
    for shape in range(len(SHAPES)):
        rows = at.shape == shape
        beyond[rows] = outside(shape, far[rows], turned[rows])
    return np.clip(0.5 - beyond * size, 0, 1)


def outside(shape: int, far: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """How far points lie outside a shape of size 1 around 0, less than 0 inside. far, turned: their distance
    and direction. All edges are alike, so every point is first folded onto half an edge."""
    if SHAPES[shape] == "circle":
        return far - 1
    half = np.float32(np.pi / CORNERS[shape])
    folded = np.abs((turned + half) % (2 * half) - half)
    u, v = far * np.cos(folded), far * np.sin(folded)
    if SHAPES[shape] == "cross":
        return np.maximum(u - 0.95, v - 0.32)
    inner = 0.45 if SHAPES[shape] == "star" else np.cos(half)  # how far out edges meet
    end_u, end_v = inner * np.cos(half), inner * np.sin(half)
    return ((u - 1) * end_v + v * (1 - end_u)) / np.hypot(1 - end_u, end_v)


def painted(covered: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Grey pictures of what is covered, brighter than the ground by a random amount, from 0 to 1."""
    ground, rise = rng.uniform([[0], [0.4]], [[0.3], [0.7]], (2, len(covered)))
    pictures = (ground[:, None, None] + rise[:, None, None] * covered).astype(np.float32)
    pictures += np.float32(noise) * rng.standard_normal(pictures.shape, np.float32)
    return np.clip(pictures, 0, 1)[:, None]


def shapes(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One shape each, in equal shares. Result: (samples, 1, 32, 32), (samples,)."""
    at = placed(samples, seed)
    return painted(drawn(at), noise, np.random.default_rng([seed, 1])), at.shape


def shapes_labels(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One to three different shapes, each in a quarter of its own. Result: (samples, 1, 32, 32), (samples, 6)
    with 1 for every shape there is."""
    rng = np.random.default_rng(seed)
    kinds = rng.permuted(np.tile(np.arange(len(SHAPES)), (samples, 1)), axis=1)
    quarters = rng.permuted(np.tile(np.arange(4), (samples, 1)), axis=1)
    many, labels = 1 + np.arange(samples) % 3, np.zeros((samples, len(SHAPES)))
    covered = np.zeros((samples, PIXELS, PIXELS), np.float32)
    for number in range(3):
        rows = np.flatnonzero(many > number)
        kind, quarter, size = kinds[rows, number], quarters[rows, number], rng.uniform(5, 7, len(rows))
        x, y = rng.uniform(size, 16 - size, (2, len(rows))) + 16 * np.stack([quarter % 2, quarter // 2])
        at = Placed(kind, rng.uniform(0, 2 * np.pi, len(rows)), x, y, size)
        covered[rows] = np.maximum(covered[rows], drawn(at))
        labels[rows, kind] = 1
    return painted(covered, noise, rng), labels


class _Drawn(Dataset):
    """Drawn pictures of 32×32 pixels."""

    group: ClassVar[str] = "images"
    picture: ClassVar[Picture] = "image"
    function: ClassVar[Any]
    asked: ClassVar[TaskKind] = "classification"

    samples: int = whole(3600, 20, 12000, "How many pictures.", unit="pictures", step=20)
    noise: float = real(0.05, 0.0, 0.5, "How much the brightness of every pixel strays.")

    @property
    def shape(self) -> Shape:
        return image(1, PIXELS, PIXELS)

    @property
    def count(self) -> int:
        return self.samples

    @property
    def task(self) -> Task:
        return Task(kind=self.asked, outputs=len(SHAPES), classes=SHAPES, target="shape")

    def recipe(self) -> Recipe:
        return Recipe(type(self).function, {"samples": self.samples, "noise": self.noise, "seed": self.seed})


class Shapes(_Drawn):
    """Drawn pictures of 32×32 pixels with one of six shapes, at any angle, place and size."""

    kind: Literal["shapes"] = "shapes"
    title: ClassVar[str] = "Shapes"
    function: ClassVar[Any] = staticmethod(shapes)


class ShapesLabels(_Drawn):
    """Drawn pictures of 32×32 pixels with one to three of six shapes: say of each whether it is there."""

    kind: Literal["shapes_labels"] = "shapes_labels"
    title: ClassVar[str] = "Shapes, several at once"
    function: ClassVar[Any] = staticmethod(shapes_labels)
    asked: ClassVar[TaskKind] = "multi_label"
