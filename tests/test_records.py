"""Protects what the store gives back: a snapshot is the same after its bytes, which a browser can view."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as draw

from core.records import Progress, Run, RunState, Snapshot

DTYPES = ("i1", "u1", "i4", "f4")
ARRAYS = draw.dictionaries(
    draw.text(draw.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    draw.tuples(draw.sampled_from(DTYPES), draw.lists(draw.integers(0, 5), max_size=4)), max_size=6)
FACTS = draw.dictionaries(draw.text(draw.characters(exclude_categories=["Cs"]), max_size=5),
                          draw.one_of(draw.none(), draw.booleans(), draw.integers(-10**6, 10**6),
                                      draw.floats(allow_nan=False, allow_infinity=False), draw.text(
                                          draw.characters(exclude_categories=["Cs"]))), max_size=4)


@given(ARRAYS, FACTS, draw.integers(0, 10**9), draw.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_unpacking_what_was_packed_is_the_identity(shapes, facts, step, epoch):
    rng = np.random.default_rng(0)
    arrays = {name: rng.integers(0, 100, shape).astype(dtype) for name, (dtype, shape) in shapes.items()}
    packed = Snapshot(step, epoch, facts, arrays).pack()
    back = Snapshot.unpack(packed)
    assert (back.step, back.epoch, back.facts) == (step, epoch, facts)
    assert list(back.arrays) == list(arrays)
    for name, array in arrays.items():
        assert back.arrays[name].dtype == array.dtype
        assert back.arrays[name].shape == array.shape
        assert np.array_equal(back.arrays[name], array)
    assert len(packed) % 8 == 0


def test_every_array_starts_at_a_multiple_of_eight():
    packed = Snapshot(1, 1, {"a": "ü" * 3},
                      {"one": np.ones(3, np.int8), "two": np.ones(5, np.float32)}).pack()
    (length,) = struct.unpack_from("<I", packed)
    header = json.loads(packed[4:4 + length])
    assert (4 + length) % 8 == 0
    assert [entry["offset"] % 8 for entry in header["arrays"]] == [0, 0]
    assert [entry["dtype"] for entry in header["arrays"]] == ["i1", "f4"]


def test_an_array_in_any_order_of_memory_is_packed_as_it_reads():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    for view in (array.T, array[::2, ::-1], np.asfortranarray(array)):
        assert np.array_equal(Snapshot.unpack(Snapshot(0, 0, {}, {"a": view}).pack()).arrays["a"], view)


def test_numbers_that_are_none_survive_in_arrays_and_are_refused_in_facts():
    array = np.array([np.nan, np.inf, -np.inf], np.float32)
    assert np.array_equal(Snapshot.unpack(Snapshot(0, 0, {}, {"a": array}).pack()).arrays["a"], array,
                          equal_nan=True)
    with pytest.raises(ValueError, match="JSON compliant"):
        Snapshot(0, 0, {"a": float("nan")}).pack()


def test_four_states_go_on_and_five_are_over():
    assert [state.value for state in RunState if not state.over] == ["queued", "starting", "running",
                                                                     "paused"]
    assert len([state for state in RunState if state.over]) == 5


@pytest.mark.parametrize("value", [
    Run(id=1, name="a", state=RunState.DIVERGED, experiment={"name": "a"}, created=1.0, best=float("nan")),
    Run(id=1, name="a", state=RunState.QUEUED, experiment={}, created=1.0), Progress(),
    Progress(step=3, remaining=1.5)])
def test_records_survive_json(value):
    back = type(value).model_validate_json(value.model_dump_json())
    assert back.model_dump_json() == value.model_dump_json()
