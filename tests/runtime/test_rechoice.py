"""Protects the choice of threads under way: made anew only when the speed tells of another load."""

import uuid

import pytest
import torch

from core.engine import device as devices
from core.engine.device import Pins
from core.engine.trainer import Trainer
from core.events import Repinned, Started
from core.runtime import rechoice, replaying
from core.runtime.past import steers
from core.runtime.rechoice import Rechoice
from tests.engine.runs import weights
from tests.experiment.drafts import draft


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [0.0]
    monkeypatch.setattr(rechoice.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def four_cores(monkeypatch):
    """A machine on which steps are fastest with one thread."""
    asked: list[Pins] = []

    def speed(pins, trial):
        asked.append(pins)
        trial(pins)()
        return 100.0 / pins.threads

    monkeypatch.setattr(devices, "_thread_counts", lambda device: [1, 2, 3])
    monkeypatch.setattr(devices, "_steps_per_second", speed)
    return asked


def run(threads: int | None = None, using: int = 3) -> tuple[Trainer, list[Repinned], Rechoice]:
    asked = draft({"kind": "linear", "units": 4}, "dropout", threads=threads)
    trainer = Trainer(asked, pins=Pins("cpu", using))
    trainer.start()
    trainer.advance(5, 60.0)
    told: list[Repinned] = []
    return trainer, told, Rechoice(trainer, told.append)


def glances(watch: Rechoice, clock: list[float], *speeds: float, free: bool = True) -> None:
    for speed in speeds:
        clock[0] += 10.0
        watch.glance(free, speed)


def test_a_run_that_slows_down_is_measured_again_and_goes_on_with_fewer_threads(clock, four_cores):
    trainer, told, watch = run()
    state = torch.get_rng_state()
    before = {name: tensor.clone() for name, tensor in weights(trainer.network).items()}
    glances(watch, clock, 100, 100, 100, 20, 20)
    assert told == [Repinned(step=5, threads=1, gain=3.0)]
    assert trainer.pins == Pins("cpu", 1)
    assert torch.get_num_threads() == 1
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(trainer.network).items())


def test_a_steady_run_is_left_alone(clock, four_cores):
    _, told, watch = run()
    glances(watch, clock, *[100, 90, 110] * 5)
    assert told == four_cores == []


def test_a_pinned_or_paced_run_is_left_alone(clock, four_cores):
    for pinned, free in ((2, True), (None, False)):
        _, told, watch = run(threads=pinned)
        glances(watch, clock, 100, 100, 20, 20, 20, free=free)
        assert told == four_cores == []


def test_looks_are_spaced_however_the_speed_jumps(clock, four_cores):
    _, told, watch = run(using=1)
    glances(watch, clock, *[100, 100, 10, 10] * 5)
    assert told == []
    assert 0 < len(four_cores) / 3 <= 200 / rechoice._APART


def test_another_number_of_threads_is_repeated_by_who_resumes_or_replays(works, monkeypatch):
    raw = {"data": {"kind": "moons"}, "training": {"epochs": 30, "device": "cpu", "threads": 1}}
    one = works.queue(raw)
    works.until_over(one, 60)
    told = Repinned(step=3, threads=1, gain=2.0)
    assert steers(told)
    monkeypatch.setattr(replaying, "_told", lambda store, run: [*works.said(run, Started), told])
    other = replaying.replay(works.store, one, uuid.uuid4().hex)
    works.until_over(other, 60)
    assert works.said(other, Repinned) == [told]
