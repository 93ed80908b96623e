"""Every data set, in the order of the menu."""

from core.catalog.base import Dataset
from core.catalog.datasets.images import Digits
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

DATASETS: tuple[type[Dataset], ...] = (
    Circle, XOR, Gaussians, Spiral, Moons, Checkerboard, Plane, MultiGauss, Digits, Iris, Wine, BreastCancer,
    Diabetes)
