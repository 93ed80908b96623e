"""Protects what a run's database promises its readers: nothing changes, nothing is missing, an end stays."""

import math
import os

import numpy as np
import pytest

from core.events import Failed, Finished, Paused, StepsRecorded, Validated
from core.records import Progress
from core.store.reader import Reader
from core.store.trouble import RunIsOver
from core.store.writer import Writer

END = Finished(step=9, epoch=1, seconds=1.0, test={"loss": 0.5})


@pytest.fixture
def run(tmp_path):
    writer, reader = Writer(tmp_path), Reader(tmp_path)
    yield writer, reader
    writer.close()
    reader.close()


def steps(first: int, values: "list[float] | np.ndarray") -> StepsRecorded:
    return StepsRecorded(steps=tuple(range(first, first + len(values))), losses=tuple(map(float, values)))


def validated(step: int, accuracy: float) -> Validated:
    return Validated(step=step, epoch=1, learning_rate=0.1, scores={"loss": 1.0, "accuracy": accuracy})


def same(some, others) -> bool:
    """Equal, where undefined equals undefined."""
    return repr(some) == repr(others)


def test_a_run_that_has_not_begun_has_said_nothing(tmp_path):
    reader = Reader(tmp_path / "not there")
    assert (reader.version(), reader.events(), reader.points(), reader.names(), reader.progress()) == (
        0, [], ([], 0), (), None)
    assert reader.series("train_loss", 10).steps == ()
    writer = Writer(tmp_path / "not there")
    writer.append(Paused(step=1))
    assert len(reader.events()) == 1, "a reader opened too early finds it later"
    writer.close()
    reader.close()


def test_events_come_back_as_they_were_said_numbered_without_gaps(run):
    writer, reader = run
    said = [steps(1, [1.0, math.nan, math.inf, -math.inf]), validated(4, 0.5), Paused(step=4),
            Failed(what="x")]
    writer.append(said[0])
    writer.append(*said[1:])
    told = reader.events()
    assert [seq for seq, _ in told] == [1, 2, 3, 4]
    assert same([event for _, event in told], said)
    assert same(reader.events(after=2), told[2:])
    assert same([event for _, event in reader.events(points=False)], said[2:])
    assert same(reader.last_event(), said[-1])


def test_points_are_told_once_each_at_any_limit(run):
    writer, reader = run
    values = [1.0, math.nan, math.inf, -math.inf, 0.25]
    writer.append(steps(1, values), validated(5, 0.5))
    writer.append(steps(6, [7.0]))
    whole, end = reader.points()
    assert end == len(whole) == reader.last_point() == 9
    for limit in (1, 2, 3, 100):
        told, cursor = [], 0
        while cursor < end:
            some, cursor = reader.points(cursor, limit)
            assert len(some) == min(limit, end - len(told))
            told += some
        assert same(told, whole)
    assert [value for name, _, value in whole if name == "train_loss"][2:] == [math.inf, -math.inf, 0.25, 7.0]
    assert reader.points(end) == ([], end)
    assert reader.curves(5)[0]["validation_accuracy"] == ([5], [0.5])
    assert reader.last()["train_loss"] == (6, 7.0)


def test_an_end_is_the_last_word_also_for_the_next_writer(run, tmp_path):
    writer, reader = run
    writer.append(steps(1, [1.0]), END)
    again = Writer(tmp_path)
    for hand in (writer, again):
        with pytest.raises(RunIsOver, match=r"\.$"):
            hand.append(steps(2, [1.0]))
    again.close()
    assert len(reader.events()) == 2


def test_another_writer_goes_on_where_the_one_before_was_killed(run, tmp_path):
    writer, reader = run
    writer.append(steps(1, range(300)))
    again = Writer(tmp_path)
    again.append(steps(301, range(300, 5000)))
    again.close()
    assert reader.last_point() == 5000
    thinned = reader.series("train_loss", 50)
    assert (thinned.steps[0], thinned.values[0], thinned.steps[-1]) == (1, 0.0, 5000)


def random_walk(count: int) -> np.ndarray:
    values = np.random.default_rng(count).standard_normal(count).cumsum()
    values[::97] = np.nan
    return values


@pytest.mark.parametrize("count", [1, 2, 9, 257, 4097, 70_000, 300_000])
def test_a_thinned_series_has_the_lowest_and_highest_of_every_stretch_and_the_latest(run, count):
    writer, reader = run
    values = random_walk(count)
    rng = np.random.default_rng(0)
    done = 0
    while done < count:
        many = int(rng.integers(1, 9000))
        writer.append(steps(done + 1, values[done:done + many]))
        done += len(values[done:done + many])
    for points in (3, 10, 500):
        series = reader.series("train_loss", points)
        assert same(series, reader.series("train_loss", points))
        assert len(series.steps) == len(series.values) <= points
        assert list(series.steps) == sorted(set(series.steps))
        assert series.steps[-1] == count
        assert same(series.values, tuple(float(values[step - 1]) for step in series.steps))
        if count > 1:
            assert min(series.values) == np.nanmin(values) or math.isnan(series.values[0])
            assert {np.nanmin(values), np.nanmax(values)} <= set(series.values)


def test_a_growing_series_keeps_its_thinned_points_until_stretches_double(run):
    writer, reader = run
    values = random_walk(4000)
    writer.append(steps(1, values[:3000]))
    before = reader.series("train_loss", 1000).steps
    writer.append(steps(3001, values[3000:3500]))
    after = reader.series("train_loss", 1000).steps
    assert set(before[:-4]) <= set(after)


def test_a_transaction_that_came_to_nothing_leaves_nothing(run):
    writer, reader = run
    writer.append(steps(1, range(10)))
    with pytest.raises(OverflowError):
        writer.append(steps(11, range(10)), validated(2**70, 0.5))
    writer.append(steps(11, range(10)))
    assert reader.last_point() == 20
    assert reader.names() == ("train_loss",)
    assert reader.series("train_loss", 100).steps == tuple(range(1, 21))
    assert [seq for seq, _ in reader.events()] == [1, 2]


def test_snapshots_are_replaced_and_told_only_when_newer(run):
    writer, reader = run
    assert reader.snapshot("live") is None
    writer.snapshot("live", b"one")
    writer.snapshot("live", b"two")
    version, block = reader.snapshot("live")
    assert block == b"two"
    assert reader.snapshot("live", newer_than=version) is None


def test_progress_and_notes_reach_the_reader_who_notices_by_the_version(run):
    writer, reader = run
    reader.progress()
    version = reader.version()
    progress = Progress(step=3, pace=2.0, steps_per_second=math.inf)
    writer.progress(progress)
    assert reader.version() != version
    assert reader.progress() == progress
    writer.note("One.")
    writer.note("Two.")
    assert reader.notes() == [(1, "One."), (2, "Two.")]
    assert reader.notes(after=1) == [(2, "Two.")]


def test_a_connection_is_not_carried_into_another_process(run):
    writer, _ = run
    child = os.fork()
    if child == 0:
        try:
            writer.note("from the child")
        except TypeError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    writer.barrier()
