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
from core.catalog.datasets.audio import Tones, Waves
from core.catalog.datasets.docstrings import Docstrings
from core.catalog.datasets.images import ColouredDigits, Digits, DigitsReconstruction
from core.catalog.datasets.names import Cities, Scripts
from core.catalog.datasets.news import Headlines
from core.catalog.datasets.pairs import Dates, NumberWords
from core.catalog.datasets.photos import PhotoPatches
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
from core.catalog.datasets.sentences import EnglishFrench
from core.catalog.datasets.series import Lorenz, MackeyGlass, SineMixes, Stocks
from core.catalog.datasets.shapes import Shapes, ShapesLabels
from core.catalog.datasets.tables import BreastCancer, Diabetes, Gapminder, Iris, Tips, Wine
from core.catalog.datasets.text import PythonTopics

DATASETS: tuple[type[Dataset], ...] = (
    Circle, XOR, Gaussians, Spiral, Moons, Checkerboard, Plane, MultiGauss, Digits, DigitsReconstruction,
    ColouredDigits, Shapes, ShapesLabels, PhotoPatches, Iris, Wine, BreastCancer, Diabetes, Gapminder, Tips,
    MackeyGlass, Lorenz, SineMixes, Stocks, Waves, Tones,
    PythonTopics, Scripts, Cities, Dates, NumberWords, EnglishFrench, Headlines, Docstrings,
    Copy, Reverse, Sort, Addition, Parity, Brackets, ModularAddition)
