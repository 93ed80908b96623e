"""Protects data on its way into training: split once, in equal shares, scaled by the train split alone."""

import hashlib
from functools import cache

import numpy as np
import pytest
import torch

from core.catalog.datasets import DATASETS
from core.engine.data import SPLITS, split
from core.engine.preview import LISTED, preview
from core.experiment.check import data_problems
from core.problems import Problems
from core.records import Snapshot
from tests.catalog.corners import all_corners, said

QUICK = tuple(entry for entry in DATASETS if entry.picture in ("plane", "table"))
CORNERS = [data for data in [*all_corners(QUICK), *(entry(kind=entry.name()) for entry in DATASETS)]
           if not data_problems(data) and "features" not in data.model_dump(exclude_defaults=True)]


def at(entry, **changed):
    return entry(**{"kind": entry.name(), **changed})


@cache
def made(data):
    """Its split, made once for all tests that only look at it."""
    return split(data)


@pytest.mark.parametrize("data", CORNERS, ids=said)
def test_the_splits_are_disjoint_whole_and_stratified(data):
    ready = made(data)
    rows = torch.cat([ready.rows[name] for name in SPLITS])
    left = sorted(set(range(data.count)) - set(rows.tolist()))
    assert sorted([*rows.tolist(), *left]) == list(range(data.count))
    assert bool(left) == (data.train_share < 1), "only what was left out of training is in no split"
    assert {name: len(ready.rows[name]) for name in SPLITS} == data.sizes()._asdict()
    assert ready.inputs.dtype == (torch.int64 if data.shape.dtype == "integer" else torch.float32)
    assert torch.isfinite(ready.inputs).all()
    if data.ordered:
        assert rows.tolist() == list(range(len(left), data.count)), "train, validation, test in order of time"
    elif data.task.kind == "classification":
        everything = np.bincount(ready.samples.targets, minlength=data.task.outputs) / data.count
        for name in SPLITS[left != []:]:  # a small part of the train split is as it happened to be drawn
            counts = np.bincount(ready.part(name)[1].numpy(), minlength=data.task.outputs)
            assert np.abs(counts - everything * counts.sum()).max() <= 2, "equal but for rounding"
            assert counts.min() >= 1 or everything.min() * counts.sum() < 1.5


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.name())
def test_scaling_is_fitted_on_the_train_split_alone(entry):
    ready = made(at(entry))
    inputs, targets = ready.part("train")
    if not entry.scaled:
        assert np.array_equal(ready.inputs.numpy(), ready.samples.inputs)
        return
    train = ready.rows["train"].numpy()
    assert np.allclose(inputs.numpy().mean(0), 0, atol=1e-4)
    assert np.allclose(inputs.numpy().std(0), 1, atol=1e-4)
    assert np.allclose(ready.scaling.mean, ready.samples.inputs[train].mean(0))
    assert not np.allclose(ready.part("test")[0].numpy().mean(0), 0, atol=1e-4)
    if not ready.task.classes:
        assert abs(float(targets.mean())) < 1e-4
        assert abs(float(targets.std(correction=0)) - 1) < 1e-4
        back = targets.numpy() * ready.scaling.target_std + ready.scaling.target_mean
        assert np.allclose(back, ready.samples.targets[train], rtol=1e-4)


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.name())
def test_the_same_seed_splits_the_same_and_another_otherwise(entry):
    first, second, other = split(at(entry, seed=3)), split(at(entry, seed=3)), split(at(entry, seed=4))
    for name in SPLITS:
        assert torch.equal(first.rows[name], second.rows[name])
        assert torch.equal(first.rows[name], other.rows[name]) == entry.ordered, "time has one order"
    assert first.data_hash == second.data_hash
    samples = first.samples
    assert first.data_hash == hashlib.sha256(samples.inputs.tobytes() + samples.targets.tobytes()).hexdigest()


@pytest.mark.parametrize("entry", [entry for entry in QUICK if "samples" in entry.model_fields],
                         ids=lambda entry: entry.name())
def test_the_fewest_samples_can_be_split_under_any_seed(entry):
    for seed in range(20):
        for share in (0.4, 0.2, 0.3):
            data = at(entry, samples=20, seed=seed, validation_fraction=share, test_fraction=0.4)
            if data_problems(data):
                continue
            assert sum(len(rows) for rows in split(data).rows.values()) == 20


@pytest.mark.parametrize("data", [data for data in all_corners(QUICK) if data_problems(data)] + [
    at(entry, validation_fraction=0.6, test_fraction=0.6) for entry in DATASETS], ids=said)
def test_data_that_cannot_be_split_is_a_problem_wherever_it_is_asked_for(data):
    for asked in (split, preview):
        with pytest.raises(Problems):
            asked(data)


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.name())
def test_every_sample_is_in_one_split(entry):
    ready = made(at(entry))
    for sample in (0, 1, len(ready.inputs) - 1):
        assert sample in ready.rows[ready.split_of(sample)].tolist()


@pytest.mark.parametrize("data", CORNERS, ids=said)
def test_a_preview_can_be_packed_and_shows_what_is_there(data):
    shown = preview(data)
    back = Snapshot.unpack(shown.pack())
    assert back.facts == shown.facts
    assert shown.facts["sizes"] == data.sizes()._asdict()
    classes = data.task.kind == "classification"
    assert sum(shown.facts["counts"].values()) == (data.count if classes else 0)
    tests = made(data).rows["test"].tolist()
    match data.picture:
        case "plane":
            assert back.arrays["points"].shape == (data.count, 2)
            left = data.count - sum(data.sizes())
            assert np.bincount(back.arrays["split"], minlength=4).tolist() == [*data.sizes(), left]
        case "image":
            colours = (3,) if data.shape.sizes[0] == 3 else ()
            assert back.arrays["grid/images"].shape == (min(64, len(tests)), *data.shape.sizes[1:], *colours)
            assert ("grid/wanted" in back.arrays) == (data.task.kind == "reconstruction")
            assert back.arrays["grid/images"].max() > 200
        case "table":
            assert back.arrays["grid/index"].tolist() == tests, "every test row can be chosen"
            assert len(shown.facts["rows"]) == min(len(tests), LISTED)
            assert {len(row) for row in shown.facts["rows"]} == {len(data.columns) + 1}
            assert len(shown.facts["summary"]) == len(data.columns)
        case "text":
            assert back.arrays["grid/index"].tolist() == tests
            fields = set(data.fields) or {"input"}
            assert {frozenset(shown["input"]) for shown in shown.facts["texts"]} == {frozenset(fields)}
            assert any(shown["target"] for shown in shown.facts["texts"])
        case "series":
            curves = back.arrays["curves/inputs"]
            assert curves.shape[1] * curves.shape[2] == data.shape.count
            assert np.isfinite(curves).all()


@pytest.mark.parametrize("kind", ["wine", "diabetes", "mackey_glass", "digits"])
def test_less_training_data_is_a_part_of_more_and_nothing_else_changes(kind):
    entry = next(one for one in DATASETS if one.name() == kind)
    whole = split(entry())
    before: set[int] = set()
    for share in (0.05, 0.25, 1.0):
        data = entry(train_share=share)
        part = split(data)
        rows = set(part.rows["train"].tolist())
        assert len(rows) == data.sizes().train == round(share * len(whole.rows["train"]))
        assert before < rows <= set(whole.rows["train"].tolist())
        assert all(torch.equal(part.rows[name], whole.rows[name]) for name in ("validation", "test"))
        before = rows
    tenth = split(entry(train_share=0.1))
    left_out = set(whole.rows["train"].tolist()) - set(tenth.rows["train"].tolist())
    assert tenth.split_of(left_out.pop()) == "unused"
