"""Pieces of two real photos: pictures to be cleaned."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Task
from core.catalog.fields import real, switch, whole
from core.shapes import Shape, image

HEIGHT, WIDTH = 427, 640


def photo_patches(size: int, colour: bool, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Squares side by side, with noise and without it. Both: (samples, channels, size, size)."""
    from sklearn.datasets import load_sample_images

    photos = np.stack(load_sample_images().images).astype(np.float32) / 255
    if not colour:
        photos = photos @ np.array([[0.299], [0.587], [0.114]], np.float32)  # how bright each is to the eye
    rows, columns = photos.shape[1] // size, photos.shape[2] // size
    cut = photos[:, :rows * size, :columns * size].reshape(2, rows, size, columns, size, -1)
    clean = cut.transpose(0, 1, 3, 5, 2, 4).reshape(2 * rows * columns, -1, size, size)
    strayed = clean + np.random.default_rng(seed).normal(0, noise, clean.shape)
    return np.clip(strayed, 0, 1), clean


class PhotoPatches(Dataset):
    """Squares cut side by side out of two real photos (a temple, a flower), with noise to be taken out."""

    kind: Literal["photo_patches"] = "photo_patches"
    title: ClassVar[str] = "Photo patches with noise"
    group: ClassVar[str] = "images"
    picture: ClassVar[Picture] = "image"

    size: int = whole(16, 16, 32, "Height and width of a patch.", unit="pixels", step=8)
    colour: bool = switch(False, "Red, green and blue instead of grey.")
    noise: float = real(0.1, 0.0, 0.5, "How much the brightness of every pixel strays.")

    @property
    def shape(self) -> Shape:
        return image(3 if self.colour else 1, self.size, self.size)

    @property
    def count(self) -> int:
        return 2 * (HEIGHT // self.size) * (WIDTH // self.size)

    @property
    def task(self) -> Task:
        return Task(kind="reconstruction", outputs=self.shape.count, target="clean patch", shape=self.shape)

    def recipe(self) -> Recipe:
        return Recipe(photo_patches, {"size": self.size, "colour": self.colour, "noise": self.noise,
                                      "seed": self.seed})
