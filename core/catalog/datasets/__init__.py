"""Every data set, in the order of the menu."""

from core.catalog.base import Dataset
from core.catalog.datasets.algorithms import (
    Addition,
    Brackets,
    Copy,
    ModularAddition,
    Parity,
    Reverse,
    Sort,
)
from core.catalog.datasets.images import Digits
from core.catalog.datasets.names import Cities, Scripts
from core.catalog.datasets.points import (
    XOR,
    Checkerboard,
    Circle,
    Gaussians,
    Moons,
    MultiGauss,
    Plane,
    Spiral,
)
from core.catalog.datasets.tables import BreastCancer, Diabetes, Iris, Wine
from core.catalog.datasets.text import PythonTopics

DATASETS: tuple[type[Dataset], ...] = (
    Circle, XOR, Gaussians, Spiral, Moons, Checkerboard, Plane, MultiGauss, Digits, Iris, Wine, BreastCancer,
    Diabetes, PythonTopics, Scripts, Cities, Copy, Reverse, Sort, Addition, Parity, Brackets, ModularAddition)
