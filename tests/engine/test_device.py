"""Protects the choice of device and threads: what is pinned is used, what is not there is refused."""

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

    pinned = draft(threads=3, precision="bfloat16").training
    assert devices.choose(pinned, never) == ("cpu", 3, "bfloat16")


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
