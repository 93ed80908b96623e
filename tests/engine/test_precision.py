"""Protects mixed precision: bfloat16 on the way forward and back, float32 for whatever is kept or told."""

import pytest
import torch

from core.engine import device as devices
from core.engine.family import Family
from core.engine.trainer import Trainer
from core.engine.turbo import wanted
from core.experiment.model import Experiment, read, write
from core.experiment.templates import template
from core.problems import Problems
from tests.engine.cuts import proves, rich
from tests.experiment.drafts import draft


def mixed(name: str, precision: str = "bfloat16") -> Experiment:
    raw = write(template(name).experiment)
    raw["training"] |= {"precision": precision, "device": "cpu", "threads": 1, "layout": "plain"}
    return read(raw)


def losses(experiment: Experiment) -> tuple[list[float], Trainer]:
    trainer = Trainer(experiment)
    events = trainer.advance(3, 60.0)
    return [loss for event in events if event.type == "steps_recorded" for loss in event.losses], trainer


@pytest.mark.parametrize("name", ["moons", "diabetes", "digits-cnn", "small-resnet", "digits-vit",
                                  "digits-lstm", "tones", "dates"])
def test_networks_of_every_kind_train_nearly_as_in_full_precision(name):
    full, _ = losses(mixed(name, "float32"))
    half, trainer = losses(mixed(name))
    assert half == pytest.approx(full, rel=0.02)
    assert half != full
    kept = [*trainer.network.tensors().values(), *(tensor for optimizer in trainer.optimizers
                                                   for state in optimizer.state.values()
                                                   for tensor in state.values() if torch.is_tensor(tensor))]
    assert torch.bfloat16 not in {tensor.dtype for tensor in kept}


def test_a_judgement_is_made_in_full_precision():
    half, full = (Trainer(mixed("moons", precision)).start()[1] for precision in ("bfloat16", "float32"))
    assert half.scores == full.scores


def test_a_run_in_mixed_precision_goes_on_exactly(tmp_path):
    proves(rich(precision="bfloat16"), 5, tmp_path)


def test_automatic_takes_fewer_digits_only_when_that_is_clearly_faster(monkeypatch):
    for gain, chosen in ((1.1, "float32"), (1.3, "bfloat16")):
        speeds = {"float32": 100.0, "bfloat16": 100.0 * gain}
        monkeypatch.setattr(devices, "_at_once",
                            lambda pins, trial, most, speeds=speeds: speeds[pins.precision])
        trainer = Trainer(draft(precision="auto"))
        (started, _) = trainer.start()
        assert started.precision == trainer.pins.precision == chosen


def test_compiled_steps_and_families_leave_it_to_plain_steps_and_say_so():
    trainer = Trainer(draft(precision="bfloat16"))
    trainer.advance(1, 60.0)
    with pytest.raises(Problems, match="float32"):
        wanted(trainer)
    seeds = [draft(precision="bfloat16", seed=seed) for seed in range(2)]
    with pytest.raises(Problems, match="float32"):
        Family([Trainer(one) for one in seeds])
