"""Pictures that come with scikit-learn."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Task
from core.shapes import Shape, image


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1797 handwritten digits, 8×8 pixels from 0 to 1. Result: (1797, 1, 8, 8), (1797,)."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels / 16).reshape(-1, 1, 8, 8), np.asarray(labels)


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
