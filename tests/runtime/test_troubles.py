"""Protects against small troubles: no run is stranded or failed by one, none shows what it never was."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from core.engine.course import Course
from core.problems import StoreTrouble
from core.records import RunState, Snapshot
from core.runtime import analyst, children, dispatcher, locks, paths, sweep
from core.runtime.conduct import Conductor
from core.runtime.dispatcher import Dispatcher
from core.store import files
from core.store.catalog import Catalog
from core.store.writer import Writer
from tests.runtime.conftest import experiment


@pytest.fixture
def catalog(tmp_path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "store")
    yield catalog
    catalog.close()


@pytest.fixture
def serving(catalog):
    return Dispatcher(catalog.store, 60, 60)


def queue(catalog: Catalog) -> int:
    return catalog.add_run(experiment(), "x", uuid.uuid4().hex, None, "accuracy")


def over(catalog: Catalog, state: RunState = RunState.INTERRUPTED) -> int:
    """A run that is over and left nothing but its folder."""
    run = queue(catalog)
    catalog.set_state(run, state)
    files.make_folder(files.run_folder(catalog.store, run))
    return run


def fail_once(monkeypatch, owner, name: str) -> None:
    """The next call is a transient trouble."""
    real = getattr(owner, name)

    def busy(*given):
        monkeypatch.setattr(owner, name, real)
        raise StoreTrouble("The catalog stayed busy. Try again.")
    monkeypatch.setattr(owner, name, busy)


def looked(catalog: Catalog, run: int) -> Snapshot:
    return analyst.reply(catalog.store, "look", {"experiment": experiment(), "run": run, "sample": 0})


@pytest.mark.parametrize(("state", "passing"), [(RunState.INTERRUPTED, True), (RunState.FAILED, False)])
def test_a_run_without_weights_is_looked_at_as_it_was_last_seen(catalog, state, passing):
    run = over(catalog, state)
    writer = Writer(files.run_folder(catalog.store, run))
    writer.snapshot("live", Snapshot(40, 2, {"at": 1.0}, {"values/x": np.ones(3, "f4")}).pack())
    writer.close()
    answer = looked(catalog, run)
    assert (answer.step, list(answer.arrays), answer.facts["passing"]) == (40, ["values/x"], passing)


@pytest.mark.parametrize("state", [RunState.INTERRUPTED, RunState.FAILED])
def test_a_run_that_left_nothing_is_answered_with_the_way_out(catalog, state):
    answer = looked(catalog, over(catalog, state))
    assert not answer.arrays
    assert answer.facts["problem"].endswith("Train again to make a new run.")


def test_a_run_that_has_not_begun_is_looked_at_for_now(catalog):
    answer = looked(catalog, queue(catalog))
    assert answer.arrays
    assert answer.facts["passing"], "asked again, it may have learned"


@pytest.mark.parametrize("failing", ["claim", "claim_question"])
def test_a_trouble_while_claiming_strands_nothing(catalog, serving, monkeypatch, failing):
    started: list[object] = []
    child = SimpleNamespace(sentinel=None, ended=lambda: None, kill=lambda: None)
    for start in ("start_worker", "start_analyst"):
        monkeypatch.setattr(children, start, lambda what, store: started.append(what) or child)
    run = queue(catalog)
    catalog.ask("key", "system", {})
    fail_once(monkeypatch, serving._catalog, failing)
    with pytest.raises(StoreTrouble):
        serving._turn()
    serving._turn()
    assert started == [(run,), "key"]


@contextmanager
def held(catalog: Catalog, run: int):
    """A worker's lock, taken and not yet signed."""
    files.make_folder(files.run_folder(catalog.store, run))
    lock = locks.take(paths.run_lock(catalog.store, run))
    try:
        yield lock
    finally:
        lock.release()


def test_a_worker_that_has_not_signed_yet_is_alive_for_a_while(catalog, serving, monkeypatch):
    run = queue(catalog)
    catalog.claim()
    with held(catalog, run) as lock:
        serving._adopt()
        assert catalog.run(run).state is RunState.STARTING
        monkeypatch.setattr(dispatcher, "_GRACE", 0.0)
        assert not serving._alive(run)
        lock.sign()
        assert serving._alive(run)
    assert not serving._alive(run)


def test_what_a_killed_worker_kept_back_is_freed(catalog, serving):
    run = queue(catalog)
    catalog.claim()
    files.make_folder(files.run_folder(catalog.store, run))
    for path in (paths.run_lock(catalog.store, run), paths.reserve(catalog.store, run)):
        path.write_bytes(b"")
    serving._adopt()
    assert catalog.run(run).state is RunState.INTERRUPTED
    assert not paths.reserve(catalog.store, run).exists()


def test_folders_of_removed_runs_are_swept_and_no_others(catalog, serving):
    kept, held_one, gone = (over(catalog) for _ in range(3))
    strange = files.make_folder(files.run_folder(catalog.store, 99))
    notes = files.make_folder(catalog.store / "runs" / "notes")
    for run in (held_one, gone):
        catalog.delete(run)
        files.make_folder(files.run_folder(catalog.store, run))
    with held(catalog, held_one):
        serving._adopt()
        left = {path.name for path in (catalog.store / "runs").iterdir()}
    assert left == {f"{kept:06d}", f"{held_one:06d}", strange.name, notes.name}
    sweep.orphans(catalog.store, catalog)
    assert not files.run_folder(catalog.store, held_one).exists()


class Told:
    """A conductor of a run at step 10 of epochs of 8, and what it is told."""

    def __init__(self) -> None:
        self.version, self.said = 1, []
        self.catalog = SimpleNamespace(
            version=lambda: self.version,
            commands=lambda run, after: [(n, c) for n, c in enumerate(self.said, 1) if n > after])
        keeper = SimpleNamespace(catalog=self.catalog, waiting=False, hear=lambda *_: None,
                                 state=lambda *_, **__: None, flush=lambda *_: None)
        training = SimpleNamespace(epochs=None)
        trainer = SimpleNamespace(step=10, epoch=1, seconds=0.0, total_steps=None,
                                  course=Course(8), batch_size=4,
                                  experiment=SimpleNamespace(training=training))
        nobody = SimpleNamespace(look=lambda *_: None, glance=lambda *_: None)
        self.conductor = Conductor(1, trainer, keeper, nobody, nobody)

    def say(self, *kinds: str) -> int | None:
        """Where it will wait, after a look at these commands."""
        self.said += [{"kind": kind} for kind in kinds]
        self.version += 1
        return self.look()

    def look(self) -> int | None:
        self.conductor._ear._listened = -1.0
        self.conductor._heed()
        return self.conductor._waiting._halt


@pytest.mark.parametrize(("looks", "halt"), [
    ([["step", "step"]], 12), ([["step"], ["step"], ["step"]], 13), ([["epoch", "epoch"]], 24),
    ([["epoch", "step"]], 17), ([["step", "step", "pause"]], 10), ([["step", "resume"]], None),
])
def test_steps_asked_for_add_up(looks, halt):
    told = Told()
    assert [told.say(*kinds) for kinds in looks][-1] == halt


@pytest.mark.parametrize("failing", ["version", "commands"])
def test_a_trouble_while_looking_for_commands_costs_one_look(monkeypatch, failing):
    told = Told()
    fail_once(monkeypatch, told.catalog, failing)
    assert told.say("pause") is None
    assert told.look() == 10
