"""Protects our own compiler: whatever it compiles trains as torch does, the smaller last batch too."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.catalog.all import DATASETS, LAYERS
from core.catalog.layers.activation import ACTIVATIONS
from core.catalog.losses import LOSSES
from core.catalog.optimizers import LBFGS, OPTIMIZERS
from core.engine.native import compiler
from core.engine.native.values import Unsupported
from core.engine.trainer import Trainer
from core.engine.turbo import Turbo
from core.engine.turbo_graph import described
from core.engine.turbo_made import written
from core.experiment.edits import apply
from core.experiment.model import Experiment
from tests.engine.runs import weights
from tests.experiment.fitting import OUT, experiment, for_data, for_layer

BEYOND = {"bilinear", "gpt_block", "augment", "group_norm", "hinge", "gaussian_nll"}
"""Layers and losses that are left to torch's compiler."""
EPOCHS = 3


def compiled(asked: Experiment, folder: Path) -> compiler.Compiled:
    state = torch.get_rng_state()
    steps, given = described(asked)
    compiler.compiled(written(steps, len(given[2])), folder / "steps")
    torch.set_rng_state(state)
    return compiler.loaded(folder / "steps")


def assert_alike(asked: Experiment, folder: Path, steps: int | None = None) -> None:
    """Some epochs with compiled steps give what they give without. steps: so many instead."""
    made = compiled(asked, folder)
    losses: list[list[float]] = []
    trainers: list[Trainer] = []
    for turbo in (False, True):
        trainer = Trainer(asked)
        events = [*trainer.start(), *trainer.advance(1, 60)]
        if turbo:
            trainer.turbo = Turbo(trainer, made)
            assert trainer.turbo.room(trainer.course.steps_per_epoch - 1, 1) == 1
        torch.manual_seed(0)
        events += trainer.advance(steps or EPOCHS * trainer.course.steps_per_epoch - 1, 60)
        losses.append([loss for event in events if event.type == "steps_recorded" for loss in event.losses])
        trainers.append(trainer)
    plain, ours = (torch.tensor(found) for found in losses)
    torch.testing.assert_close(ours, plain, rtol=2e-3, atol=2e-3 * float(plain.abs().max()))
    for name, tensor in weights(trainers[0].network).items():
        torch.testing.assert_close(weights(trainers[1].network)[name], tensor, rtol=2e-2, atol=2e-3)
    means = [trainer.verdict.average and trainer.verdict.average.state()["mean"] for trainer in trainers]
    torch.testing.assert_close(means[1], means[0], rtol=2e-2, atol=2e-3)


def dense(*hidden: dict[str, Any], data: Any = None, **training: Any) -> Experiment:
    nodes = [{"id": f"n{place}", "layer": layer} for place, layer in enumerate(hidden)]
    return experiment(data, [*nodes, OUT], **training)


RULES = [entry.name() for entry in OPTIMIZERS if entry is not LBFGS]


def mostly_slow(names: list[str], *quick: str) -> list[Any]:
    """Each is compiled, which takes seconds; these few stand for all where there is little time."""
    return [pytest.param(name, marks=[] if name in quick else pytest.mark.slow) for name in names]


@pytest.mark.parametrize("optimizer", mostly_slow(RULES, "adam", "muon"))
def test_every_rule_is_that_of_torch(optimizer, tmp_path):
    hidden = {"kind": "linear", "units": 6}, {"kind": "linear", "units": 20}
    assert_alike(dense(*hidden, optimizer={"kind": optimizer}), tmp_path)


@pytest.mark.slow
def test_every_activation_is_that_of_torch(tmp_path):
    hidden = [layer for entry in ACTIVATIONS for layer in (
        {"kind": "linear", "units": 6, "activation": "none"}, {"kind": entry.name()})]
    assert_alike(dense(*hidden, optimizer={"kind": "sgd", "learning_rate": 0.01}), tmp_path)


@pytest.mark.parametrize("name", mostly_slow([entry.name() for entry in LOSSES[1:]], "cross_entropy", "mse"))
def test_every_loss_is_that_of_torch(name, tmp_path):
    loss = next(entry for entry in LOSSES if entry.name() == name)
    data = next(entry for entry in DATASETS if entry(kind=entry.name()).task.kind == loss.tasks[0])
    asked = for_data(data, loss={"kind": loss.name()}, optimizer={"kind": "sgd"})
    if loss.name() in BEYOND:
        with pytest.raises((Unsupported, RuntimeError)):
            compiled(asked, tmp_path)
    else:
        assert_alike(asked, tmp_path)


@pytest.mark.parametrize("training", [
    {"regularization": {"kind": "l1", "strength": 0.01}, "clip": 0.05, "parts": 3},
    {"batch_size": 1000, "average": 3}], ids=["penalty, clipped, in parts", "one batch, averaged"])
def test_what_is_done_to_gradients_and_batches_is_done_here_too(training, tmp_path):
    assert_alike(dense({"kind": "linear", "units": 6}, **training), tmp_path)


PICTURES = [{"kind": "conv2d", "filters": 5, "activation": "none"}, {"kind": "batch_norm2d"},
            {"kind": "relu"}, {"kind": "max_pool2d"}, {"kind": "conv2d", "filters": 3, "stride": 2},
            {"kind": "dropout"}, {"kind": "flatten"}]
SEQUENCES = [{"kind": "image_to_sequence"}, {"kind": "multihead_attention", "heads": 1},
             {"kind": "layer_norm"}, {"kind": "gru", "units": 5}, {"kind": "flatten"}]


@pytest.mark.parametrize("layers", [
    pytest.param(PICTURES, id="pictures"), pytest.param(SEQUENCES, id="sequences", marks=pytest.mark.slow)])
def test_networks_for_pictures_and_sequences_train_as_torch_does(layers, tmp_path):
    assert_alike(dense(*layers, data={"kind": "digits"}, optimizer={"kind": "sgd", "learning_rate": 0.05}),
                 tmp_path)


def test_how_steps_are_grouped_changes_no_bit(tmp_path):
    asked = dense({"kind": "linear", "units": 6}, {"kind": "dropout"})
    made, found = compiled(asked, tmp_path), list[dict[str, torch.Tensor]]()
    for pause in (1_000_000, 3):
        trainer = Trainer(asked)
        trainer.start()
        trainer.advance(1, 60)
        trainer.turbo = Turbo(trainer, made)
        torch.manual_seed(0)
        while not trainer.over:
            trainer.advance(pause, 60)
        found.append(weights(trainer.network))
    assert all(torch.equal(tensor, found[1][name]) for name, tensor in found[0].items())


def test_another_file_of_the_same_name_is_another_function_and_fits_its_own_network_only(tmp_path):
    small, large = (dense({"kind": "linear", "units": units}) for units in (4, 7))
    first = compiled(small, tmp_path)
    second = compiled(large, tmp_path)
    for asked, right, wrong in ((small, first, second), (large, second, first)):
        trainer = Trainer(asked)
        trainer.start()
        trainer.advance(1, 60)
        trainer.turbo = Turbo(trainer, wrong)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="were compiled for"):
                trainer.advance(1, 60)
        trainer.turbo = Turbo(trainer, right)
        trainer.advance(5, 60)


def test_numbers_that_are_none_are_not_hidden(tmp_path):
    asked = dense({"kind": "linear", "units": 6}, {"kind": "linear", "units": 6, "activation": "none"})
    trainer = Trainer(asked)
    trainer.start()
    trainer.advance(1, 60)
    trainer.turbo = Turbo(trainer, compiled(asked, tmp_path))
    with torch.no_grad():
        next(iter(trainer.network.parameters()))[0] = float("nan")
    events = trainer.advance(1_000_000, 60)
    assert [event.type for event in events][-1] == "diverged"


@pytest.mark.slow
@pytest.mark.parametrize("entry", [*LAYERS, *DATASETS], ids=lambda entry: entry.name())
def test_every_layer_and_data_set_trains_as_torch_does_or_is_known_to_be_left_to_torch(entry, tmp_path):
    asked = for_layer(entry) if entry in LAYERS else for_data(entry)
    # Other rules blow up what differs in the last digit of a slope that is nearly nothing.
    asked = apply(asked, {"kind": "set", "path": "training.optimizer", "value": {"kind": "sgd"}})
    if entry.name() in BEYOND:
        with pytest.raises(Unsupported):
            compiled(asked, tmp_path)
    else:
        assert_alike(asked, tmp_path, steps=20)  # later a ReLU may stand on the other side of nothing
