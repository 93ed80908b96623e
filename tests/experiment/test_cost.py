"""Protects the cost known before training: memory is what torch then holds, and time grows with the work."""

import pytest
import torch

from core.catalog.optimizers import OPTIMIZERS
from core.engine.trainer import Trainer
from core.experiment.check import walk
from core.experiment.cost import NUMBER, costs, guessed_seconds, timed_alike, total
from core.experiment.edits import apply
from tests.catalog.corners import all_corners, said
from tests.experiment.drafts import draft


@pytest.mark.parametrize("optimizer", all_corners(OPTIMIZERS), ids=said)
def test_an_optimizer_keeps_no_more_numbers_than_it_says(optimizer):
    experiment = draft("linear", "linear", optimizer=optimizer.model_dump(mode="json"))
    trainer = Trainer(experiment)
    trainer.advance(4 * getattr(optimizer, "history", 1), 60.0)
    weights = sum(parameter.numel() for parameter in trainer.network.parameters())
    kept = sum(_numbers(state) for each in trainer.optimizers for state in each.state.values())
    assert kept <= (optimizer.kept() + 0.2) * weights  # beside them it counts its steps
    if optimizer.kind not in ("lbfgs", "muon"):
        assert kept >= optimizer.kept() * weights


def _numbers(value) -> int:
    match value:
        case torch.Tensor():
            return value.numel()
        case dict():
            return sum(map(_numbers, value.values()))
        case list():
            return sum(map(_numbers, value))
        case _:
            return 0


def test_memory_is_weights_gradients_what_the_optimizer_keeps_and_what_flows():
    experiment = draft({"kind": "linear", "units": 5}, optimizer={"kind": "adam"}, batch_size=7)
    memory = costs(experiment, walk(experiment))["hidden1"].memory
    weights = (2 + 1) * 5 * NUMBER
    assert (memory.weights, memory.gradients, memory.optimizer) == (weights, weights, 2 * weights)
    assert memory.activations == 7 * 5 * NUMBER * 2
    everything = total(experiment, costs(experiment, walk(experiment)))
    assert everything.data == experiment.data.count * 2 * NUMBER


def test_a_frozen_layer_needs_no_gradients():
    experiment = apply(draft("linear", "linear"), {"kind": "freeze", "nodes": ["hidden1"], "frozen": True})
    each = costs(experiment, walk(experiment))
    assert (each["hidden1"].memory.gradients, each["hidden1"].memory.optimizer) == (0, 0)
    assert each["hidden2"].memory.gradients > 0


def test_a_broken_network_has_the_costs_of_what_is_known():
    experiment = draft("linear", "max_pool2d", "linear")
    assert list(costs(experiment, walk(experiment))) == ["hidden1"]


def test_more_work_is_guessed_to_take_longer():
    wide = {"kind": "linear", "units": 1024}
    small, large = draft("linear"), draft(wide, wide)
    one, other = (guessed_seconds(each, costs(each, walk(each))) for each in (small, large))
    assert 0 < one < other


@pytest.mark.parametrize(("path", "value", "same"), [
    ("name", "other", True), ("data.seed", 5, True), ("data.noise", 0.3, True), ("training.seed", 3, True),
    ("training.optimizer.learning_rate", 0.5, True), ("training.epochs", 7, True),
    ("data.samples", 700, False),
    ("training.batch_size", 64, False), ("network.hidden1.units", 64, False),
    ("training.optimizer.kind", "sgd", False), ("training.loss.kind", "mse", False),
    ("training.threads", 2, False)])
def test_a_trial_is_asked_anew_only_for_what_its_time_hangs_on(path, value, same):
    before = draft("linear", "linear")
    after = apply(before, {"kind": "set", "path": path, "value": value})
    assert after != before
    assert (timed_alike(after) == timed_alike(before)) == same
    assert walk(timed_alike(after)).problems == walk(after).problems
