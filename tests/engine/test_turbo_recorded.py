"""Protects recorded steps: they train as plain ones do, and leave the random numbers where they were.

Without a graphics processor nothing is recorded: there the same step is taken between the same tensors.
"""

from typing import Any

import pytest
import torch

from core.engine import device as devices
from core.engine.trainer import Trainer
from core.engine.turbo import Turbo, gain
from core.engine.turbo_recorded import recorded
from core.experiment.edits import apply
from core.experiment.model import Experiment
from core.runtime.turbo import Companion
from tests.engine.runs import weights
from tests.engine.test_turbo import HIDDEN, assert_averages_alike, begun_trainer, spirals

LAYERS = (HIDDEN, {"kind": "batch_norm1d"}, {"kind": "dropout"}, HIDDEN)
CASES: dict[str, Experiment] = {
    "statistics, drawn numbers": spirals(layers=LAYERS),
    "averaged": spirals("sgd", (HIDDEN, {"kind": "batch_norm1d"}), average=6), "muon": spirals("muon"),
    "one batch an epoch": spirals(batch_size=1000),
    "momentum, clipped, in parts": spirals("sgd", clip=0.05, parts=2), "nadam": spirals("nadam"),
    "schedule, penalty": spirals("adamw", schedule={"kind": "cosine"},
                                 regularization={"kind": "l2", "strength": 0.01})}
ON_GPU = [pytest.param("cuda", marks=pytest.mark.gpu)]


def on(device: str, experiment: Experiment, **training: Any) -> Experiment:
    for name, value in {"device": device, **training}.items():
        experiment = apply(experiment, {"kind": "set", "path": f"training.{name}", "value": value})
    return experiment


@pytest.mark.parametrize("device", ["cpu", *ON_GPU])
@pytest.mark.parametrize("name", CASES)
def test_recorded_steps_train_as_plain_ones_do(name, device):
    plain, ours = (begun_trainer(on(device, CASES[name])) for _ in range(2))
    random = devices.random_state(device)
    ours.turbo = Turbo(ours, recorded(ours))
    assert all(torch.equal(one, other) for one, other
               in zip(devices.random_state(device), random, strict=True))
    for trainer in (plain, ours):
        devices.set_random_state(device, random)
        while not trainer.over:
            trainer.advance(7, 60)
    for key, tensor in weights(plain.network).items():
        torch.testing.assert_close(weights(ours.network)[key], tensor, rtol=1e-2, atol=1e-3)
    assert_averages_alike(plain.verdict.average, ours.verdict.average)


@pytest.mark.parametrize("device", ["cpu", *ON_GPU])
def test_their_gain_is_measured_and_measuring_changes_nothing(device):
    trainer = begun_trainer(on(device, CASES["averaged"]))
    run, before = recorded(trainer), {name: one.clone() for name, one in weights(trainer.network).items()}
    random = devices.random_state(device)
    assert gain(trainer, run) > 0
    assert all(torch.equal(one, before[name]) for name, one in weights(trainer.network).items())
    assert all(torch.equal(one, other) for one, other
               in zip(devices.random_state(device), random, strict=True))


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_on_a_graphics_processor_steps_are_recorded_beside_nothing_and_used(precision, tmp_path, monkeypatch):
    monkeypatch.setattr("core.runtime.turbo._AFTER_SECONDS", 0.0)
    asked = on("cuda", spirals(layers=(HIDDEN, HIDDEN), epochs=100_000), precision=precision, turbo="auto")
    trainer, told = Trainer(asked), []
    trainer.start()
    companion = Companion(trainer, told.append, tmp_path)
    for _ in range(20):
        trainer.advance(1000, 0.5)
        companion.glance(free=True)
    assert [one.state for one in told] == ["on"]
    assert trainer.turbo is not None
