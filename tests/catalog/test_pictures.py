"""Protects pictures: shapes lie where they are said to, colours mislead in the test split alone."""

import numpy as np
import pytest

from core.catalog.datasets.images import ColouredDigits, Digits, DigitsReconstruction
from core.catalog.datasets.photos import PhotoPatches
from core.catalog.datasets.shapes import CORNERS, SHAPES, Placed, Shapes, ShapesLabels, drawn, placed


def one(shape: int, angle: float, size: float = 10) -> np.ndarray:
    return drawn(Placed(np.array([shape]), *(np.array([value]) for value in (angle, 16.3, 15.1, size))))[0]


def inks(inputs: np.ndarray) -> np.ndarray:
    """A number for the colour of each picture, whatever its brightness."""
    strongest = inputs.max((2, 3))
    return np.round(strongest / strongest.max(1, keepdims=True) * 10).astype(int) @ [10000, 100, 1]


def test_shapes_lie_where_they_are_said_to():
    at, middle = placed(600, 3), np.arange(32) + 0.5
    pictures = Shapes(samples=600, noise=0, seed=3).make().inputs[:, 0]
    weight = pictures - pictures.min((1, 2), keepdims=True)
    weight /= weight.sum((1, 2), keepdims=True)
    assert np.allclose((weight.sum(1) * middle).sum(1), at.x, atol=0.2)
    assert np.allclose((weight.sum(2) * middle).sum(1), at.y, atol=0.2)


@pytest.mark.parametrize("shape", range(len(SHAPES)), ids=SHAPES)
def test_a_shape_turned_into_itself_is_the_same_and_turned_by_half_of_that_is_not(shape):
    turn = 2 * np.pi / CORNERS[shape]
    assert np.allclose(one(shape, 0.2), one(shape, 0.2 + turn), atol=1e-3)
    assert np.allclose(one(shape, 0.2), one(shape, 0.2 + turn / 2), atol=1e-3) == (SHAPES[shape] == "circle")


@pytest.mark.parametrize(("shape", "area"), [("circle", np.pi), ("triangle", 3 * 3**0.5 / 4), ("square", 2),
                                             ("hexagon", 3 * 3**0.5 / 2)])
def test_a_shape_covers_as_much_as_its_size_says(shape, area):
    for size in (6, 12):
        assert one(SHAPES.index(shape), 0.4, size).sum() == pytest.approx(area * size**2, rel=0.02)


def test_a_picture_of_several_shapes_has_one_to_three_of_them():
    labels = ShapesLabels(samples=600).make().targets
    assert np.bincount(labels.sum(1).astype(int)).tolist() == [0, 200, 200, 200]
    assert np.allclose(labels.mean(0), 2 / 6, atol=0.08)


@pytest.mark.parametrize("changed", [{}, {"test_fraction": 0.05}, {"validation_fraction": 0.6, "seed": 5}])
def test_colour_gives_a_digit_away_until_the_test_split_where_it_misleads(changed):
    data = ColouredDigits(**changed)
    samples, sizes = data.make(), data.sizes()
    seen = inks(samples.inputs).tolist()
    known = dict(zip(seen[:sizes.train], samples.targets, strict=False))
    right = np.array([known[ink] for ink in seen]) == samples.targets
    assert len(known) == 10
    assert right[:-sizes.test].all()
    assert not right[-sizes.test:].any()


def test_colour_without_bias_says_nothing():
    samples = ColouredDigits(bias=0).make()
    hues = np.unique(inks(samples.inputs), return_inverse=True)[1]
    table = np.histogram2d(samples.targets, hues, bins=10)[0]
    assert table.min() > 3
    assert table.max() < 40


def test_splits_of_coloured_digits_cut_in_order_hold_the_digits_in_equal_shares():
    data = ColouredDigits(seed=2)
    targets, sizes = data.make().targets, data.sizes()
    assert data.ordered
    for part in np.split(targets, [sizes.train, sizes.train + sizes.validation]):
        assert np.abs(np.bincount(part) - np.bincount(targets) * len(part) / len(targets)).max() <= 2


def test_digits_to_be_freed_of_noise_come_out_as_the_digits_are():
    clean = Digits().make().inputs
    noisy = DigitsReconstruction(noise=0.4, seed=1).make()
    assert np.array_equal(noisy.targets, clean)
    assert 0.2 < np.abs(noisy.inputs - clean).mean() / 0.4 < 0.8
    assert np.array_equal(DigitsReconstruction().make().inputs, clean)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_patches_laid_side_by_side_are_the_photos(size):
    from sklearn.datasets import load_sample_images

    samples = PhotoPatches(size=size, colour=True, noise=0).make()
    rows, columns = 427 // size, 640 // size
    laid = samples.targets.reshape(2, rows, columns, 3, size, size).transpose(0, 1, 4, 2, 5, 3)
    laid = laid.reshape(2, rows * size, columns * size, 3)
    photos = np.stack(load_sample_images().images)[:, :rows * size, :columns * size]
    assert np.array_equal(np.round(laid * 255).astype(np.uint8), photos)
    assert np.array_equal(samples.inputs, samples.targets)
