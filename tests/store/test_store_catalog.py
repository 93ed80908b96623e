"""Protects the catalog: one run per key, one claimant per run, an end that stays, questions asked once."""

import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.problems import StoreTrouble
from core.records import RunState
from core.store import catalog as store
from core.store import files
from core.store.catalog import Catalog, Origin
from core.store.trouble import NoSuchRun, RunIsOver

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def catalog(tmp_path):
    opened = Catalog(tmp_path / "store")
    yield opened
    opened.close()


def queue(catalog: Catalog, **fields: object) -> int:
    return catalog.add_run(**{"experiment": {"name": "x"}, "name": "x", "key": uuid.uuid4().hex, "pace": None,
                              "metric": "accuracy", **fields})


def processes(count: int, program: str, *arguments: object) -> list[list[str]]:
    """What each of so many processes printed, a list of words; all run the program at the same time."""
    started = [subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], cwd=ROOT, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(count)]
    told = [process.communicate(timeout=60) for process in started]
    assert all(process.returncode == 0 for process in started), told
    return [out.split() for out, _ in told]


def test_twenty_clicks_at_once_are_one_run(tmp_path):
    def click(_: int) -> int:
        catalog = Catalog(tmp_path)
        try:
            return queue(catalog, key="one click")
        finally:
            catalog.close()

    with ThreadPoolExecutor(20) as clicks:
        assert set(clicks.map(click, range(20))) == {1}


def test_eight_processes_claim_four_hundred_runs_once_each(catalog):
    for _ in range(400):
        queue(catalog)
    program = ("import sys; from pathlib import Path; from core.store.catalog import Catalog\n"
               "catalog = Catalog(Path(sys.argv[1]))\n"
               "while runs := catalog.claim(): print(*(run.id for run in runs))")
    claimed = [int(word) for words in processes(8, program, catalog.store) for word in words]
    assert sorted(claimed) == list(range(1, 401))


def test_eight_processes_may_make_the_store_at_once(tmp_path):
    program = ("import sys; from pathlib import Path; from core.store.catalog import Catalog\n"
               "catalog = Catalog(Path(sys.argv[1]))\n"
               "print(catalog.add_run({}, 'x', sys.argv[2], None, 'loss'))")
    assert processes(8, program, tmp_path / "new", "key") == [["1"]] * 8


def test_the_oldest_run_is_claimed_first_and_the_rest_wait_in_order(catalog):
    runs = [queue(catalog) for _ in range(3)]
    assert [catalog.queue_position(run) for run in runs] == [0, 1, 2]
    assert catalog.claim()[0].id == runs[0]
    assert catalog.run(runs[0]).state is RunState.STARTING
    assert [catalog.queue_position(run) for run in runs[1:]] == [0, 1]


def test_a_run_that_is_hurried_begins_before_all_others(catalog):
    runs = [queue(catalog) for _ in range(4)]
    catalog.hurry(runs[2])
    catalog.hurry(runs[3])
    assert [catalog.queue_position(run) for run in runs] == [2, 3, 1, 0]
    assert [catalog.claim()[0].id for _ in runs] == [runs[3], runs[2], runs[0], runs[1]]
    with pytest.raises(StoreTrouble, match="not in the queue"):
        catalog.hurry(runs[0])


def test_a_family_is_claimed_together_and_counts_as_one_at_work(catalog):
    lone = queue(catalog)
    family = catalog.add_family([({}, "a"), ({}, "b")], "family", "loss")
    other = queue(catalog)
    assert catalog.claim()[0].id == lone
    assert [run.id for run in catalog.claim()] == family
    assert catalog.at_work() == 2
    catalog.disband(family, "They differ.")
    assert [(catalog.run(run).state, catalog.run(run).reason) for run in family] == [
        (RunState.QUEUED, "They differ.")] * 2
    assert [[run.id for run in catalog.claim()] for _ in range(3)] == [[family[0]], [family[1]], [other]]


def test_the_same_press_again_queues_nothing_when_the_family_was_disbanded(catalog):
    asked = [({}, "a"), ({}, "b")]
    family = catalog.add_family(asked, "press", "loss")
    catalog.claim()
    catalog.disband(family, "They differ.")
    assert catalog.add_family(asked, "press", "loss") == family
    catalog.delete(family[0])
    assert catalog.add_family(asked, "press", "loss") == family[1:]
    assert len(catalog.runs()) == 1


def test_a_run_gets_nothing_of_what_one_that_was_never_queued_had_put_ready(catalog):
    def prepare(run: int) -> None:
        files.put(files.make_folder(files.run_folder(catalog.store, run)) / "plan.json", b"[]")
        raise StoreTrouble("The disk is full. Free some space there.")

    for again in (lambda: queue(catalog), lambda: catalog.add_family([({}, "a")], "family", "loss")[0]):
        with pytest.raises(StoreTrouble):
            queue(catalog, origin=Origin(None, None, prepare))
        folder = files.run_folder(catalog.store, again())
        assert not folder.exists()


def test_what_a_run_of_a_lost_catalog_told_is_put_aside_and_kept(catalog):
    folder = files.make_folder(files.run_folder(catalog.store, 1))
    (folder / files.RUN).write_bytes(b"curves")
    assert queue(catalog) == 1
    assert not folder.exists()
    [found] = folder.parent.glob("000001.found-*")
    assert (found / files.RUN).read_bytes() == b"curves"


def test_what_a_run_is_told_first_is_there_before_anybody_can_claim_it(catalog):
    for _ in range(2):
        run = queue(catalog, key="one click", pace=2.0, first=[{"kind": "step"}])
    assert [command["kind"] for _, command in catalog.commands(run)] == ["pace", "step"]


def test_a_run_that_is_over_stays_as_it_is(catalog):
    run = queue(catalog)
    catalog.set_state(run, RunState.RUNNING, best=0.5)
    catalog.set_state(run, RunState.FINISHED, best=0.9, seconds=3.0)
    for state in RunState:
        with pytest.raises(RunIsOver, match=r"\.$"):
            catalog.set_state(run, state)
    with pytest.raises(RunIsOver):
        catalog.command(run, {"kind": "pause"})
    kept = catalog.run(run)
    assert (kept.state, kept.best, kept.seconds) == (RunState.FINISHED, 0.9, 3.0)
    assert kept.created <= kept.started <= kept.ended


def test_commands_come_in_order_and_begin_with_the_pace(catalog):
    run, other = queue(catalog, pace=2.5), queue(catalog)
    catalog.command(other, {"kind": "pause"})
    catalog.command(run, {"kind": "set", "setting": "a", "value": 1.0})
    told = catalog.commands(run)
    assert [command["kind"] for _, command in told] == ["pace", "set"]
    assert told[0][1]["value"] == 2.5
    assert catalog.commands(run, after=told[0][0]) == told[1:]


def test_a_queued_run_told_to_stop_is_stopped_and_never_claimed(catalog):
    run = queue(catalog)
    catalog.command(run, {"kind": "stop"})
    assert catalog.run(run).state is RunState.STOPPED
    assert catalog.claim() == []


def test_a_run_that_trains_cannot_be_removed_and_one_that_is_over_goes_with_its_folder(catalog):
    run = queue(catalog)
    folder = files.make_folder(files.run_folder(catalog.store, run))
    (folder / "weights.safetensors").write_bytes(b"...")
    catalog.set_state(run, RunState.RUNNING)
    with pytest.raises(StoreTrouble, match="Stop it first"):
        catalog.delete(run)
    catalog.set_state(run, RunState.STOPPED)
    catalog.delete(run)
    assert not folder.exists()
    with pytest.raises(NoSuchRun, match=r"list of runs\.$"):
        catalog.run(run)
    assert queue(catalog) == run + 1, "a number is never given twice"


@pytest.mark.parametrize("number", [-1, 0, 2**63, 10**20])
def test_a_number_no_run_can_have_is_of_no_run(catalog, number):
    queue(catalog)
    for ask in (catalog.run, catalog.delete, catalog.resume, lambda run: catalog.rename(run, "y"),
                lambda run: catalog.command(run, {"kind": "stop"})):
        with pytest.raises(NoSuchRun):
            ask(number)


def test_every_run_comes_back_as_it_was_put_in_newest_first(catalog):
    experiment = {"name": "Zwei Spiralen ∿", "training": {"epochs": None, "rate": 1e-12}}
    first, second = queue(catalog, experiment=experiment, name="a"), queue(catalog)
    catalog.rename(first, "b ∿")
    assert [run.id for run in catalog.runs()] == [second, first]
    assert (catalog.run(first).experiment, catalog.run(first).name) == (experiment, "b ∿")


@pytest.mark.parametrize("best", [float("nan"), float("inf"), None])
def test_only_a_number_becomes_the_best_value(catalog, best):
    run = queue(catalog)
    catalog.set_state(run, RunState.RUNNING, best=0.25)
    catalog.set_state(run, RunState.RUNNING, best=best)
    assert catalog.run(run).best == 0.25


def test_the_question_asked_last_is_answered_first_and_each_once(catalog):
    for key in ("old", "new"):
        catalog.ask(key, "look", {"sample": 1})
    catalog.ask("new", "look", {"sample": 1})
    assert [catalog.claim_question().key for _ in range(2)] == ["new", "old"]
    assert catalog.claim_question() is None
    catalog.ask("old", "look", {})
    assert catalog.claim_question() is None, "it is being answered"
    catalog.reopen_questions()
    assert {catalog.claim_question().key for _ in range(2)} == {"new", "old"}


def test_questions_that_were_answered_long_ago_are_forgotten(catalog, monkeypatch):
    catalog.ask("old", "look", {})
    catalog.answered("old")
    catalog.ask("new", "look", {})
    catalog.answered("new")
    assert catalog.question("old") is not None
    monkeypatch.setattr(store, "_REMEMBERED", 0)
    catalog.ask("waiting", "look", {})
    catalog.answered("new")
    assert [key for key in ("old", "new", "waiting") if catalog.question(key)] == ["waiting"]


def test_another_process_is_noticed_by_the_version(catalog):
    version = catalog.version()
    assert catalog.version() == version
    other = Catalog(catalog.store)
    queue(other)
    other.close()
    assert catalog.version() != version


def test_a_new_store_is_for_its_owner_only(catalog):
    assert catalog.store.stat().st_mode & 0o777 == 0o700
