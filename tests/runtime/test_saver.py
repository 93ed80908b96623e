"""Protects when checkpoints are written: so seldom that they cost next to nothing, at no peril to a run."""

import errno
from itertools import pairwise
from types import SimpleNamespace

import pytest

from core.engine.checkpoint import Checkpoints
from core.engine.trainer import Trainer
from core.runtime import saver
from core.runtime.saver import Saver
from tests.experiment.drafts import draft


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Told:
    """A keeper that remembers what it was told."""

    stored = 7
    best_step: int | None = None

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.barriers = 0
        self.pictures: list[int] = []

    def moment(self, step: int, block: bytes) -> None:
        self.pictures.append(step)

    def forget(self, steps: list[int]) -> None:
        self.pictures = [step for step in self.pictures if step not in steps]

    def barrier(self) -> None:
        self.barriers += 1

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def saving(tmp_path, monkeypatch):
    clock, keeper = Clock(), Told()
    monkeypatch.setattr(saver, "time", clock)
    trainer = Trainer(draft("linear", data={"kind": "moons", "samples": 100}, epochs=50))
    return SimpleNamespace(clock=clock, keeper=keeper, trainer=trainer, folder=tmp_path / "checkpoints",
                           saver=Saver(Checkpoints(tmp_path / "checkpoints"), keeper,
                                       SimpleNamespace(look=lambda step, epoch: b"seen")))


def glance(saving, seconds: float) -> list[int]:
    """One step, and a look so many seconds later; the checkpoints there are."""
    saving.trainer.advance(1, 1.0)
    saving.clock.now += seconds
    saving.saver.glance(saving.trainer)
    return saving.saver.checkpoints.steps()


def test_the_first_comes_soon_and_the_others_when_they_cost_little(saving, monkeypatch):
    write = saving.saver.checkpoints.write

    def slow(*given):
        saving.clock.now += 0.5
        write(*given)

    monkeypatch.setattr(saving.saver.checkpoints, "write", slow)
    assert glance(saving, 0.0) == []
    assert glance(saving, 0.2) == []
    assert glance(saving, 0.1) == [3]
    assert glance(saving, 27.0) == [3]  # half a second is 1.8 % of 27.8
    assert glance(saving, 1.1) == [3, 5]
    saving.clock.now += 60
    saving.saver.glance(saving.trainer)
    assert saving.keeper.barriers == 2  # nothing is new


def test_a_full_disk_is_told_once_and_costs_the_run_nothing_else(saving, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(saving.saver.checkpoints, "write", full)
        for _ in range(3):
            assert glance(saving, 30.0) == []
    assert len(saving.keeper.notes) == 1
    assert "No checkpoint could be written; the run trains on." in saving.keeper.notes[0]
    assert "is full" in saving.keeper.notes[0]
    assert glance(saving, 30.0) == [4]


def test_a_bad_place_on_the_disk_is_tried_once_more_under_another_name(saving, monkeypatch):
    write, tries = saving.saver.checkpoints.write, []

    def once_bad(*given):
        tries.append(given)
        if len(tries) == 1:
            raise OSError(errno.EIO, "Input/output error")
        write(*given)

    monkeypatch.setattr(saving.saver.checkpoints, "write", once_bad)
    glance(saving, 0.0)
    assert glance(saving, 2.0) == [2]
    assert saving.keeper.notes == []


def test_moments_are_thinned_to_the_budget_and_the_one_after_the_best_judgement_stays(saving, monkeypatch):
    monkeypatch.setattr(saver, "MOST", 8)
    saving.saver.begin(saving.trainer)
    glance(saving, 0.0)
    for _ in range(60):
        if saving.trainer.step == 12:
            saving.keeper.best_step = 12
        kept = glance(saving, 5.0)
    assert len(kept) == 8
    assert kept[0] == 2, "the first stays"
    assert {12, 60, 61} <= set(kept), "and the one after the best, and the newest"
    gaps = [right - left for left, right in pairwise(kept)]
    assert max(gaps[:3]) > max(gaps[-3:]), "newest dense, oldest sparse"
    assert saving.keeper.pictures == [0, *kept], "there is a picture of each, and of the beginning"


def test_a_moment_a_person_marked_outlives_the_budget(saving, monkeypatch):
    monkeypatch.setattr(saver, "MOST", 4)
    glance(saving, 0.0)
    for _ in range(40):
        if saving.trainer.step == 9:
            assert saving.saver.mark(saving.trainer, 9)
        kept = glance(saving, 5.0)
    assert 9 in kept
    assert len(kept) == 5
    assert not saving.saver.mark(saving.trainer, 3), "that one is gone"
    assert "could not be kept" in saving.keeper.notes[-1]


def test_a_disk_that_lets_nothing_go_is_told_once_and_costs_the_run_nothing_else(saving, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(saver, "MOST", 3)
    glance(saving, 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(saving.saver.checkpoints, "remove", full)
        for _ in range(6):
            kept = glance(saving, 30.0)
    assert len(kept) == 6
    assert len(saving.keeper.notes) == 1
    assert "Old moments could not be let go" in saving.keeper.notes[0]
    assert len(glance(saving, 30.0)) == 3


def test_two_moments_are_kept_however_large_they_are(saving, monkeypatch):
    monkeypatch.setattr(saver, "_MB", 0)
    glance(saving, 0.0)
    for _ in range(5):
        kept = glance(saving, 5.0)
    assert len(kept) == 3, "the first and the last two"
    assert kept[1:] == [5, 6]
