"""Protects against small troubles: no run is stranded or failed by one, none shows what it never was."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from core.engine.course import Course
from core.events import Finished, Stopped, TurboChanged
from core.problems import StoreTrouble
from core.records import RunState, Snapshot
from core.runtime import analyst, children, client, dispatcher, locks, paths, sweep
from core.runtime.conduct import Conductor
from core.runtime.dispatcher import Dispatcher
from core.runtime.keeper import Gone
from core.runtime.past import Again
from core.store import files
from core.store.catalog import Catalog
from core.store.writer import Writer
from tests.runtime.conftest import experiment, fail_once


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


def begun(catalog: Catalog) -> int:
    """A claimed run whose process is gone."""
    run = queue(catalog)
    catalog.claim()
    files.make_folder(files.run_folder(catalog.store, run))
    paths.run_lock(catalog.store, run).touch()
    return run


@pytest.fixture
def workers(monkeypatch) -> list[tuple[int, ...]]:
    """The runs for which a worker was asked; none of them ever ends."""
    asked: list[tuple[int, ...]] = []
    child = SimpleNamespace(sentinel=None, ended=lambda: None, kill=lambda: None)
    monkeypatch.setattr(children, "start_worker", lambda runs, store: asked.append(runs) or child)
    return asked


def test_a_damaged_run_fails_alone_and_keeps_no_other_waiting(catalog, serving, workers):
    broken, gone = begun(catalog), begun(catalog)
    (files.run_folder(catalog.store, broken) / files.RUN).write_bytes(b"This was a database once. " * 100)
    waiting = queue(catalog)
    serving._turn()
    assert catalog.run(broken).state is RunState.FAILED
    assert "is damaged" in catalog.run(broken).reason
    assert catalog.run(gone).state is RunState.INTERRUPTED
    assert workers == [(waiting,)]


def test_a_run_whose_files_cannot_be_read_now_is_interrupted_with_the_reason(catalog, serving, monkeypatch):
    run = begun(catalog)

    def busy(folder):
        raise StoreTrouble("The file stayed busy. Try again.")
    monkeypatch.setattr(dispatcher, "left_behind", busy)
    serving._turn()
    assert catalog.run(run).state is RunState.INTERRUPTED
    assert catalog.run(run).reason.endswith("Try again.")


@pytest.mark.parametrize("found", ["adopted", "own"])
def test_a_gone_worker_is_told_of_again_when_the_catalog_was_in_trouble(catalog, serving, monkeypatch, found):
    monkeypatch.setattr(dispatcher, "_ROUND", 0.0)
    serving._turn()
    run = begun(catalog)
    if found == "adopted":
        serving._adopted[run] = "x"
        serving._turn()  # it is noticed
    else:
        serving._workers[run,] = SimpleNamespace(ended=lambda: -9)
    fail_once(monkeypatch, serving._catalog, "set_state")
    with pytest.raises(StoreTrouble):
        serving._turn()
    serving._turn()
    assert catalog.run(run).state is RunState.INTERRUPTED


@pytest.mark.parametrize("failing", ["put", "answered"])
def test_a_question_whose_analyst_was_killed_is_answered_when_the_disk_takes_it(
        catalog, serving, monkeypatch, failing):
    serving._turn()
    catalog.ask("key", "system", {})
    catalog.claim_question()
    serving._analysts["key"] = SimpleNamespace(
        child=SimpleNamespace(sentinel=None, ended=lambda: -9, kill=lambda: None), until=float("inf"))
    fail_once(monkeypatch, analyst if failing == "put" else serving._catalog, failing)
    with pytest.raises(StoreTrouble):
        serving._turn()
    serving._turn()
    assert client.answer(catalog.store, "key").facts["passing"]
    catalog.reopen_questions()
    assert not catalog.waiting_questions(), "nobody answers it a second time"


def test_a_run_that_told_its_ending_and_was_killed_keeps_its_moments(catalog, serving):
    run = begun(catalog)
    writer = Writer(files.run_folder(catalog.store, run))
    writer.append(Finished(step=1, epoch=1, seconds=2.0, test={}))
    writer.close()
    kept = files.make_folder(paths.checkpoint(catalog.store, run, 1))
    serving._adopt()
    assert catalog.run(run).state is RunState.FINISHED
    assert kept.exists(), "it can be branched from"


def test_an_adopted_family_takes_one_place(catalog, serving, workers, monkeypatch):
    runs = catalog.add_family([(experiment(seed=seed), "x") for seed in range(1, 65)], "family", "accuracy")
    catalog.claim()
    waiting = queue(catalog)
    monkeypatch.setattr(serving, "_alive", lambda run: run in runs)
    serving._adopt()
    serving._turn()
    assert workers == [(waiting,)]


def test_a_run_put_back_by_an_adopted_family_and_taken_again_is_left_to_its_new_worker(
        catalog, serving, workers, monkeypatch):
    monkeypatch.setattr(dispatcher, "_ROUND", 0.0)
    serving._turn()
    run = queue(catalog)
    serving._adopted[run] = "x"
    for _ in range(3):
        serving._turn()
    assert workers == [(run,)]
    assert catalog.run(run).state is RunState.STARTING


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
                                  course=Course(8), training_set=([0] * 4, [0] * 4),
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
        return self.conductor._going.waiting._halt


@pytest.mark.parametrize(("looks", "halt"), [
    ([["step", "step"]], 12), ([["step"], ["step"], ["step"]], 13), ([["epoch", "epoch"]], 24),
    ([["epoch", "step"]], 17), ([["step", "step", "pause"]], 10), ([["step", "resume"]], None),
])
def test_steps_asked_for_add_up(looks, halt):
    told = Told()
    assert [told.say(*kinds) for kinds in looks][-1] == halt


def waits(told, *kinds):
    """Have the conductor wait for compiled steps, while this is said; whether it would wait on."""
    told.said += [{"kind": kind} for kind in kinds]
    told.version += 1
    told.conductor._telling.flush = lambda: None
    return told.conductor._meanwhile()


def test_a_stop_ends_the_wait_for_compiled_steps_and_all_else_is_heeded_afterwards():
    told = Told()
    assert waits(told, "step")
    assert told.conductor._going.waiting._halt is None
    assert not waits(told, "stop")
    told.conductor._trainer.stop = lambda: [Stopped(step=10, epoch=1, seconds=0.0, test={})]
    assert told.look() == 11
    assert isinstance(told.conductor._telling.ending, Stopped)


def test_a_replay_that_is_stopped_while_it_waits_takes_no_other_steps():
    told = Told()
    told.conductor._plan = [TurboChanged(step=10, state="on", key="gone"), TurboChanged(step=10, state="on")]
    told.conductor._steering.redo = lambda *_: "" if waits(told, "stop") else "the run was ended"
    told.conductor._train()  # would ask the trainer for a step, which there is none for
    assert len(told.conductor._plan) == 1


def test_a_run_stopped_while_it_catches_up_and_waits_is_interrupted_as_before():
    told, states = Told(), []
    told.conductor._keeper.state = lambda *said, **_: states.append(said)
    told.conductor._steering.companion = SimpleNamespace(
        pin=lambda key, meanwhile: "" if waits(told, "stop") else "the run was ended")
    with pytest.raises(Gone):
        told.conductor.catch_up(Again(10, [], None, turbo="gone"))
    assert states == [(RunState.INTERRUPTED, "Stopped before it went on.")]


@pytest.mark.parametrize("failing", ["version", "commands"])
def test_a_trouble_while_looking_for_commands_costs_one_look(monkeypatch, failing):
    told = Told()
    fail_once(monkeypatch, told.catalog, failing)
    assert told.say("pause") is None
    assert told.look() == 10
