"""Protects a run's limits: it ends when it reaches one, says which, and keeps what it has learned."""

import pytest

from core.events import Marked, Stopped
from core.experiment.model import Training
from core.records import RunState
from core.runtime.limits import reached
from tests.conftest import until
from tests.runtime.conftest import experiment


def test_no_limit_is_reached_unless_one_was_set():
    assert reached(Training(), 1e9) == ""


@pytest.mark.parametrize(("training", "seconds", "words"), [
    (Training(minutes=0.5), 29.9, ""), (Training(minutes=0.5), 30.0, "limit of 0.5 minutes"),
    (Training(memory=10_000), 0.0, ""), (Training(memory=0.1), 0.0, "more than its limit of 0.1 GB")])
def test_a_limit_is_told_with_its_number(training, seconds, words):
    said = reached(training, seconds)
    assert words in said
    assert bool(said) == bool(words)


def test_a_run_ends_at_its_time_limit_and_says_so(works):
    run = works.queue(experiment(epochs=None, minutes=0.02))
    row = works.until_over(run, 60)
    assert row.state is RunState.STOPPED
    assert row.reason == "It reached its limit of 0.02 minutes."
    assert 1.2 <= row.seconds < 4
    assert works.said(run, Stopped)[-1].test
    assert (works.folder(run) / "weights.safetensors").exists()


def test_a_moment_that_was_marked_is_told_and_can_be_gone_back_to(works):
    run = works.queue()
    works.until_step(run, 5, 60)
    works.tell(run, "mark")
    step = until(lambda: works.said(run, Marked), what="the mark")[0].step
    assert step in works.reader(run).moments()
    works.tell(run, "mark", step=10**9)
    until(lambda: any("could not be kept" in text for _, text in works.reader(run).notes()), what="a note")
    works.tell(run, "stop")
    works.until_over(run)
    assert [event.step for event in works.said(run, Marked)] == [step]
