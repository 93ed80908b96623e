"""Protects what is recorded: a function of the step's number, dense at first, sparse later."""

import math

import pytest
import torch

from core.engine.rhythm import DENSE_EPOCHS, DENSE_STEPS, Recorder, due, every


def test_the_first_ones_are_all_kept():
    assert all(every(number, 100) == 1 for number in range(200))
    assert all(due(epoch) for epoch in range(1, 2 * DENSE_EPOCHS))


def test_the_distance_doubles_as_the_number_doubles():
    assert [every(100 * 2**power, 100) for power in range(6)] == [1, 2, 4, 8, 16, 32]
    assert every(400, 100) == 2 * every(399, 100)


@pytest.mark.parametrize("count", [1000, 100_000, 1_000_000])
def test_a_long_run_keeps_few(count):
    kept = sum(number % every(number, 100) == 0 for number in range(1, count + 1))
    assert 100 <= kept <= 100 * (2 + math.log2(count / 100))


def told(losses: list[float], chops: list[int]) -> tuple[list[int], list[float]]:
    recorder, steps, means = Recorder(), [], []
    for last in chops:
        for loss in losses[max([0, *(chop for chop in chops if chop < last)]):last]:
            recorder.add(torch.tensor(loss))
        taken = recorder.take(last)
        steps += taken.steps
        means += taken.losses
    return steps, means


def test_what_is_recorded_does_not_depend_on_when_it_is_asked_for():
    count = 4 * DENSE_STEPS
    losses = torch.rand(count, generator=torch.Generator().manual_seed(0)).tolist()
    whole = told(losses, [count])
    assert told(losses, [*range(700, count, 700), count]) == whole
    steps, means = whole
    assert steps == [step for step in range(1, count + 1) if step % every(step, DENSE_STEPS) == 0]
    assert means[0] == pytest.approx(losses[0])
    assert means[-1] == pytest.approx(sum(losses[steps[-2]:steps[-1]]) / (steps[-1] - steps[-2]), abs=1e-6)


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_the_first_loss_that_is_no_number_is_named(broken):
    recorder = Recorder()
    for loss in (1.0, 2.0, broken, math.nan, 3.0):
        recorder.add(torch.tensor(loss))
    taken = recorder.take(5)
    assert taken.steps == (1, 2)
    assert taken.broken is not None
    assert taken.broken.step == 3


def test_asking_without_news_tells_nothing():
    assert Recorder().take(0).steps == ()
