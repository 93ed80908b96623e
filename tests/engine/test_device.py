"""Protects the choice of device, threads and layout: what is pinned is used, what is not there is refused."""

import pytest
import torch

from core.engine import device as devices
from core.engine.trainer import Trainer
from core.problems import Problems
from tests.experiment.drafts import draft


def test_the_processor_is_always_found_first():
    assert devices.found()[0] == "cpu"
    assert devices.system()["device"] == devices.found()[-1]
    assert devices.system()["cores"] >= 1
    assert devices.system()["device_name"]


def test_what_is_pinned_is_not_measured():
    def never(pins: devices.Pins):
        raise AssertionError("measured although pinned")

    pinned = draft(threads=3, precision="bfloat16", layout="plain").training
    assert devices.choose(pinned, never) == ("cpu", 3, "bfloat16", "plain")


@pytest.mark.parametrize("device", sorted({"cuda", "mps"} - set(devices.found())))
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(Problems, match="Choose Automatic"):
        devices.choose(draft(device=device).training, lambda pins: lambda: None)


def test_the_faster_candidate_wins(monkeypatch):
    monkeypatch.setattr(devices, "_thread_counts", lambda device: [1, 2])
    monkeypatch.setattr(devices, "_steps_per_second", lambda pins, trial: {1: 5.0, 2: 50.0}[pins.threads])
    before = torch.get_num_threads()
    assert devices.choose(draft(threads=None).training, lambda pins: lambda: None).threads == 2
    torch.set_num_threads(before)


def measured(monkeypatch, speed, steps=None, pictures=True, **training):
    """What is chosen where a way's speed is `speed(pins)`, and the ways that were tried."""
    tried: list[devices.Pins] = []

    def told(pins, *_):
        tried.append(pins)
        return speed(pins)

    monkeypatch.setattr(devices, "_steps_per_second", told)
    monkeypatch.setattr(devices, "_at_once", told)
    asked = draft(**{"layout": "auto", **training}).training
    return devices.choose(asked, lambda pins: lambda: None, pictures=pictures, steps=steps), tried


def test_one_thing_is_chosen_after_the_other_so_that_trials_add_up(monkeypatch):
    monkeypatch.setattr(devices, "_thread_counts", lambda device: [1, 2, 3])
    chosen, tried = measured(monkeypatch, lambda pins: 10 * pins.threads + 20 * (pins.layout != "plain"),
                             threads=None, precision="auto")
    assert chosen == ("cpu", 3, "float32", "channels_last")
    assert len(set(tried)) == 5  # three counts; at the best of them one more precision, one more layout
    assert len(tried) <= 3 + (2 + 2) * 5


def test_another_layout_must_be_faster_by_more_than_chance(monkeypatch):
    for gain, layout in ((0.9, "plain"), (1.03, "plain"), (1.08, "channels_last")):
        chosen, _ = measured(monkeypatch, lambda pins, gain=gain: gain if pins.layout != "plain" else 1.0)
        assert chosen.layout == layout


def test_a_layout_is_tried_for_pictures_only_and_where_none_is_named(monkeypatch):
    for asked in ({"pictures": False}, {"layout": "plain"}):
        chosen, tried = measured(monkeypatch, lambda pins: 1.0, **asked)
        assert (chosen.layout, tried) == ("plain", [])
    assert measured(monkeypatch, lambda pins: 1.0, layout="channels_last")[0].layout == "channels_last"
    chosen, _ = measured(monkeypatch, lambda pins: 1.0, pictures=False, layout="channels_last")
    assert chosen.layout == "plain"


def test_trying_takes_at_most_a_twentieth_of_a_short_run(monkeypatch):
    for steps, worth in ((20, False), (99, False), (100, True), (None, True)):
        _, tried = measured(monkeypatch, lambda pins: 1.0, steps=steps)
        assert bool(tried) == worth


def test_nothing_else_is_tried_once_half_a_second_is_gone(monkeypatch):
    now = iter([0.0, 0.3, 0.3, *[0.6] * 5])
    monkeypatch.setattr(devices, "perf_counter", lambda: next(now))
    chosen, tried = measured(monkeypatch, lambda pins: 2.0 if pins.layout != "plain" else 1.0,
                             precision="auto")
    assert chosen.layout == "plain"
    assert {pins.layout for pins in tried} == {"plain"}


def test_measuring_changes_nothing_of_the_run(monkeypatch):
    monkeypatch.setattr(devices, "_thread_counts", lambda device: [1, 1])
    monkeypatch.setattr(devices, "MEASURED_SECONDS", 0.01)
    experiment = draft("linear", "dropout", "batch_norm1d")
    measured = Trainer(experiment.model_copy(update={"training": experiment.training.model_copy(
        update={"threads": None})}))
    told = measured.start() + measured.advance(5, 9.0)
    pinned = Trainer(experiment)
    assert told == pinned.start() + pinned.advance(5, 9.0)
    assert told[0].threads == 1


def test_the_pins_are_told_at_the_start():
    (started, _) = Trainer(draft()).start()
    assert (started.device, started.threads) == ("cpu", 1)
    assert started.torch_version == torch.__version__
