"""Protects events: each survives JSON, numbers that are none included, and charts get the points it holds."""

import json
import math
from typing import get_args

import pytest

from core import events
from core.events import (
    Branched,
    Changed,
    Compared,
    Continued,
    Diverged,
    Event,
    Failed,
    Finished,
    Marked,
    Paused,
    Repinned,
    Resumed,
    Started,
    StepsRecorded,
    Stopped,
    TurboChanged,
    Validated,
    WeightEdited,
)

SAMPLES = {"train": 60, "validation": 20, "test": 20}
EVERY: list[Event] = [
    Started(parameters=3, device="cpu", device_name="a processor", threads=1, epochs=None, steps_per_epoch=4,
            samples=SAMPLES, data_hash="abc", torch_version="2.13.0"),
    StepsRecorded(steps=(1, 2), losses=(0.5, math.inf)),
    Validated(step=4, epoch=1, learning_rate=0.1,
              scores={"loss": math.nan, "accuracy": 0.5, "r2": -math.inf}),
    Changed(step=4, setting="training.optimizer.learning_rate", value=1e-6),
    Changed(step=4, setting="training.optimizer", value={"kind": "sgd", "learning_rate": 0.1}),
    Branched(step=4, run=3, fresh=("out",), memory=False, same_course=True),
    WeightEdited(step=4, node="out", parameter="0.weight", index=(0, 1), value=-2.5),
    Repinned(step=3, threads=1, gain=1.5), Marked(step=3), Paused(step=4), Resumed(step=4),
    Continued(step=4, again=3, exact=False, why="Not exact: threads was 2 and is 1."),
    TurboChanged(step=5, state="on", steps=3, gain=3.4, seconds=14.5),
    Compared(run=3, points=12, parted="train_loss", step=4, before=math.nan, now=0.5, weights="other"),
    Finished(step=8, epoch=2, seconds=1.5, test={"loss": 0.1}),
    Stopped(step=8, epoch=2, seconds=1.5, test={"loss": math.nan}),
    Diverged(step=7, epoch=2, seconds=1.5, loss=math.nan, finite_step=4),
    Failed(what="It broke.", details="Traceback …\n\0 <b>"),
]


def told(event: Event) -> str:
    return event.type


def test_every_kind_of_event_is_tried_here():
    assert {type(event) for event in EVERY} == set(get_args(Event))
    assert len({event.type for event in EVERY}) == len(get_args(Event))


@pytest.mark.parametrize("event", EVERY, ids=told)
def test_an_event_survives_json(event):
    line = events.write(event)
    assert "\n" not in line
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    for back in (events.read(line), events.read(line.encode()), events.read(json.loads(line))):
        assert type(back) is type(event)
        assert repr(back) == repr(event)  # what is no number equals nothing, but is written the same


@pytest.mark.parametrize("event", EVERY, ids=told)
def test_every_kind_of_event_says_what_it_tells(event):
    assert (type(event).__doc__ or "").endswith(".")


@pytest.mark.parametrize("event", EVERY, ids=told)
def test_points_are_names_steps_and_values(event):
    for name, step, value in events.points(event):
        assert isinstance(name, str)
        assert isinstance(step, int)
        assert isinstance(value, float)


def test_charts_get_every_recorded_step_and_every_score():
    assert events.points(EVERY[1]) == [("train_loss", 1, 0.5), ("train_loss", 2, math.inf)]
    assert [name for name, _, _ in events.points(EVERY[2])] == [
        "learning_rate", "validation_loss", "validation_accuracy", "validation_r2"]


@pytest.mark.parametrize("line", ["{}", "[]", "null", '{"type": "nothing"}', '{"type": "paused"}',
                                  '{"type": "paused", "step": 1, "more": 2}', "{", ""])
def test_what_is_no_event_is_refused(line):
    with pytest.raises(ValueError, match=r"validation error|Invalid JSON|Field required|discriminator"):
        events.read(line)
