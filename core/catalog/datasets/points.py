"""Points on the plane from -1 to 1: small enough to watch a network bend space around them."""

from typing import Any, ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Samples, Task, typed
from core.catalog.fields import real, several, whole
from core.shapes import Shape, features

FEATURES = {"x1": "x₁", "x2": "x₂", "x1_squared": "x₁²", "x2_squared": "x₂²", "x1_x2": "x₁x₂",
            "sin_x1": "sin 6x₁", "sin_x2": "sin 6x₂"}
FeatureName = Literal["x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2"]


def plane_features(points: np.ndarray, features: list[str]) -> np.ndarray:
    """What the network is shown of each point. points: (n, 2). Result: (n, features) float32."""
    x1, x2 = points[:, 0], points[:, 1]
    columns = {"x1": x1, "x2": x2, "x1_squared": x1**2, "x2_squared": x2**2, "x1_x2": x1 * x2,
               "sin_x1": np.sin(6 * x1), "sin_x2": np.sin(6 * x2)}
    return np.stack([columns[name] for name in features], axis=1).astype(np.float32)


def circle(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc of one class inside a ring of the other."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    radius = np.where(labels == 0, rng.uniform(0, 0.45, samples), rng.uniform(0.65, 1, samples))
    angle = rng.uniform(0, 2 * np.pi, samples)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points + rng.normal(0, noise, points.shape), labels


def xor(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Four squares; opposite corners are of one class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    side = rng.choice([-1, 1], samples)
    points = rng.uniform(0.05, 1, (samples, 2)) * np.stack([side, np.where(labels == 0, side, -side)], axis=1)
    return points + rng.normal(0, noise, points.shape), labels


def gaussians(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two round clouds, one in each of two opposite corners."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    centres = np.where(labels[:, None] == 0, -0.4, 0.4)
    return centres + rng.normal(0, 0.12 + noise, (samples, 2)), labels


def spiral(samples: int, noise: float, seed: int, arms: int) -> tuple[np.ndarray, np.ndarray]:
    """Arms that wind around each other, one class per arm."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % arms
    along = 0.06 + 0.94 * (np.arange(samples) // arms + 0.5) / np.ceil(samples / arms)
    angle = 1.75 * 2 * np.pi * along + 2 * np.pi * labels / arms
    points = along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + rng.normal(0, noise, points.shape), labels


def moons(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two half moons that reach into each other."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    angle = rng.uniform(0, np.pi, samples)
    x1 = np.where(labels == 0, np.cos(angle), 1 - np.cos(angle)) - 0.5
    x2 = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return np.stack([x1, x2], axis=1) / 1.6 + rng.normal(0, noise, (samples, 2)), labels


def checkerboard(samples: int, noise: float, seed: int, squares: int) -> tuple[np.ndarray, np.ndarray]:
    """A board of squares whose colours alternate."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    column = rng.integers(0, squares, samples)
    first = (column + labels) % 2  # the lowest row of this column that has the label's colour
    row = first + 2 * rng.integers(0, (squares + 1 - first) // 2)
    points = 2 * (np.stack([column, row], axis=1) + rng.uniform(0, 1, (samples, 2))) / squares - 1
    return points + rng.normal(0, noise, points.shape), labels


def plane(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A value that rises evenly along the diagonal."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (samples, 2))
    values = (points[:, 0] + points[:, 1]) / 2
    return points, values + rng.normal(0, noise, samples)


def multi_gauss(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A landscape of three hills and three hollows."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (samples, 2))
    bumps = [(-0.65, 0.4, 1), (0, 0.4, -1), (0.65, 0.4, 1), (-0.65, -0.4, -1), (0, -0.4, 1), (0.65, -0.4, -1)]
    squares = [((points[:, 0] - x1) ** 2 + (points[:, 1] - x2) ** 2, sign) for x1, x2, sign in bumps]
    values = sum(sign * np.exp(-square / 0.06) for square, sign in squares)
    return points, values + rng.normal(0, noise, samples)


class Points(Dataset):
    """Points on the plane, shown to the network through features of your choice."""

    group: ClassVar[str] = "points, two classes"
    picture: ClassVar[Picture] = "plane"
    function: ClassVar[Any]

    samples: int = whole(500, 20, 20000, "How many points.", unit="points", step=20)
    noise: float = real(0.02, 0.0, 0.5, "How far points stray from where they belong.")
    features: tuple[FeatureName, ...] = several(("x1", "x2"), "What the network is shown of each point.",
                                                titles=FEATURES)

    @property
    def shape(self) -> Shape:
        return features(len(self.features))

    @property
    def count(self) -> int:
        return self.samples

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=2, classes=("orange", "blue"), target="class")

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(FEATURES[name] for name in self.features)

    def recipe(self) -> Recipe:
        return Recipe(type(self).function, {"samples": self.samples, "noise": self.noise, "seed": self.seed})

    def shown(self) -> Recipe:
        return Recipe(plane_features, {"features": list(self.features)})

    def inputs(self, points: np.ndarray) -> np.ndarray:
        """What the network is shown of any points. points: (n, 2). Result: (n, features) float32."""
        shown = self.shown()
        return shown.function(points, **shown.kwargs)

    def make(self) -> Samples:
        recipe = self.recipe()
        points, targets = recipe.function(**recipe.kwargs)
        return Samples(self.inputs(points), typed(targets, self.task), points.astype(np.float32))


class Circle(Points):
    """A disc of one class inside a ring of the other. No straight line can part them."""

    kind: Literal["circle"] = "circle"
    title: ClassVar[str] = "Circle"
    function: ClassVar[Any] = staticmethod(circle)


class XOR(Points):
    """Four squares, opposite corners of one class. The classic task that one neuron cannot solve."""

    kind: Literal["xor"] = "xor"
    title: ClassVar[str] = "XOR"
    function: ClassVar[Any] = staticmethod(xor)


class Gaussians(Points):
    """Two round clouds. A straight line is enough: one neuron can do it."""

    kind: Literal["gaussians"] = "gaussians"
    title: ClassVar[str] = "Gaussians"
    function: ClassVar[Any] = staticmethod(gaussians)


class Spiral(Points):
    """Arms that wind around each other, one class per arm. Hard, and it shows what hidden layers are for."""

    kind: Literal["spiral"] = "spiral"
    title: ClassVar[str] = "Spirals"
    function: ClassVar[Any] = staticmethod(spiral)
    arms: int = whole(2, 2, 5, "How many arms, each a class of its own.", unit="arms")

    @property
    def task(self) -> Task:
        names = ("orange", "blue", "green", "pink", "yellow")[:self.arms]
        return Task(kind="classification", outputs=self.arms, classes=names, target="arm")

    def recipe(self) -> Recipe:
        recipe = super().recipe()
        return Recipe(recipe.function, {**recipe.kwargs, "arms": self.arms})


class Moons(Points):
    """Two half moons that reach into each other."""

    kind: Literal["moons"] = "moons"
    title: ClassVar[str] = "Moons"
    function: ClassVar[Any] = staticmethod(moons)


class Checkerboard(Points):
    """A board of squares whose colours alternate. The more squares, the more neurons it takes."""

    kind: Literal["checkerboard"] = "checkerboard"
    title: ClassVar[str] = "Checkerboard"
    function: ClassVar[Any] = staticmethod(checkerboard)
    squares: int = whole(4, 2, 8, "Squares along one side.", unit="squares")

    def recipe(self) -> Recipe:
        recipe = super().recipe()
        return Recipe(recipe.function, {**recipe.kwargs, "squares": self.squares})


class _Values(Points):
    """Points on the plane with a value to predict."""

    group: ClassVar[str] = "points, a value"

    @property
    def task(self) -> Task:
        return Task(kind="regression", outputs=1, target="value")


class Plane(_Values):
    """A value that rises evenly along the diagonal. One neuron without activation is enough."""

    kind: Literal["plane"] = "plane"
    title: ClassVar[str] = "Plane"
    function: ClassVar[Any] = staticmethod(plane)


class MultiGauss(_Values):
    """A landscape of three hills and three hollows."""

    kind: Literal["multi_gauss"] = "multi_gauss"
    title: ClassVar[str] = "Hills and hollows"
    function: ClassVar[Any] = staticmethod(multi_gauss)
