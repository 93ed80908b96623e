"""Protects data sets: what they declare is what they make, and the same seed makes the same."""

import subprocess
import sys

import numpy as np
import pytest

from core.catalog.base import IGNORED, TOKENS, Dataset, Samples
from core.catalog.datasets import DATASETS
from core.catalog.datasets.points import Points
from core.catalog.fields import settings
from tests.catalog.corners import all_corners, said

POINTS = [entry for entry in DATASETS if issubclass(entry, Points)]
MADE = {said(data): data for data in all_corners(DATASETS) if "_fraction=" not in said(data)}
"""Every corner whose samples are others; shares only move them between the splits."""
SEQUENCES = [entry for entry in DATASETS if entry(kind=entry.name()).task.kind in TOKENS]


def at(entry: type[Dataset], **changed: object) -> Dataset:
    return entry(**{"kind": entry.name(), **changed})


@pytest.mark.parametrize("data", MADE.values(), ids=MADE)
def test_what_is_declared_is_what_is_made(data):
    samples = data.make()
    assert_inputs_are_as_declared(data, samples.inputs)
    assert_targets_are_as_declared(data, samples.targets)
    assert_pictures_are_as_declared(data, samples)
    if data.picture != "table":  # a real table may list two cases alike
        shown = samples.inputs if samples.points is None else samples.points
        assert len({row.tobytes() for row in shown}) == data.count, "no sample can be in two splits"


def assert_inputs_are_as_declared(data: Dataset, inputs: np.ndarray) -> None:
    assert inputs.shape == (data.count, *data.shape.sizes)
    assert len(data.shape.axes) == len(data.shape.sizes)
    assert inputs.dtype == (np.int64 if data.shape.dtype == "integer" else np.float32)
    assert np.isfinite(inputs).all()
    assert bool(data.shape.vocabulary) == (data.shape.dtype == "integer")
    if data.shape.dtype == "integer":
        assert 0 <= inputs.min() < inputs.max() < data.shape.vocabulary
    assert not data.columns or len(data.columns) == data.shape.count


def assert_targets_are_as_declared(data: Dataset, targets: np.ndarray) -> None:
    task = data.task
    assert targets.shape == (data.count, *task.target_sizes)
    assert len(task.classes) in (0, task.outputs)
    assert len(set(task.classes)) == len(task.classes), "every class has a word of its own"
    assert np.isfinite(targets).all()
    if task.kind == "classification":
        assert targets.dtype == np.int64
        assert set(targets.tolist()) == set(range(task.outputs)), "every class and no other"
        assert task.classes
    elif task.kind in TOKENS:
        assert targets.dtype == np.int64
        judged = targets != IGNORED
        assert judged.any(1).all(), "every sample has a step to judge"
        assert 0 <= targets[judged].min() < targets[judged].max() < task.outputs
    else:
        assert targets.dtype == np.float32
    if task.kind == "multi_label":
        assert set(np.unique(targets).tolist()) == {0.0, 1.0}
        assert task.classes


def assert_pictures_are_as_declared(data: Dataset, samples: Samples) -> None:
    if data.picture == "plane":
        assert samples.points is not None
        assert samples.points.shape == (data.count, 2)
    else:
        assert samples.points is None
    if data.picture == "image":
        assert 0 <= samples.inputs.min() < samples.inputs.max() <= 1
    assert (data.picture == "text") == (data.shape.dtype == "integer")


@pytest.mark.parametrize("data", MADE.values(), ids=MADE)
def test_parts_of_a_sample_lie_end_to_end(data):
    place = 0
    for part in data.fields.values():
        assert part.start == place
        assert part.shape.axes == data.shape.axes
        assert part.shape.sizes[1:] == data.shape.sizes[1:]
        assert (part.shape.dtype, part.shape.vocabulary) == (data.shape.dtype, data.shape.vocabulary)
        place = part.stop
    assert not data.fields or place == data.shape.sizes[0]


@pytest.mark.parametrize("entry", SEQUENCES, ids=lambda entry: entry.name())
def test_what_is_read_and_what_is_said_have_one_vocabulary(entry):
    data = at(entry)
    assert data.task.shape is not None
    assert data.task.shape.axes == ("time",)
    assert data.task.outputs == data.task.shape.vocabulary == data.shape.vocabulary == len(data.task.classes)


@pytest.mark.parametrize("entry", [entry for entry in SEQUENCES if at(entry).task.kind == "next_token"],
                         ids=lambda entry: entry.name())
def test_the_next_token_is_what_is_read_one_step_later(entry):
    samples = at(entry).make()
    said, read = samples.targets[:, :-1], samples.inputs[:, 1:]
    judged = said != IGNORED
    assert np.array_equal(said[judged], read[judged])


@pytest.mark.parametrize("entry", [entry for entry in SEQUENCES if "target" in at(entry).fields],
                         ids=lambda entry: entry.name())
def test_an_answer_is_read_behind_a_start_token_and_said_up_to_an_end_token(entry):
    data = at(entry)
    samples, words, part = data.make(), data.task.classes, data.fields["target"]
    read = samples.inputs[:, part.start:part.stop]
    judged = samples.targets != IGNORED
    assert part.shape == data.task.shape
    assert (read[:, 0] == words.index("␂")).all()
    assert np.array_equal(samples.targets[:, :-1][judged[:, 1:]], read[:, 1:][judged[:, 1:]])
    last = judged.sum(1) - 1
    assert (judged == (np.arange(judged.shape[1]) <= last[:, None])).all(), "judged from the first to the end"
    assert (samples.targets[np.arange(data.count), last] == words.index("␃")).all()
    assert (last > 0).all(), "no answer is empty"
    assert last.max() == judged.shape[1] - 1, "no step of the answer is spare"
    assert (samples.inputs[:, part.start - 1] != words.index("␀")).any(), "nor of the source"


def test_what_is_declared_is_known_without_making_it_or_loading_what_makes_it():
    code = ("import sys\n"
            "from core.catalog.base import Dataset\n"
            "from core.catalog.datasets import DATASETS\n"
            "Dataset.make = None\n"
            "for entry in DATASETS:\n"
            "    data = entry(kind=entry.name())\n"
            "    data.count, data.shape, data.task, data.fields, data.columns, data.sizes()\n"
            "heavy = {'sklearn', 'scipy', 'pandas', 'plotly', 'pydoc_data.topics', 'tzdata'}\n"
            "print(*sorted(heavy & sys.modules.keys()))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


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


@pytest.mark.parametrize("entry", [entry for entry in POINTS if at(entry).task.kind == "classification"],
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
    left = data.count - sizes.validation - sizes.test
    assert sizes.train == (max(1, round(left * data.train_share)) if left > 0 else left)
    near = data.count / 100 if data.ordered else 0.5  # in order, whole groups of samples stay together
    assert abs(sizes.validation - data.count * data.validation_fraction) <= near
    assert abs(sizes.test - data.count * data.test_fraction) <= near


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_a_table_names_as_many_columns_as_scikit_learn_does(name):
    from sklearn import datasets

    (data,) = [at(entry) for entry in DATASETS if entry.name() == name]
    known = getattr(datasets, f"load_{name}")()
    assert len(data.columns) == len(known.feature_names) == len(set(data.columns))
    assert len(data.task.classes) == len(known.get("target_names", ()))
