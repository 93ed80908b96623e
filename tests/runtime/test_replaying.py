"""Protects replays: a run again, with all that was done to it at its steps, is the same to the last bit."""

import json
import signal
import uuid

import pytest

from core import events
from core.events import Changed, Compared, Finished, Started, Stopped, TurboChanged, WeightEdited
from core.experiment.model import read
from core.problems import Problems
from core.records import RunState
from core.runtime import branching, client, paths, replaying
from core.runtime.endings import left_behind
from tests.conftest import until
from tests.runtime.conftest import experiment

PINNED = {"device": "cpu", "threads": 1}


@pytest.fixture
def steered(works):
    """A run that was changed in several ways, and stopped."""
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    works.until_step(run, 20)
    for setting, value in (("training.optimizer.learning_rate", 0.01), ("training.batch_size", 16),
                           ("training.optimizer", {"kind": "sgd", "learning_rate": 0.05})):
        count = len(works.said(run, Changed))
        works.tell(run, "set", setting=setting, value=value)
        until(lambda count=count: len(works.said(run, Changed)) > count, 20, "a change")
    works.tell(run, "weight", node="hidden1", parameter="0.weight", index=[0, 0], value=0.5)
    until(lambda: works.said(run, WeightEdited), 20, "the weight")
    works.until_step(run, works.said(run, WeightEdited)[0].step + 50)
    works.tell(run, "stop")
    works.until_over(run)
    return run


def equal(works, run, other):
    (told,) = works.said(other, Compared)
    assert (told.run, told.same, told.until, told.weights) == (run, True, None, "equal"), told.words()
    assert works.run(other).reason == told.words()
    assert told.points == len(works.reader(run).points(0, 1 << 40)[0]) > 0
    assert ((works.folder(run) / "weights.safetensors").read_bytes()
            == (works.folder(other) / "weights.safetensors").read_bytes())
    for kind in (Changed, WeightEdited):
        assert works.said(run, kind) == works.said(other, kind)


def test_a_steered_run_is_replayed_to_the_last_bit_with_its_changes_and_its_stop(works, steered):
    other = replaying.replay(works.store, steered, uuid.uuid4().hex)
    assert works.until_over(other, 60).state is RunState.STOPPED
    equal(works, steered, other)
    assert works.said(other, Stopped)[0].test == works.said(steered, Stopped)[0].test


def test_a_replay_that_was_killed_goes_on_with_what_is_still_to_be_done(works, steered):
    last = works.said(steered, Stopped)[0].step
    other = replaying.replay(works.store, steered, uuid.uuid4().hex)
    works.tell(other, "pace", value=max(last / 3, 1.0))
    works.until_step(other, last // 3)
    works.worker(other).send_signal(signal.SIGKILL)
    works.until_state(other, RunState.INTERRUPTED)
    client.resume(works.store, other)
    works.tell(other, "pace", value=None)
    works.until_over(other, 60)
    equal(works, steered, other)


def test_a_finished_run_is_replayed_and_one_that_goes_on_is_not(works):
    endless = works.queue(experiment(epochs=None, **PINNED), pace=300)
    works.until_step(endless, 5)
    with pytest.raises(Problems, match="is not over yet"):
        replaying.replay(works.store, endless, uuid.uuid4().hex)
    works.tell(endless, "stop")
    run = works.queue(experiment(epochs=5, **PINNED))
    works.until_over(run)
    key = uuid.uuid4().hex
    other = replaying.replay(works.store, run, key)
    assert replaying.replay(works.store, run, key) == other, "the same key is the same run"
    works.until_over(other)
    assert works.said(other, Finished)[0].test == works.said(run, Finished)[0].test
    equal(works, run, other)


def test_who_goes_on_from_a_replay_is_not_held_to_where_its_run_happened_to_train(works):
    run = works.queue(experiment(epochs=2, device="auto", threads=None, turbo="auto"))
    works.until_over(run)
    again = replaying.replay(works.store, run, uuid.uuid4().hex)
    works.until_over(again)
    once_more = replaying.replay(works.store, again, uuid.uuid4().hex)
    works.until_over(once_more)
    pinned = read(works.run(once_more).experiment)
    assert (pinned.training.turbo, pinned.training.device) == ("off", works.said(run, Started)[0].device)
    assert replaying.as_asked(works.store, once_more, pinned) == read(works.run(run).experiment)
    works.catalog.delete(run)
    assert replaying.as_asked(works.store, once_more, pinned) == read(works.run(again).experiment)


def test_who_goes_on_from_a_replay_has_turbo_as_it_was_last_in_its_run(works):
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    works.until_step(run, 5)
    works.tell(run, "set", setting="training.turbo", value="auto")
    until(lambda: works.said(run, Changed), 20, "the change")
    works.tell(run, "stop")
    works.until_over(run)
    again = replaying.replay(works.store, run, uuid.uuid4().hex)
    works.until_over(again)
    assert [event.value for event in works.said(again, Changed)] == ["off"]
    repeated, _ = branching.now(works.store, works.run(again))
    assert repeated.training.turbo == "off"
    assert replaying.as_asked(works.store, again, repeated).training.turbo == "auto"


def test_a_replay_that_cannot_have_the_compiled_steps_says_so_and_does_not_claim_them(works, monkeypatch):
    run = works.queue(experiment(epochs=5, **PINNED))
    works.until_over(run)
    lost = TurboChanged(step=3, state="on", key="of another version", steps=8, gain=3.0)
    monkeypatch.setattr(replaying, "_told", lambda store, run: [*works.said(run, Started), lost])
    other = replaying.replay(works.store, run, uuid.uuid4().hex)
    works.until_over(other, 60)
    assert [event.state for event in works.said(other, TurboChanged)] == ["off"]
    assert any("Not exact" in text for _, text in works.reader(other).notes())


def test_a_replay_ended_by_hand_is_compared_as_far_as_it_went(works, steered):
    other = replaying.replay(works.store, steered, uuid.uuid4().hex)
    works.tell(other, "step")
    works.until_state(other, RunState.PAUSED)
    works.tell(other, "stop")
    works.until_over(other)
    (told,) = works.said(other, Compared)
    assert told.same, told.words()
    assert told.until == works.said(other, Stopped)[0].step < works.said(steered, Stopped)[0].step
    assert "As far as both went" in works.run(other).reason


def test_a_replay_of_a_run_that_is_gone_says_that_it_was_not_compared(works):
    run = works.queue(experiment(epochs=2, **PINNED))
    works.until_over(run)
    other = replaying.replay(works.store, run, uuid.uuid4().hex)
    works.tell(other, "pace", value=20.0)
    works.until_step(other, 1)
    works.catalog.delete(run)
    works.tell(other, "pace", value=None)
    assert works.until_over(other).state is RunState.FINISHED
    assert works.said(other, Compared) == []
    assert any(f"not compared with run {run}" in text for _, text in works.reader(other).notes())


def test_a_replay_killed_between_its_ending_and_the_catalog_keeps_what_the_comparison_showed(works):
    run = works.queue(experiment(epochs=2, **PINNED))
    works.until_over(run)
    other = replaying.replay(works.store, run, uuid.uuid4().hex)
    works.until_over(other)
    assert left_behind(works.folder(other))[0] == (RunState.FINISHED, works.run(other).reason)


def test_the_plan_of_a_version_before_is_followed_without_a_comparison(works, tmp_path):
    path = paths.plan(tmp_path, 1)
    path.parent.mkdir(parents=True)
    stop = Stopped(step=3, epoch=1, seconds=0.0, test={})
    path.write_text(json.dumps([events.write(stop)]))
    assert replaying.plan(tmp_path, 1) == [stop]
    assert replaying.original(tmp_path, 1) is None


@pytest.mark.parametrize("layout", [pytest.param("auto", marks=pytest.mark.slow), "channels_last"])
def test_pictures_lie_in_a_replay_as_they_did_in_its_run(works, layout):
    run = works.queue(experiment("digits-cnn", layout=layout, **PINNED))
    works.until_over(run, 60)
    (told,) = works.said(run, Started)
    assert layout in ("auto", told.layout)
    other = replaying.replay(works.store, run, uuid.uuid4().hex)
    assert works.run(other).experiment["training"]["layout"] == told.layout
    works.until_over(other, 60)
    assert works.said(other, Started) == [told]
    equal(works, run, other)
