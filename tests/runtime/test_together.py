"""Protects runs that are trained as one: each is told, kept and ended by itself, or trains in its turn."""

import os
import signal

import pytest
from safetensors.numpy import load

from core.engine.trainer import Trainer
from core.events import Continued, Event, Finished, StepsRecorded, TurboChanged
from core.experiment.model import read
from core.records import RunState
from core.runtime import client, keeper, paths, together
from core.runtime.turbo_family import FamilyCompanion
from core.runtime.worker import train
from core.store import files
from core.store.catalog import Catalog
from core.store.trouble import StoreDamaged
from tests.conftest import until
from tests.runtime.conftest import experiment, fail_once

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


def test_members_go_on_with_compiled_steps_as_soon_as_those_are_faster(endless):
    works, runs = endless
    for run in runs:
        (on,) = until(lambda run=run: works.said(run, TurboChanged), what="compiled steps")
        assert on.state == "on"
        works.until_step(run, on.step + 1000)
    works.tell(runs[0], "stop")
    assert works.until_over(runs[0]).state is RunState.STOPPED
    assert max(losses(works, runs[1])[-100:]) < losses(works, runs[1])[0]


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


class Turns:
    """Two trainers that take their steps in turn: a family, as far as the worker asks."""

    def __init__(self, *members: Trainer) -> None:
        self.members = members

    def advance(self, steps: int, seconds: float) -> list[list[Event]]:
        return [[] if member.over else member.advance(10, 60.0) for member in self.members]


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Two claimed runs of three epochs, and what trains them as one, in this very process."""
    monkeypatch.setattr(together.signal, "signal", lambda *_: None)
    monkeypatch.setattr(keeper, "_TRIES", 0)
    catalog = Catalog(tmp_path / "store")
    asked = [(experiment(seed=seed, epochs=3, device="cpu", threads=1), "x") for seed in (1, 2)]
    catalog.add_family(asked, "family", "accuracy")
    rows = catalog.claim()
    for row in rows:
        files.make_folder(files.run_folder(catalog.store, row.id))
        paths.run_lock(catalog.store, row.id).touch()
    turns = Turns(*(Trainer(read(raw)) for raw, _ in asked))
    companion = FamilyCompanion(turns.members[0])
    yield together._Together(catalog.store, rows, turns, companion, catalog)
    catalog.close()


def states(pair):
    return [pair._catalog.run(member.run).state for member in pair._members]


def refuse(*_, **__):
    raise StoreDamaged("It is damaged. Move it away.")


@pytest.mark.parametrize("failing", ["version", "commands"])
def test_a_trouble_while_looking_for_commands_costs_the_members_one_look(pair, monkeypatch, failing):
    fail_once(monkeypatch, Catalog, failing)
    pair.do()
    assert states(pair) == [RunState.FINISHED] * 2


def test_a_member_whose_files_are_damaged_fails_alone(pair, monkeypatch):
    monkeypatch.setattr(pair._members[0].keeper._writer, "append", refuse)
    pair.do()
    assert states(pair) == [RunState.FAILED, RunState.FINISHED]
    assert pair._catalog.run(1).reason == "It is damaged. Move it away."


def test_a_member_that_cannot_be_marked_as_failed_leaves_the_others_their_word(pair, monkeypatch):
    for member in pair._members:
        monkeypatch.setattr(member.keeper._writer, "append", refuse)
    fail_once(monkeypatch, pair._catalog, "set_state")
    pair.do()
    assert states(pair) == [RunState.RUNNING, RunState.FAILED]


def test_every_member_is_told_that_training_broke_even_when_one_is_gone(pair, monkeypatch):
    def breaks(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(pair._family, "advance", breaks)
    pair._catalog.set_state(1, RunState.INTERRUPTED)
    pair.do()
    assert states(pair) == [RunState.INTERRUPTED, RunState.FAILED]
    assert "This is our fault" in pair._catalog.run(2).reason


def test_a_family_takes_one_place_among_the_runs_that_train(endless):
    works, runs = endless
    other = works.queue(pace=50)
    works.until_step(other, 5, 60)
    assert works.catalog.at_work() == 2
    works.tell(other, "stop")
    works.until_over(other)
    assert len(runs) == len(SEEDS)
