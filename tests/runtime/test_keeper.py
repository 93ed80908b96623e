"""Protects the wait for a disk: as long as that may pass by itself, told meanwhile, never without an end."""

import shutil
import uuid
from types import SimpleNamespace

import apsw
import pytest

from core.problems import StoreTrouble
from core.records import RunState
from core.runtime import keeper as keeping
from core.runtime import paths
from core.runtime.keeper import Gone, Keeper
from core.store import files
from core.store.catalog import Catalog
from core.store.trouble import StoreBusy, StoreDamaged, StoreFull
from core.store.writer import Writer
from tests.runtime.conftest import experiment

PATIENCE = 50
"""Seconds of the clock below after which a wait counts as endless."""


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        assert self.now < PATIENCE, "it waits for ever"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A run with a keeper, which gives up when it is told to."""
    monkeypatch.setattr(keeping, "time", Clock())
    catalog = Catalog(tmp_path / "store")
    run = catalog.add_run(experiment(), "x", uuid.uuid4().hex, None, "accuracy")
    catalog.claim()
    Writer(files.run_folder(catalog.store, run)).close()
    paths.run_lock(catalog.store, run).touch()
    one = SimpleNamespace(catalog=catalog, run=run, folder=files.run_folder(catalog.store, run))
    one.given_up = False
    one.keeper = Keeper(catalog.store, catalog.run(run), lambda: one.given_up)
    one.keeper.state(RunState.RUNNING)
    yield one
    one.keeper.close()
    catalog.close()


def refuse(kept, monkeypatch, trouble, times=None):
    """Have the run's database refuse notes so many times, or always."""
    real, asked = kept.keeper._writer.note, []

    def note(text):
        asked.append(kept.catalog.run(kept.run))
        if times is None or len(asked) <= times:
            raise trouble
        real(text)
    monkeypatch.setattr(kept.keeper._writer, "note", note)
    return asked


def damage(folder, table: str) -> None:
    """Overwrite the first page of a table."""
    base = apsw.Connection(str(folder / files.RUN))
    base.pragma("journal_mode", "delete")
    [(page,)] = base.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchall()
    size = base.pragma("page_size")
    base.close()
    with (folder / files.RUN).open("rb+") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_a_damaged_database_is_not_waited_for_longer_than_what_may_pass(kept):
    kept.keeper.close()
    damage(kept.folder, "notes")
    kept.keeper = Keeper(kept.catalog.store, kept.catalog.run(kept.run), lambda: False)
    with pytest.raises(StoreDamaged):
        kept.keeper.note("hello")


@pytest.mark.parametrize("trouble", [StoreFull("It is full."), StoreBusy("It is busy."),
                                     StoreTrouble("It could not be written. Check the disk.")])
def test_a_store_in_trouble_is_waited_for_and_that_is_told(kept, monkeypatch, trouble):
    asked = refuse(kept, monkeypatch, trouble, times=3)
    kept.keeper.note("hello")
    assert [row.state for row in asked] == [RunState.RUNNING, *[RunState.PAUSED] * 3]
    assert asked[1].reason == f"{trouble} It then goes on by itself."
    assert (kept.catalog.run(kept.run).state, kept.catalog.run(kept.run).reason) == (RunState.RUNNING, "")


@pytest.mark.parametrize("trouble", [StoreFull("It is full."), StoreBusy("It is busy.")])
def test_who_was_told_to_end_tries_once_more_and_waits_no_longer(kept, monkeypatch, trouble):
    asked = refuse(kept, monkeypatch, trouble)
    kept.given_up = True
    with pytest.raises(type(trouble)):
        kept.keeper.note("hello")
    assert len(asked) == 2


def test_a_stop_said_during_the_wait_leaves_the_run_interrupted_with_the_reason(kept, monkeypatch):
    def note(text):
        if kept.catalog.run(kept.run).state is RunState.PAUSED:
            kept.catalog.command(kept.run, {"kind": "stop"})
        raise StoreFull("It is full.")

    monkeypatch.setattr(kept.keeper._writer, "note", note)
    with pytest.raises(Gone):
        kept.keeper.note("hello")
    assert kept.catalog.run(kept.run).state is RunState.INTERRUPTED
    assert kept.catalog.run(kept.run).reason == "Stopped while it waited. It is full."


def test_a_stop_said_before_the_wait_waits_to_be_stored(kept, monkeypatch):
    kept.catalog.command(kept.run, {"kind": "stop"})
    refuse(kept, monkeypatch, StoreFull("It is full."), times=3)
    kept.keeper.note("hello")
    assert kept.catalog.run(kept.run).state is RunState.RUNNING


def test_a_stop_said_during_the_wait_is_left_to_be_heeded_once_the_disk_takes_it(kept, monkeypatch):
    asked = refuse(kept, monkeypatch, StoreFull("It is full."), times=1)
    monkeypatch.setattr(kept.keeper, "_tell", lambda _: kept.catalog.command(kept.run, {"kind": "stop"}))
    kept.keeper.note("hello")
    assert len(asked) == 2
    assert kept.catalog.run(kept.run).state is RunState.RUNNING


def test_a_wait_ends_when_the_runs_folder_is_gone(kept, monkeypatch):
    refuse(kept, monkeypatch, StoreBusy("It is busy."))
    shutil.move(kept.folder, kept.folder.with_name("elsewhere"))
    with pytest.raises(Gone):
        kept.keeper.note("hello")
