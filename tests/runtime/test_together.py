"""Protects runs that are trained as one: each is told, kept and ended by itself, or trains in its turn."""

import os
import signal

import pytest
from safetensors.numpy import load

from core.events import Continued, Finished, StepsRecorded
from core.records import RunState
from core.runtime import client
from core.runtime.worker import train
from tests.conftest import until
from tests.runtime.conftest import experiment

SEEDS = tuple(range(1, 9))
"""Eight are three times as fast as one after another; three are at times not worth it, by measurement."""


def family(works, *seeds, key=None, **training):
    """Queued members that differ in their seeds."""
    asked = [(experiment(seed=seed, device="cpu", threads=1, **training), f"seed {seed}") for seed in seeds]
    return works.catalog.add_family(asked, key or os.urandom(9).hex(), "accuracy")


def losses(works, run):
    return [loss for event in works.said(run, StepsRecorded) for loss in event.losses]


@pytest.fixture
def endless(works):
    """Members that go on until they are stopped, trained by one process."""
    runs = family(works, *SEEDS, epochs=None)
    for run in runs:
        works.until_step(run, 5, 60)
    yield works, runs
    for run in runs:
        if not works.run(run).state.over:
            works.tell(run, "stop")
            works.until_over(run)


def test_members_are_trained_by_one_process_and_end_as_they_would_alone(works):
    lone = works.queue(experiment(epochs=20, seed=2, device="cpu", threads=1))
    works.until_over(lone, 60)
    runs = family(works, *SEEDS, epochs=20)
    assert len({works.worker(run).pid for run in runs}) == 1
    for run in runs:
        row = works.until_over(run, 60)
        assert row.state is RunState.FINISHED
        assert row.best is not None
        assert load((works.folder(run) / "weights.safetensors").read_bytes())
        assert works.reader(run).progress().step == works.said(run, Finished)[-1].step
    assert losses(works, runs[1]) == pytest.approx(losses(works, lone), rel=1e-2)
    assert losses(works, runs[0]) != losses(works, runs[1])


def test_the_same_press_asked_twice_is_one_family(works):
    key = os.urandom(9).hex()
    runs = family(works, 1, 2, key=key, epochs=1)
    assert family(works, 1, 2, key=key, epochs=1) == runs
    for run in runs:
        works.until_over(run, 60)


def test_one_is_stopped_the_others_go_on_and_nothing_else_is_obeyed(endless):
    works, runs = endless
    works.tell(runs[0], "stop")
    works.tell(runs[1], "pause")
    assert works.until_over(runs[0]).state is RunState.STOPPED
    assert (works.folder(runs[0]) / "weights.safetensors").exists()
    until(lambda: any("only be stopped" in text for _, text in works.reader(runs[1]).notes()), what="a note")
    at = works.reader(runs[1]).progress().step
    works.until_step(runs[1], at + 50)
    assert works.run(runs[2]).state is RunState.RUNNING


def test_a_killed_family_is_interrupted_and_each_can_go_on_alone(endless):
    works, runs = endless
    os.kill(works.worker(runs[0]).pid, signal.SIGKILL)
    for run in runs:
        works.until_state(run, RunState.INTERRUPTED)
    told = works.reader(runs[1]).progress().step
    client.resume(works.store, runs[1])
    until(lambda: works.said(runs[1], Continued), what="going on")
    works.until_step(runs[1], told + 20)
    works.tell(runs[1], "stop")
    assert works.until_over(runs[1]).state is RunState.STOPPED


def test_runs_that_cannot_be_trained_as_one_train_one_after_another(works):
    runs = family(works, 1, 2, epochs=3, optimizer={"kind": "lbfgs"})
    for run in runs:
        assert works.until_over(run, 60).state is RunState.FINISHED
        assert works.run(run).family is None


def test_members_put_back_into_the_queue_say_why(own_works):
    works = own_works()
    runs = family(works, 1, 2, epochs=3, optimizer={"kind": "lbfgs"})
    assert [run.id for run in works.catalog.claim()] == runs
    process = os.fork()
    if process == 0:
        train(runs, works.store)
        os._exit(0)
    os.waitpid(process, 0)
    for run in runs:
        row = works.run(run)
        assert (row.state, row.family) == (RunState.QUEUED, None)
        assert "several times" in row.reason


def test_a_family_takes_one_place_among_the_runs_that_train(endless):
    works, runs = endless
    other = works.queue(pace=50)
    works.until_step(other, 5, 60)
    assert works.catalog.at_work() == 2
    works.tell(other, "stop")
    works.until_over(other)
    assert len(runs) == len(SEEDS)
