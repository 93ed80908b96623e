"""Protects data sets: what they declare is what they make, and the same seed makes the same."""

import numpy as np
import pytest

from core.catalog.base import Dataset
from core.catalog.datasets import DATASETS
from core.catalog.datasets.points import Points
from core.catalog.fields import settings
from tests.catalog.corners import all_corners, said

POINTS = [entry for entry in DATASETS if issubclass(entry, Points)]


def at(entry: type[Dataset], **changed: object) -> Dataset:
    return entry(**{"kind": entry.name(), **changed})


@pytest.mark.parametrize("data", all_corners(DATASETS), ids=said)
def test_what_is_declared_is_what_is_made(data):
    samples = data.make()
    assert samples.inputs.shape == (data.count, *data.shape.sizes)
    assert samples.inputs.dtype == np.float32
    assert np.isfinite(samples.inputs).all()
    assert len(samples.targets) == data.count
    assert not data.columns or len(data.columns) == data.shape.count
    if data.task.kind == "classification":
        assert samples.targets.dtype == np.int64
        assert set(samples.targets.tolist()) == set(range(data.task.outputs)), "every class and no other"
        assert len(data.task.classes) == data.task.outputs == len(set(data.task.classes))
    else:
        assert samples.targets.shape == (data.count, data.task.outputs)
        assert samples.targets.dtype == np.float32
    if data.picture == "plane":
        assert samples.points is not None
        assert samples.points.shape == (data.count, 2)
    else:
        assert samples.points is None
    if data.picture == "image":
        assert 0 <= samples.inputs.min() < samples.inputs.max() <= 1


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.name())
def test_the_same_seed_makes_the_same_data(entry):
    first, second = at(entry, seed=7).make(), at(entry, seed=7).make()
    assert np.array_equal(first.inputs, second.inputs)
    assert np.array_equal(first.targets, second.targets)


@pytest.mark.parametrize("entry", POINTS, ids=lambda entry: entry.name())
def test_another_seed_makes_other_points(entry):
    first, second = at(entry, seed=1).make(), at(entry, seed=2).make()
    assert not np.array_equal(first.inputs, second.inputs)


@pytest.mark.parametrize("entry", POINTS, ids=lambda entry: entry.name())
def test_features_are_functions_of_the_point_alone(entry):
    everything = tuple(choice.value for setting in settings(entry) if setting.form == "several"
                       for choice in setting.choices)
    plain, rich = at(entry), at(entry, features=everything)
    assert np.array_equal(plain.make().points, rich.make().points), "switching features on moves no point"
    assert np.allclose(rich.inputs(rich.make().points), rich.make().inputs, atol=1e-6)


@pytest.mark.parametrize("entry", POINTS, ids=lambda entry: entry.name())
def test_points_without_noise_lie_on_the_plane_that_is_drawn(entry):
    points = at(entry, noise=0.0, samples=2000).make().points
    assert np.abs(points).max() <= 1.1


@pytest.mark.parametrize("entry", [entry for entry in POINTS if at(entry).task.classes],
                         ids=lambda entry: entry.name())
@pytest.mark.parametrize("seed", range(5))
def test_classes_of_points_are_balanced_even_when_few(entry, seed):
    for samples in (20, 101):
        data = at(entry, samples=samples, seed=seed)
        counts = np.bincount(data.make().targets, minlength=data.task.outputs)
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("data", all_corners(DATASETS), ids=said)
def test_the_splits_hold_every_sample_once(data):
    sizes = data.sizes()
    assert sum(sizes) == data.count
    assert sizes.validation == round(data.count * data.validation_fraction)
    assert sizes.test == round(data.count * data.test_fraction)


@pytest.mark.parametrize("entry", [entry for entry in DATASETS if at(entry).picture == "table"],
                         ids=lambda entry: entry.name())
def test_a_table_names_as_many_columns_as_scikit_learn_does(entry):
    from sklearn import datasets

    known = getattr(datasets, f"load_{entry.name()}")()
    assert len(at(entry).columns) == len(known.feature_names) == len(set(at(entry).columns))
    assert len(at(entry).task.classes) == len(known.get("target_names", ()))
