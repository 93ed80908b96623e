"""Protects one run's worker: it trains to a true end, heeds every command, survives mistakes."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load

from core.events import Changed, Failed, Finished, Paused, Resumed, Started, Stopped, Validated, WeightEdited
from core.records import RunState, Snapshot
from tests.conftest import until
from tests.runtime.conftest import ROOT, experiment


@pytest.fixture
def training(works):
    """A run that goes on until stopped, and its store."""
    run = works.queue(pace=300)
    works.until_step(run, 1, 60)
    yield works, run
    if not works.run(run).state.over:
        works.tell(run, "stop")
        works.until_over(run)


@pytest.fixture
def paused(training):
    works, run = training
    works.tell(run, "pause")
    works.until_state(run, RunState.PAUSED)
    until(lambda: works.said(run, Paused), what="Paused")
    return works, run


def live(works, run) -> Snapshot:
    return Snapshot.unpack(works.reader(run).snapshot("live")[1])


def test_a_run_trains_to_its_end_and_leaves_its_weights(works):
    raw = experiment(epochs=30)
    run = works.queue(raw)
    row = works.until_over(run, 60)
    events = [event for _, event in works.reader(run).events()]
    assert row.state is RunState.FINISHED, row.reason
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert row.best == max(event.scores["accuracy"] for event in events if isinstance(event, Validated))
    assert row.seconds == events[-1].seconds > 0
    assert json.loads((works.folder(run) / "experiment.json").read_text()) == raw
    weights = load((works.folder(run) / "weights.safetensors").read_bytes())
    assert sum(array.size for array in weights.values()) >= events[0].parameters
    assert live(works, run).step == works.reader(run).progress().step == events[-1].step
    until(lambda: not works.alive(run), what="the worker letting go")


def test_the_same_experiment_gives_the_same_losses_whatever_is_commanded_meanwhile(works):
    raw = experiment(epochs=40)
    calm, steered = works.queue(raw), works.queue(raw, pace=300)
    for kind in ("pause", "step", "epoch", "resume"):
        works.tell(steered, kind)
    works.tell(steered, "look", sample=3)
    works.tell(steered, "pace", value=None)
    for run in (calm, steered):
        assert works.until_over(run, 60).state is RunState.FINISHED
    losses = [works.reader(run).series("train_loss", 10_000) for run in (calm, steered)]
    assert losses[0] == losses[1]


def test_a_paused_run_stands_still_until_it_is_resumed(paused):
    works, run = paused
    at = works.said(run, Paused)[-1].step
    works.tell(run, "look", sample=5)
    until(lambda: live(works, run).facts["sample"]["index"] == 5, what="a look at sample 5")
    assert live(works, run).step == at == works.reader(run).progress().step
    works.tell(run, "resume")
    works.until_state(run, RunState.RUNNING)
    works.until_step(run, at + 1)
    assert works.said(run, Resumed)[-1].step == at


def test_one_step_is_one_step_and_one_epoch_ends_with_the_epoch(paused):
    works, run = paused
    at = works.said(run, Paused)[-1].step
    per_epoch = works.reader(run).progress().steps_per_epoch
    works.tell(run, "step")
    assert works.until_step(run, at + 1) == at + 1
    works.tell(run, "epoch")
    end = ((at + 1) // per_epoch + 1) * per_epoch
    assert works.until_step(run, end) == end
    until(lambda: live(works, run).step == end, what="a look at the end of the epoch")
    assert works.run(run).state is RunState.PAUSED
    assert len(works.said(run, Paused)) == 1


def test_a_step_in_slow_motion_is_told_with_the_picture_after_it_until_the_next_step(paused):
    works, run = paused
    at = works.said(run, Paused)[-1].step
    works.tell(run, "step")
    works.tell(run, "slow")
    until(lambda: live(works, run).step == at + 2, what="a look after the second step")
    told = live(works, run).facts["slow"]
    assert told["step"] == at + 2
    assert [layer["id"] for layer in told["layers"]][-1] == "out"
    works.tell(run, "look", sample=5)
    until(lambda: live(works, run).facts["sample"]["index"] == 5, what="a look at sample 5")
    assert live(works, run).facts["slow"] == told
    works.tell(run, "step")
    until(lambda: live(works, run).step == at + 3, what="a look after the third step")
    assert "slow" not in live(works, run).facts


def test_a_run_goes_on_to_the_end_of_an_epoch_of_a_number_and_waits_there(paused):
    works, run = paused
    per_epoch = works.reader(run).progress().steps_per_epoch
    goal = works.said(run, Paused)[-1].step // per_epoch + 5
    works.tell(run, "epoch", number=goal)
    until(lambda: len(works.said(run, Paused)) == 2, what="the end of that epoch")
    assert works.said(run, Paused)[-1].step == goal * per_epoch
    assert works.run(run).state is RunState.PAUSED
    works.tell(run, "epoch", number=goal)
    said = f"{goal} epochs are done already"
    until(lambda: any(said in text for _, text in works.reader(run).notes()), what="a note")
    assert works.reader(run).progress().step == goal * per_epoch


def test_a_step_asked_of_a_running_run_pauses_it_first(training):
    works, run = training
    works.tell(run, "step")
    works.until_state(run, RunState.PAUSED)
    at = until(lambda: works.said(run, Paused), what="Paused")[0].step
    assert works.until_step(run, at + 1) == at + 1


def test_a_slow_run_heeds_commands_between_its_steps(works):
    run = works.queue(pace=0.05)  # a step in 20 seconds
    works.until_step(run, 1, 60)
    works.tell(run, "pause")
    works.until_state(run, RunState.PAUSED, seconds=5)
    works.tell(run, "resume")
    works.tell(run, "pace", value=2000)
    works.until_step(run, 50, 5)
    works.tell(run, "stop")
    assert works.until_over(run, 5).state is RunState.STOPPED


def test_a_pace_is_kept(works):
    run = works.queue(pace=100)
    works.until_step(run, 20, 60)
    speed = until(lambda: (told := works.reader(run).progress()).step > 250 and told.steps_per_second,
                  what="250 steps")
    works.tell(run, "stop")
    works.until_over(run)
    assert 50 < speed < 105


def test_a_stopped_run_keeps_what_it_learned(training):
    works, run = training
    works.tell(run, "stop")
    assert works.until_over(run).state is RunState.STOPPED
    assert isinstance(works.reader(run).last_event(), Stopped)
    assert (works.folder(run) / "weights.safetensors").exists()


def test_a_terminated_worker_stops_its_run_cleanly(training):
    works, run = training
    works.worker(run).send_signal(signal.SIGTERM)
    assert works.until_over(run).state is RunState.STOPPED
    assert isinstance(works.reader(run).last_event(), Stopped)


def test_a_setting_moved_is_told_and_one_that_cannot_be_is_noted_without_harm(training):
    works, run = training
    works.tell(run, "set", setting="training.optimizer.learning_rate", value=0.003)
    works.tell(run, "set", setting="training.optimizer.colour", value=1)
    works.tell(run, "set", setting="training.optimizer.learning_rate", value=1e9)
    works.tell(run, "weight", node="nobody", parameter="0.weight", index=[0, 0], value=1)
    works.tell(run, "dance")
    notes = until(lambda: len(found := works.reader(run).notes()) == 4 and found, what="four notes")
    assert all(text.endswith((".", "?")) for _, text in notes), notes
    changes = until(lambda: works.said(run, Changed), what="Changed")
    moved = [(event.setting, event.value) for event in changes]
    assert moved == [("training.optimizer.learning_rate", 0.003)]
    at = works.reader(run).progress().step
    works.until_step(run, at + 1)


def test_a_weight_set_by_hand_is_seen_at_once(paused):
    works, run = paused
    works.tell(run, "weight", node="hidden1", parameter="0.weight", index=[0, 0], value=12.5)
    until(lambda: works.said(run, WeightEdited), what="WeightEdited")
    until(lambda: live(works, run).arrays["weights/hidden1"][0, 0] == 12.5, what="the weight on the screen")


def test_a_run_that_diverges_says_so_and_keeps_finite_weights(works):
    raw = experiment("diabetes", epochs=None)
    raw["training"]["optimizer"] = {"kind": "sgd", "learning_rate": 10.0}
    run = works.queue(raw)
    row = works.until_over(run, 60)
    assert row.state is RunState.DIVERGED, row
    assert row.reason.endswith("Lower the learning rate.")
    weights = load((works.folder(run) / "weights.safetensors").read_bytes())
    assert all(np.isfinite(array).all() for array in weights.values())


def test_an_experiment_with_problems_fails_with_their_words(works):
    raw = experiment(epochs=1)
    raw["network"]["nodes"][0]["layer"]["units"] = -3
    run = works.queue(raw)
    row = works.until_over(run, 60)
    assert row.state is RunState.FAILED
    assert "hidden1" in row.reason
    assert row.reason.endswith(".")
    assert works.said(run, Failed)[0].what == row.reason


def test_a_run_has_one_worker(training):
    works, run = training
    second = subprocess.run([sys.executable, "-m", "core.runtime.worker", str(run), works.store], cwd=ROOT,
                            timeout=60, check=False)
    assert second.returncode != 0
    assert "another process" in (works.folder(run) / "log.txt").read_text()
    at = works.reader(run).progress().step
    works.until_step(run, at + 1)
    assert works.run(run).state is RunState.RUNNING


@pytest.mark.slow
def test_a_worker_started_anew_trains_the_same(works, own_works):
    raw = experiment(epochs=3)
    forked, alone = works.queue(raw), own_works()
    run = alone.queue(raw)
    assert alone.catalog.claim()[0].id == run
    subprocess.run([sys.executable, "-m", "core.runtime.worker", str(run), alone.store], cwd=ROOT, timeout=60,
                   check=True)
    works.until_over(forked)
    assert alone.run(run).state is RunState.FINISHED
    assert alone.reader(run).series("train_loss", 1000) == works.reader(forked).series("train_loss", 1000)


def test_a_worker_whose_folder_was_removed_ends(works):
    run = works.queue(pace=300)
    works.until_step(run, 1, 60)
    worker = works.worker(run)
    os.rename(works.folder(run), works.store / "moved")
    until(lambda: not worker.is_running(), what="the worker ending")
    works.until_state(run, RunState.INTERRUPTED)


@pytest.fixture
def on_a_small_disk(small_disk, own_works):
    """A store on a small disk, a run that trains there, and its worker."""
    alone = own_works(small_disk / "store")
    run = alone.queue(pace=300)
    alone.catalog.claim()
    process = subprocess.Popen([sys.executable, "-m", "core.runtime.worker", str(run), alone.store], cwd=ROOT)
    alone.until_step(run, 1, 60)
    return alone, run, process


def test_a_run_on_a_full_disk_waits_and_goes_on_when_there_is_room(small_disk, on_a_small_disk):
    alone, run, process = on_a_small_disk
    filler = (small_disk / "filler").open("wb", buffering=0)
    fill(filler)
    assert "full" in alone.until_state(run, RunState.PAUSED).reason
    at = alone.reader(run).progress().step
    filler.truncate(0)
    filler.close()
    works_on = alone.until_state(run, RunState.RUNNING)
    assert works_on.reason == ""
    alone.until_step(run, at + 1)
    alone.tell(run, "stop")
    assert alone.until_over(run).state is RunState.STOPPED
    assert process.wait(10) == 0


def test_a_stop_is_heeded_while_a_run_waits_for_a_full_disk(small_disk, on_a_small_disk):
    alone, run, process = on_a_small_disk
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        fill(filler)
        alone.until_state(run, RunState.PAUSED)
        alone.tell(run, "stop")
        assert alone.until_over(run).state is RunState.STOPPED, "the room kept back bears the ending"
        assert process.wait(10) == 0


def fill(file) -> None:
    """Write until the disk is full."""
    with contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_the_clock_is_not_asked_what_to_record(works):
    """Two paces, one history: what is stored is a function of the experiment."""
    raw = experiment(epochs=2)
    runs = [works.queue(raw, pace=pace) for pace in (None, 60)]
    for run in runs:
        works.until_over(run)
    told = [[(event.step, event.scores) for event in works.said(run, Validated)] for run in runs]
    assert told[0] == told[1]
