"""Protects the pages: each opens on an empty store, on a run of each state, on many, and says what to do."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.events import Changed, Compared, Failed, Finished, Started, StepsRecorded, Validated
from core.experiment import model
from core.experiment.templates import template
from core.problems import StoreTrouble
from core.records import RunState, Snapshot
from core.runtime import client, locks, paths
from core.store import files, moments
from core.store.catalog import Catalog
from core.store.trouble import NoSuchRun
from core.store.writer import Writer
from tests.conftest import ROOT

STARTED = Started(parameters=3, device="cpu", device_name="a processor", threads=1, epochs=9,
                  steps_per_epoch=9, samples={"train": 9}, data_hash="", torch_version="2.13.0")
PAGES = ["pages/studio.py", "pages/runs.py", "pages/system.py"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty store, whose dispatcher's place is taken, so that a page starts none."""
    monkeypatch.setenv("LAYERSCOPE_STORE", str(tmp_path))
    Catalog(tmp_path).close()
    lock = locks.take(paths.jobs_lock(tmp_path))
    assert lock is not None
    lock.sign(version=paths.code_version())
    yield tmp_path
    lock.release()


def add(store: Path, state: RunState, *, name: str = "run", rate: float = 0.01, points: int = 9,
        task: str = "two-spirals") -> int:
    """A run in this state, with curves unless it has not begun."""
    experiment = model.write(template(task).experiment)
    experiment["training"]["optimizer"]["learning_rate"] = rate
    with closing(Catalog(store)) as catalog:
        run = catalog.add_run(experiment, name, os.urandom(9).hex(), None, "accuracy")
        if state not in (RunState.QUEUED, RunState.STARTING) and points:
            with closing(Writer(files.make_folder(files.run_folder(store, run)))) as writer:
                writer.append(*(event for step in range(1, points + 1) for event in told(step, rate)))
        for step in (RunState.STARTING, RunState.RUNNING, state):
            if state is not RunState.QUEUED and not (state is RunState.STARTING and step is RunState.RUNNING):
                catalog.set_state(run, step, reason="because" if step.over else "", best=0.9, seconds=70.0)
    return run


def told(step: int, rate: float):
    scores = {"loss": rate / step, "accuracy": 1 - rate / step}
    return (StepsRecorded(steps=(step,), losses=(1 / step,)),
            Validated(step=step, epoch=1, learning_rate=rate, scores=scores))


def opened(page: str | None = None, **address: str) -> AppTest:
    """The app at a page, drawn once without a fault."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    if page:
        test.switch_page(page).run()
    assert not test.exception, [box.message for box in test.exception]
    return test


def said(test: AppTest) -> str:
    """All sentences on the page."""
    kinds = ("info", "warning", "error", "text", "caption", "subheader", "markdown")
    return " ".join(box.value for kind in kinds for box in getattr(test, kind))


def select(test: AppTest, *rows: int) -> AppTest:
    """Tick rows of the table of runs."""
    selection = {"rows": list(rows), "columns": [], "cells": []}
    test.session_state[test.dataframe[0].key] = {"selection": selection}
    test.run()
    assert not test.exception
    return test


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    test.run()
    assert not test.exception
    return test


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_an_empty_store(store, page):
    opened(page)


def test_an_empty_store_says_what_to_do(store):
    test = opened("pages/runs.py")
    assert "press Train" in said(test)
    assert "Nothing trains" in said(opened("pages/system.py"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", list(RunState))
def test_a_page_opens_with_a_run_of_each_state(store, state, page):
    run = add(store, state)
    test = opened(page, run=str(run))
    if page == "pages/runs.py":
        assert test.dataframe[0].value["Run"].tolist() == [run]
        assert state.value in test.dataframe[0].value["State"][0]


def test_two_hundred_runs_are_listed_newest_first(store):
    for _ in range(200):
        add(store, RunState.FINISHED, points=0)
    rows = opened("pages/runs.py").dataframe[0].value
    assert rows["Run"].tolist() == list(range(200, 0, -1))


@pytest.mark.parametrize("asked", ["x", "-1", "1.5", "9" * 40, "", "<script>", "٣"])
def test_an_address_that_names_no_run_is_told_as_one_of_a_run_that_is_gone(store, asked):
    told = json.loads(opened(run=asked).get("bidi_component")[0].proto.json)
    assert told["run"] is None
    assert told["refused"].startswith("There is no run ")
    with closing(Catalog(store)) as catalog, pytest.raises(NoSuchRun) as gone:
        catalog.run(7)
    assert told["refused"].partition(". ")[2] == str(gone.value).partition(". ")[2]
    assert str(store) not in str(gone.value), "a folder of the server says nothing to a person"


def test_a_store_that_is_gone_is_one_calm_box(store, monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERSCOPE_STORE", str(tmp_path / "elsewhere"))
    for page in PAGES[1:]:
        test = opened(page)
        assert len(test.error) == 1
        assert "Choose another store folder" in test.error[0].value


def test_one_selected_run_shows_its_loss_and_what_can_be_done(store):
    run = add(store, RunState.FINISHED)
    test = select(opened("pages/runs.py"), 0)
    assert [button.label for button in test.button] == ["Open in Studio", "Replay", "Rename", "Delete"]
    assert "Train" in test.get("plotly_chart")[0].proto.spec
    press(test, "Open in Studio")
    assert test.query_params["run"] == str(run)


def test_a_run_without_curves_says_so(store):
    add(store, RunState.QUEUED)
    test = select(opened("pages/runs.py"), 0)
    assert "no curves yet" in said(test)


def test_a_run_at_work_cannot_be_deleted(store):
    add(store, RunState.RUNNING)
    test = select(opened("pages/runs.py"), 0)
    assert next(button for button in test.button if button.label == "Delete").disabled


def test_an_interrupted_run_is_resumed_and_a_stopped_one_is_not_offered_it(store):
    add(store, RunState.STOPPED)
    run = add(store, RunState.INTERRUPTED)
    test = opened("pages/runs.py")
    assert "Resume" not in [button.label for button in select(test, 1).button]
    press(select(test, 0), "Resume")
    with closing(Catalog(store)) as catalog:
        assert catalog.run(run).state is RunState.QUEUED


def moment(store, run, step, epoch):
    """Keep what a branch of a run needs to begin with; what the checkpoint holds is the worker's business."""
    with closing(Writer(files.run_folder(store, run))) as writer:
        writer.snapshot(moments.moment(step), Snapshot(step, epoch).pack())
    files.make_folder(files.make_folder(paths.checkpoints(store, run)) / f"ckpt-{step}")


@pytest.mark.parametrize(("state", "words"), [
    (RunState.FINISHED, "judged on its test samples"), (RunState.STOPPED, "judged on its test samples"),
    (RunState.DIVERGED, "lower learning rate"), (RunState.FAILED, "would break again")])
def test_a_run_that_is_over_is_branched_from_its_last_moment_and_that_is_explained(store, state, words):
    run = add(store, state)
    if state is RunState.FAILED:
        with closing(Writer(files.run_folder(store, run))) as writer:
            writer.append(Failed(what="no"))
    for step, epoch in ((0, 0), (400, 40)):
        moment(store, run, step, epoch)
    test = select(opened("pages/runs.py"), 0)
    assert words in said(test)
    assert "after 40 epochs" in said(press(test, "Branch at step 400"))
    dialog = AppTest.from_function(_branch, args=(run,), default_timeout=30).run()
    dialog.button(key=f"branch_now_{run}").click().run()
    assert not dialog.exception
    assert not dialog.error
    with closing(Catalog(store)) as catalog:
        made = catalog.run(run + 1)
    assert (made.parent, made.parent_step, made.state) == (run, 400, RunState.QUEUED)
    rate = made.experiment["training"]["optimizer"]["learning_rate"]
    assert rate == pytest.approx(0.001 if state is RunState.DIVERGED else 0.01)
    assert made.experiment["training"]["epochs"] > 40


def _branch(run: int) -> None:
    from pages.parts import onward, session

    with session.catalog() as catalog:
        row = catalog.run(run)
    onward.branch(row, 400)


def test_a_run_that_the_disk_failed_is_resumed_and_one_without_moments_says_that_it_cannot_go_on(store):
    add(store, RunState.FINISHED)
    run = add(store, RunState.FAILED)
    test = select(opened("pages/runs.py"), 0)
    assert "not its training" in said(test)
    press(test, "Resume")
    with closing(Catalog(store)) as catalog:
        assert catalog.run(run).state is RunState.QUEUED
    assert "kept no moment" in said(select(opened("pages/runs.py"), 1))


def test_a_paused_run_is_told_to_go_on(store):
    run = add(store, RunState.PAUSED)
    test = select(opened("pages/runs.py"), 0)
    assert "waits where it stands" in said(test)
    press(test, "Continue")
    with closing(Catalog(store)) as catalog:
        assert catalog.commands(run)[-1][1] == {"kind": "resume"}


def test_a_run_that_somebody_else_removed_before_it_was_resumed_is_told_in_a_box(store, monkeypatch):
    add(store, RunState.INTERRUPTED)
    test = select(opened("pages/runs.py"), 0)

    def gone(store, run):
        raise NoSuchRun(run)

    monkeypatch.setattr(client, "resume", gone)
    press(test, "Resume")
    assert [box.value for box in test.error] == ["There is no run 1. Choose one from the list of runs."]


def test_a_run_whose_curves_cannot_be_read_is_told_in_a_box(store):
    run = add(store, RunState.FINISHED)
    (files.run_folder(store, run) / files.RUN).write_bytes(b"This was a database once. " * 100)
    test = select(opened("pages/runs.py"), 0)
    assert "is damaged" in test.error[0].value
    add(store, RunState.FINISHED)
    assert "is damaged" in select(opened("pages/runs.py"), 0, 1).error[0].value


def test_an_export_the_store_refuses_is_told_in_the_dialog(store, monkeypatch):
    def refuse(*_):
        raise StoreTrouble("The disk is full. Free some space there.")

    monkeypatch.setattr(client, "ask", refuse)
    test = AppTest.from_function(_export, args=(add(store, RunState.FINISHED),), default_timeout=30).run()
    test.button(key="make_run-1_script").click().run()
    assert not test.exception
    assert "The disk is full. Free some space there." in said(test)


def _export(run: int) -> None:
    from pages.parts import export

    export.take_away(run)


def test_a_run_is_renamed(store):
    run = add(store, RunState.FINISHED)
    test = press(select(opened("pages/runs.py"), 0), "Rename")
    test.text_input[0].set_value(" <script>alert(1)</script> ")
    test.button(key=f"rename_now_{run}").click()
    test.run()
    with closing(Catalog(store)) as catalog:
        assert catalog.run(run).name == "<script>alert(1)</script>"


def test_a_run_is_deleted_only_after_a_second_yes(store):
    run = add(store, RunState.STOPPED)
    test = press(select(opened("pages/runs.py"), 0), "Delete")
    with closing(Catalog(store)) as catalog:
        assert len(catalog.runs()) == 1
        test.button(key="delete_now").click()
        test.run()
        assert catalog.runs() == []
    assert not files.run_folder(store, run).exists()


def test_two_runs_are_laid_over_each_other_with_only_their_differences(store):
    for rate in (0.01, 0.02):
        add(store, RunState.FINISHED, rate=rate)
    test = select(opened("pages/runs.py"), 0, 1)
    assert len(test.get("plotly_chart")) == 2
    table = test.table[0].value
    assert table.index.tolist() == ["training.optimizer.learning_rate"]
    assert table.iloc[0].tolist() == ["0.02", "0.01"]


def test_runs_of_different_tasks_get_charts_of_their_own_and_a_sentence_says_why(store):
    for task in ("two-spirals", "diabetes", "moons"):
        add(store, RunState.FINISHED, task=task)
    test = select(opened("pages/runs.py"), 0, 1, 2)
    assert "different tasks (runs 3, 1: classification; run 2: regression)" in said(test)
    assert len(test.get("plotly_chart")) == 4
    assert "different" not in said(select(test, 0, 2))


def test_what_was_changed_by_hand_is_told_of_runs_that_were_asked_for_the_same(store):
    for value in (None, 0.24):
        run = add(store, RunState.FINISHED)
        if value:
            with closing(Writer(files.run_folder(store, run))) as writer:
                writer.append(Changed(step=310, setting="training.optimizer.learning_rate", value=value))
    table = select(opened("pages/runs.py"), 0, 1).table[0].value
    assert table.index.tolist() == ["changed while it trained"]
    assert table.iloc[0].tolist() == ["optimizer.learning_rate 0.24 after step 310", "nothing"]


def test_several_runs_are_deleted_at_once_after_a_second_yes(store):
    for _ in range(3):
        add(store, RunState.FINISHED)
    test = press(select(opened("pages/runs.py"), 0, 2), "Delete 2 runs")
    test.button(key="delete_now").click()
    test.run()
    with closing(Catalog(store)) as catalog:
        assert [run.id for run in catalog.runs()] == [2]


def test_equal_runs_say_that_they_are(store):
    for _ in range(2):
        add(store, RunState.FINISHED)
    assert "exactly the same" in said(select(opened("pages/runs.py"), 0, 1))


def test_the_selection_stays_with_its_run_when_another_run_comes(store):
    old = add(store, RunState.FINISHED, name="old")
    test = select(opened("pages/runs.py"), 0)
    add(store, RunState.FINISHED, name="new")
    test.run()
    assert [button.key for button in test.button if button.label == "Delete"] == [f"delete_{old}"]


@pytest.mark.parametrize(("parted", "words"), [("", "equal those of run 1 to the last bit"),
                                               ("train_loss", "first at step 3, where the train loss was")])
def test_a_replay_shows_whether_it_is_the_run_it_did_again(store, parted, words):
    add(store, RunState.FINISHED)
    again = add(store, RunState.RUNNING)
    told = Compared(run=1, points=9, parted=parted, step=3 if parted else None, weights="equal",
                    before=0.5 if parted else None, now=0.25 if parted else None)
    with closing(Writer(files.run_folder(store, again))) as writer:
        writer.append(told, Finished(step=9, epoch=1, seconds=1.0, test={}))
    with closing(Catalog(store)) as catalog:
        catalog.set_state(again, RunState.FINISHED, reason=told.words())
    test = select(opened("pages/runs.py"), 0)
    assert words in " ".join(box.value for box in (test.warning if parted else test.success))
    assert words in test.dataframe[0].value["Note"][0]


def test_a_run_that_is_over_is_replayed_and_the_replay_chosen(store):
    run = add(store, RunState.RUNNING, points=0)
    with closing(Writer(files.run_folder(store, run))) as writer:
        writer.append(STARTED)
    with closing(Catalog(store)) as catalog:
        catalog.set_state(run, RunState.STOPPED)
    test = press(select(opened("pages/runs.py"), 0), "Replay")
    assert not test.error
    with closing(Catalog(store)) as catalog:
        assert catalog.run(run + 1).name == "run · again"
    assert test.session_state["chosen_runs"] == [run + 1]


def test_a_run_that_ends_while_it_is_chosen_is_offered_the_way_on(store):
    run = add(store, RunState.PAUSED)
    test = select(opened("pages/runs.py"), 0)
    assert "Continue" in [button.label for button in test.button]
    moment(store, run, 400, 40)
    with closing(Catalog(store)) as catalog:
        catalog.set_state(run, RunState.STOPPED)
    test.run()
    assert "Branch at step 400" in [button.label for button in test.button]
