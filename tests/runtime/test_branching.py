"""Protects going back: moments of a run can be looked at and branched from, whatever becomes of it."""

import errno
import json
import os
import shutil
import signal
import uuid
from contextlib import closing

import numpy as np
import pytest

from core.events import Branched, Finished, Started, StepsRecorded, Validated
from core.problems import Problems, StoreTrouble
from core.records import RunState, Snapshot
from core.runtime import branching, client, paths
from core.runtime.analyst import reply
from core.runtime.desk import Desk
from core.runtime.requests import Moment, read
from core.store.moments import moment
from core.store.trouble import StoreFull
from tests.conftest import until
from tests.runtime.conftest import experiment

PINNED = {"device": "cpu", "threads": 1}


def moments(works, run, count=3):
    """Wait until so many moments of a run can be branched from; their steps, without the very first."""
    return until(lambda: len(kept := works.reader(run).moments()) > count and kept, 60, "moments")[1:]


def branch(works, run, step, raw):
    with closing(Desk(works.store)) as desk:
        return desk.answer(read_train(raw, run, step))["run"]


def read_train(raw, run, step):
    return read(json.dumps({"id": 1, "do": "train", "draft": raw, "key": uuid.uuid4().hex,
                            "origin": {"run": run, "step": step}}))


def stopped_with_moments(works):
    raw = experiment(epochs=None, **PINNED)
    run = works.queue(raw)
    moments(works, run)
    works.tell(run, "stop")
    works.until_over(run)
    return run, raw


@pytest.fixture(scope="module")
def whole(works):
    """A run that was stopped when it had three moments to go on from, and its experiment; to be kept."""
    return stopped_with_moments(works)


def told(works, run, after):
    """What a run told of its numbers after a step."""
    points, _ = works.reader(run).points(limit=10**9)
    return sorted(point for point in points if point[1] > after)


def test_a_run_keeps_its_beginning_its_end_and_moments_between_to_look_at(works, whole):
    run, _ = whole
    last = works.reader(run).last_event().step
    steps = works.reader(run).moments()
    assert (steps[0], steps[-1]) == (0, last)
    assert len(steps) >= 4
    with closing(Desk(works.store)) as desk:
        for step in steps:
            seen = Snapshot.unpack(desk.moment(Moment(id=1, do="moment", run=run, step=step)))
            assert (seen.step, seen.epoch) == (step, step // 10)
        with pytest.raises(Problems, match=f"Run {run} keeps no moment of step 123456789"):
            desk.moment(Moment(id=1, do="moment", run=run, step=123456789))


def test_a_branch_with_nothing_changed_repeats_the_run_to_the_last_bit(works, whole):
    run, raw = whole
    step, last = moments(works, run)[0], works.reader(run).last_event().step
    other = branch(works, run, step, raw)
    works.until_step(other, last + 1, 60)
    works.tell(other, "stop")
    works.until_over(other)
    both = [told(works, one, step) for one in (run, other)]
    recorded = [{point for point in points if point[1] <= last} for points in both]
    assert recorded[0] == recorded[1]
    assert len(recorded[0]) > 50
    [said] = works.said(other, Branched)
    assert said == Branched(step=step, run=run, fresh=(), memory=True, same_course=True)
    assert (works.run(other).parent, works.run(other).parent_step) == (run, step)
    assert works.said(other, Validated)[0].step == step


def test_a_branch_outlives_the_run_it_came_from_and_a_kill(works):
    run, raw = stopped_with_moments(works)
    step = moments(works, run)[0]
    raw["training"]["batch_size"] = 16
    other = branch(works, run, step, raw)
    works.catalog.delete(run)
    works.until_step(other, step + 5)
    works.worker(other).send_signal(signal.SIGKILL)
    works.until_state(other, RunState.INTERRUPTED)
    client.resume(works.store, other)
    works.until_step(other, step + 400)
    works.tell(other, "stop")
    works.until_over(other)
    assert len(works.said(other, Started)) == 1
    assert [event.same_course for event in works.said(other, Branched)] == [False]
    steps = [at for event in works.said(other, StepsRecorded) for at in event.steps]
    assert steps[0] == step + 1
    assert steps == sorted(set(steps))


def test_a_finished_run_is_trained_on_only_with_more_epochs(works):
    raw = experiment(epochs=60, **PINNED)
    run = works.queue(raw)
    works.until_over(run)
    assert works.reader(run).moments()[-1] == 600
    with pytest.raises(Problems, match=r"All 60 epochs are done.*more than 60 epochs"):
        branch(works, run, 600, raw)
    raw["training"]["epochs"] = 62
    other = branch(works, run, 600, raw)
    works.until_over(other)
    assert [event.step for event in works.said(other, Finished)] == [620]


def test_what_is_not_kept_starts_nothing(works, whole):
    run, raw = whole
    before = len(works.catalog.runs())
    first = works.reader(run).moments()[0]
    with pytest.raises(Problems, match=f"Run {run} keeps no moment of step 123456789"):
        branch(works, run, 123456789, raw)
    with pytest.raises(Problems, match=f"Run {run} keeps no moment of step {first}"):
        branch(works, run, first, raw)  # a picture only
    assert len(works.catalog.runs()) == before


@pytest.fixture
def kept(tmp_path):
    """A store with a moment of run 1."""
    place = paths.checkpoint(tmp_path, 1, 5)
    place.mkdir(parents=True)
    for name in ("state.json", "state.safetensors"):
        (place / name).write_text(name)
    return tmp_path


def test_the_moment_of_a_branch_is_the_same_files_and_outlives_the_run(kept):
    branching.take_along(kept, 1, 5, 2)
    shutil.rmtree(paths.checkpoint(kept, 1, 5))
    branching.take_along(kept, 2, 5, 3)  # the first moment of a branch is its origin's
    for run in (2, 3):
        place = paths.origin(kept, run) / "ckpt-5"
        assert {part.name: part.read_text() for part in place.iterdir()} == {
            name: name for name in ("state.json", "state.safetensors")}


@pytest.mark.parametrize(("fault", "refusal"), [
    (errno.ENOENT, Problems), (errno.ENOSPC, StoreFull), (errno.EACCES, StoreTrouble)])
def test_only_a_moment_that_is_gone_is_called_gone(kept, monkeypatch, fault, refusal):
    def refuse(*_):
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(branching.os, "link", refuse)
    monkeypatch.setattr(branching.shutil, "copy2", refuse)
    with pytest.raises(refusal) as told:
        branching.take_along(kept, 1, 5, 2)
    assert ("keeps no moment of step 5" in str(told.value)) == (fault == errno.ENOENT)
    assert not paths.origin(kept, 2).exists(), "nothing half"


def test_another_sample_is_followed_through_the_network_of_a_moment(works, whole):
    run, raw = whole
    early, late = moments(works, run)[0], works.reader(run).moments()[-1]
    seen = [reply(works.store, "look", {"experiment": raw, "run": run, "step": step, "sample": 3})
            for step in (early, late)]
    assert [one.step for one in seen] == [early, late]
    kept = Snapshot.unpack(branching.seen(works.store, run, late))
    assert seen[1].arrays.keys() == kept.arrays.keys()
    surface = next(name for name in kept.arrays if name.startswith("surface"))
    assert np.abs(seen[1].arrays[surface].astype(float) - kept.arrays[surface]).max() <= 1
    assert np.abs(seen[0].arrays[surface].astype(float) - kept.arrays[surface]).max() > 1


def test_moments_ahead_of_what_was_stored_are_let_go_when_a_run_is_resumed(works):
    run = works.queue(experiment(epochs=None, **PINNED))
    moments(works, run)
    works.worker(run).send_signal(signal.SIGKILL)
    works.until_state(run, RunState.INTERRUPTED)
    newest = works.reader(run).moments()[-1]
    (paths.checkpoint(works.store, run, newest) / "state.json").write_text("{}")
    client.resume(works.store, run)
    until(lambda: works.reader(run).snapshot(moment(newest)) is None, 20, "the picture going with it")
    works.tell(run, "stop")
    works.until_over(run)
