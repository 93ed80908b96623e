"""Handwritten digits that come with scikit-learn: to be told apart, given back, or seen in misleading ink."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Task
from core.catalog.fields import real
from core.shapes import Shape, image


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1797 handwritten digits, 8×8 pixels from 0 to 1. Result: (1797, 1, 8, 8), (1797,)."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels / 16).reshape(-1, 1, 8, 8), np.asarray(labels)


def digits_reconstruction(noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The digits with noise and without. Both: (1797, 1, 8, 8)."""
    clean, _ = digits()
    return np.clip(clean + np.random.default_rng(seed).normal(0, noise, clean.shape), 0, 1), clean


def coloured_digits(bias: float, flipped: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The digits in ten colours. Result: (1797, 3, 8, 8), (1797,).

    bias: the share of digits in the colour of their class; the others are in any. flipped: how many at the
    end are in the colour of another class instead, five further on. All digits in equal shares throughout.
    """
    rng = np.random.default_rng(seed)
    pixels, labels = digits()
    order = rng.permutation(len(labels))
    within = np.empty(len(labels))
    for digit in range(10):
        mine = order[labels[order] == digit]
        within[mine] = (np.arange(len(mine)) + rng.uniform()) / len(mine)
    order = np.argsort(within)
    pixels, labels = pixels[order], labels[order]
    hue = np.where(rng.uniform(size=len(labels)) < bias, labels, rng.integers(0, 10, len(labels)))
    if flipped:
        hue[-flipped:] = (hue[-flipped:] + 5) % 10
    inks = np.clip(np.abs((hue[:, None] / 10 * 6 + [0, 4, 2]) % 6 - 3) - 1, 0, 1)
    return pixels * inks[:, :, None, None], labels


class Digits(Dataset):
    """1797 handwritten digits of 8×8 pixels, from 43 people (UCI, 1998). Small, real, and quick to learn."""

    kind: Literal["digits"] = "digits"
    title: ClassVar[str] = "Digits"
    group: ClassVar[str] = "images"
    picture: ClassVar[Picture] = "image"

    @property
    def shape(self) -> Shape:
        return image(1, 8, 8)

    @property
    def count(self) -> int:
        return 1797

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=10, classes=tuple("0123456789"), target="digit")

    def recipe(self) -> Recipe:
        return Recipe(digits, {})


class DigitsReconstruction(Dataset):
    """The 1797 digits, to be put out as they came in through a narrow middle, or freed of noise."""

    kind: Literal["digits_reconstruction"] = "digits_reconstruction"
    title: ClassVar[str] = "Digits to reconstruct"
    group: ClassVar[str] = "images"
    picture: ClassVar[Picture] = "image"

    noise: float = real(0.0, 0.0, 0.8, "How much the brightness of every pixel that goes in strays. "
                        "What is to come out has no noise.")

    @property
    def shape(self) -> Shape:
        return image(1, 8, 8)

    @property
    def count(self) -> int:
        return 1797

    @property
    def task(self) -> Task:
        return Task(kind="reconstruction", outputs=self.shape.count, target="digit", shape=self.shape)

    def recipe(self) -> Recipe:
        return Recipe(digits_reconstruction, {"noise": self.noise, "seed": self.seed})


class ColouredDigits(Dataset):
    """The 1797 digits in ten colours. Colour gives the digit away in training, and misleads in the test."""

    kind: Literal["coloured_digits"] = "coloured_digits"
    title: ClassVar[str] = "Coloured digits (misleading)"
    group: ClassVar[str] = "images"
    picture: ClassVar[Picture] = "image"
    ordered: ClassVar[bool] = True  # the misleading ones are made last, where the test split is

    bias: float = real(1.0, 0.0, 1.0, "Share of the digits in the colour of their class; the others are in "
                       "any. In the test split it is the colour of another class.")

    @property
    def shape(self) -> Shape:
        return image(3, 8, 8)

    @property
    def count(self) -> int:
        return 1797

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=10, classes=tuple("0123456789"), target="digit")

    def recipe(self) -> Recipe:
        return Recipe(coloured_digits, {"bias": self.bias, "flipped": self.sizes().test, "seed": self.seed})
