"""Protects going on after a kill: the run is, point by point and weight by weight, the one never killed."""

import random
import shutil
import signal

import pytest

from core.__main__ import main
from core.engine.checkpoint import Checkpoints
from core.events import Changed, Continued, Finished, Paused, Started, StepsRecorded, Validated
from core.problems import Problems
from core.records import RunState
from core.runtime import client, paths, requests
from core.runtime.desk import Desk
from core.runtime.past import Again, Past
from core.store.trouble import NoSuchRun, RunIsOver
from tests.conftest import until
from tests.runtime.conftest import experiment

KILLS = 5
PINNED = {"device": "cpu", "threads": 1}
SET = "training.optimizer.learning_rate"
STARTED = Started(parameters=1, device="cpu", device_name="a", threads=1, epochs=1, steps_per_epoch=4,
                  samples={}, data_hash="d", torch_version="2")


def left(works, run):
    """What a run told of its numbers, and its weights, as bytes."""
    points, _ = works.reader(run).points(limit=10**9)
    return sorted(points), (works.folder(run) / "weights.safetensors").read_bytes()


def kill(works, run):
    works.worker(run).send_signal(signal.SIGKILL)
    works.until_state(run, RunState.INTERRUPTED)


def checkpointed(works, run, count=1):
    """Wait until a run has a checkpoint; its steps."""
    kept = Checkpoints(paths.checkpoints(works.store, run))
    return until(lambda: len(kept.steps()) >= count and kept.steps(), 60, "a checkpoint")


def steps_told(works, run):
    return [step for event in works.said(run, StepsRecorded) for step in event.steps]


def test_a_run_killed_again_and_again_ends_as_the_one_never_killed(works):
    raw = experiment("moons", epochs=150, **PINNED)
    raw["network"]["nodes"][-1:-1] = [{"id": "norm", "layer": {"kind": "batch_norm1d"}},
                                      {"id": "drop", "layer": {"kind": "dropout"}}]
    whole, killed = works.queue(raw), works.queue(raw)
    chance, kills = random.Random(3), 0
    while kills < KILLS and not works.run(killed).state.over:
        at = works.until_step(killed, 1, 60)
        works.until_step(killed, at + chance.randrange(1, 300), 60)
        if not works.run(killed).state.over:
            kill(works, killed)
            client.resume(works.store, killed)
            kills += 1
    works.until_over(whole, 120)
    assert works.until_over(killed, 120).state is RunState.FINISHED
    assert left(works, killed) == left(works, whole)
    assert works.run(killed).best == works.run(whole).best
    told = works.said(killed, Continued)
    assert kills >= 2
    assert len(told) >= 1
    assert all(event.exact for event in told), told
    assert works.said(killed, Finished)[0].test == works.said(whole, Finished)[0].test


def test_what_was_changed_by_hand_is_changed_again_and_nothing_else_is_obeyed_twice(works):
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    at = checkpointed(works, run)[0]
    works.tell(run, "set", setting=SET, value=0.001)
    works.tell(run, "weight", node="hidden1", parameter="0.weight", index=[0, 0], value=0.5)
    works.tell(run, "pause")
    changed = until(lambda: works.said(run, Changed), what="the change")[0]
    works.until_state(run, RunState.PAUSED)
    kill(works, run)
    before, _ = works.reader(run).points(limit=10**9)
    client.resume(works.store, run)
    told = until(lambda: works.said(run, Continued), what="going on")[0]
    assert changed.step >= at
    assert told.exact, told
    works.until_step(run, told.step + told.again + 50)
    works.tell(run, "stop")
    assert works.until_over(run).state is RunState.STOPPED
    assert works.said(run, Changed) == [changed]
    assert len(works.said(run, Paused)) == 1
    assert works.reader(run).points(limit=len(before))[0] == before
    steps = steps_told(works, run)
    assert steps == sorted(set(steps))


def test_a_damaged_checkpoint_costs_only_the_steps_since_the_one_before(works):
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    checkpointed(works, run, 2)
    kill(works, run)
    kept = Checkpoints(paths.checkpoints(works.store, run))
    older, newer = kept.steps()
    (kept.folder / f"ckpt-{newer}" / "state.json").write_text("{}")
    client.resume(works.store, run)
    told = until(lambda: works.said(run, Continued), what="going on")[0]
    assert (told.step, told.exact) == (older, True)
    assert any(f"step {newer}" in text and "damaged" in text for _, text in works.reader(run).notes())
    works.tell(run, "stop")
    works.until_over(run)


def test_a_run_without_a_checkpoint_begins_again_and_tells_nothing_twice(works):
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    works.until_step(run, 200, 60)
    kill(works, run)
    shutil.rmtree(paths.checkpoints(works.store, run), ignore_errors=True)
    client.resume(works.store, run)
    told = until(lambda: works.said(run, Continued), what="going on")[0]
    assert (told.step, told.exact) == (0, True)
    assert told.again >= 200
    works.tell(run, "stop")
    works.until_over(run)
    assert len(works.said(run, Started)) == 1
    steps = steps_told(works, run)
    assert steps == sorted(set(steps))


def test_a_run_that_cannot_be_exact_says_why(works):
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    step = checkpointed(works, run)[-1]
    kill(works, run)
    kept = Checkpoints(paths.checkpoints(works.store, run))
    found, _ = kept.newest(10**9)
    kept.write(found.step, found.mark, {**found.key, "torch": "1.0"}, found.state)
    client.resume(works.store, run)
    told = until(lambda: works.said(run, Continued), what="going on")[0]
    assert found.step >= step
    assert not told.exact
    assert "torch was 1.0" in told.why
    assert told.why in [text for _, text in works.reader(run).notes()]
    works.tell(run, "stop")
    works.until_over(run)


def test_a_difference_from_what_was_told_is_told_and_stores_nothing_twice():
    judged = Validated(step=4, epoch=1, learning_rate=0.1, scores={"loss": float("nan")})
    again = Again(2, [StepsRecorded(steps=(3, 4), losses=(0.5, 0.25)), judged], STARTED)
    assert again.next(2) == 4
    assert again.new(StepsRecorded(steps=(3,), losses=(0.5,))) is None
    assert again.new(judged) is None
    assert again.continued(4) == Continued(step=2, again=2, exact=True)
    new = again.new(StepsRecorded(steps=(4, 5), losses=(0.75, 0.125)))
    assert new == StepsRecorded(steps=(5,), losses=(0.125,))
    assert "step 4 was 0.25 and came again as 0.75" in again.continued(4).why
    assert not again.continued(4).exact
    assert again.next(4) is None


def test_only_interrupted_runs_are_resumed(works):
    done = works.queue(experiment(epochs=1, **PINNED))
    works.until_over(done, 60)
    stopped = works.queue(pace=300)
    works.until_step(stopped, 1, 60)
    with pytest.raises(Problems, match="running"):
        client.resume(works.store, stopped)
    works.tell(stopped, "stop")
    works.until_over(stopped)
    for run, word in ((done, "is finished"), (stopped, "was stopped")):
        with pytest.raises(Problems, match=word):
            client.resume(works.store, run)
    with pytest.raises(RunIsOver):
        works.catalog.resume(done)
    with pytest.raises(NoSuchRun):
        client.resume(works.store, 10**6)


def test_the_command_line_has_a_run_go_on_to_its_end_and_refuses_one_that_is_over(works, capsys):
    run = works.queue(experiment(epochs=60, **PINNED), pace=200)
    works.until_step(run, 50, 60)
    kill(works, run)
    words = ["resume", str(run), "--store", str(works.store)]
    assert main(words) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("goes on exactly from step ")
    assert told[-1].startswith("finished after ")
    assert works.run(run).state is RunState.FINISHED
    assert main(words) == 2
    assert capsys.readouterr().err == f"run: Run {run} is finished. Train again to make a new run.\n"
    assert main([*words[:1], "999999", *words[2:]]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_page_has_a_run_go_on(works):
    run = works.queue(experiment(epochs=None, **PINNED), pace=300)
    works.until_step(run, 1, 60)
    kill(works, run)
    desk = Desk(works.store)
    ask = requests.Resume(id=1, do="resume", run=run)
    assert desk.answer(ask) == {}
    works.until_state(run, RunState.RUNNING)
    with pytest.raises(Problems, match="was not interrupted"):
        desk.answer(ask)
    desk.close()
    works.tell(run, "stop")
    works.until_over(run)


def test_a_run_waiting_to_go_on_that_is_stopped_is_interrupted_as_before(own_works):
    works = own_works()
    run = works.queue(pace=300)
    works.catalog.claim()
    works.catalog.set_state(run, RunState.RUNNING)
    works.catalog.set_state(run, RunState.INTERRUPTED, reason="killed")
    works.catalog.resume(run)
    assert (works.run(run).state, works.run(run).reason, works.run(run).ended) == (RunState.QUEUED, "", None)
    works.tell(run, "stop")
    assert works.run(run).state is RunState.INTERRUPTED
    assert works.run(run).reason == "Stopped before it went on."


def test_a_run_without_a_checkpoint_begins_again_with_its_own_pins():
    started = STARTED.model_copy(update={"precision": "bfloat16", "layout": "channels_last"})
    assert Past(started, None, [], [], [], []).pins() == ("cpu", 1, "bfloat16", "channels_last")
