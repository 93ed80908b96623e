"""Protects changes under way: live settings are obeyed at the next step, anything else is refused."""

import math
from functools import cache

import pytest
import torch

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.regularizations import REGULARIZATIONS
from core.engine.trainer import Trainer
from core.events import Changed, StepsRecorded, WeightEdited
from core.experiment.diagram import live_settings
from core.experiment.edits import apply
from core.experiment.model import Experiment
from core.problems import Problems
from tests.engine.runs import history, same, weights
from tests.engine.test_checkpoint import cut
from tests.experiment.drafts import draft

SMALL = {"kind": "moons", "samples": 100}


def with_optimizer(kind: str, **settings: object) -> Experiment:
    return draft({"kind": "linear", "units": 6}, "dropout", "linear", data=SMALL, epochs=20, batch_size=20,
                 optimizer={"kind": kind, **settings}, regularization={"kind": "l2"})


LIVE = [(entry.name(), path, setting) for entry in OPTIMIZERS
        for path, setting, _ in live_settings(with_optimizer(entry.name()))]


@cache
def untouched(optimizer: str) -> dict[str, torch.Tensor]:
    trainer = Trainer(with_optimizer(optimizer))
    trainer.advance(6, 9.0)
    return weights(trainer.network)


@pytest.mark.parametrize(("optimizer", "path", "setting"), LIVE,
                         ids=lambda value: value if isinstance(value, str) else "")
def test_every_live_setting_is_obeyed_from_the_next_step(optimizer, path, setting):
    experiment = with_optimizer(optimizer)
    before = {at: held for at, _, held in live_settings(experiment)}
    for value in (setting.low, setting.high):
        trainer = Trainer(experiment)
        trainer.advance(3, 9.0)
        assert trainer.change(path, value) == Changed(step=3, setting=path, value=value)
        trainer.advance(3, 9.0)
        assert {at: held for at, _, held in live_settings(trainer.experiment)} == {**before, path: value}
        if not trainer.over:  # the highest rate may well break it
            assert same(weights(trainer.network), untouched(optimizer)) == (before[path] == value)


@pytest.mark.parametrize("optimizer", [entry.name() for entry in OPTIMIZERS])
def test_a_moved_setting_is_what_torch_is_given(optimizer):
    experiment = with_optimizer(optimizer)
    for path, setting, _ in live_settings(experiment):
        trainer = Trainer(experiment)
        trainer.advance(1, 9.0)
        value = setting.low + (setting.high - setting.low) / 8
        trainer.change(path, value)
        trainer.advance(1, 9.0)
        if not path.startswith("training.optimizer"):
            continue
        asked = [part.call.kwargs for part in trainer.experiment.training.optimizer.parts()]
        for made, kwargs in zip(trainer.optimizers, asked, strict=True):
            for group in made.param_groups:
                assert {name: group[name] for name in kwargs} == kwargs


@pytest.mark.parametrize("optimizer", ["sgd", "muon", "adam", "nadam", "radam", "rmsprop"])
@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_can_be_raised_from_nothing_and_taken_back(optimizer, nesterov):
    name = "momentum" if optimizer in ("sgd", "muon", "rmsprop") else "beta1"
    extra = {"nesterov": nesterov} if optimizer == "sgd" else {}
    trainer = Trainer(with_optimizer(optimizer, **{name: 0.0, **extra}))
    for value in (0.9, 0.0, 0.5):
        trainer.advance(2, 9.0)
        trainer.change(f"training.optimizer.{name}", value)
        trainer.advance(2, 9.0)
    assert not trainer.over


def test_a_network_without_hidden_matrices_obeys_an_optimizer_of_two_parts():
    trainer = Trainer(draft(data=SMALL, optimizer={"kind": "muon"}))
    trainer.advance(1, 9.0)
    trainer.change("training.optimizer.momentum", 0.1)
    (only,) = trainer.optimizers
    assert "momentum" not in only.param_groups[0]
    trainer.advance(1, 9.0)


@pytest.mark.parametrize("entry", REGULARIZATIONS, ids=lambda entry: entry.name())
def test_the_strength_of_a_penalty_can_be_moved(entry):
    trainer = Trainer(draft("linear", data=SMALL, epochs=50, regularization={"kind": entry.name()},
                            optimizer={"kind": "sgd"}))
    trainer.advance(2, 9.0)
    if entry.name() == "none":
        with pytest.raises(Problems):
            trainer.change("training.regularization.strength", 1.0)
        return
    trainer.change("training.regularization.strength", 1.0)
    trainer.advance(100, 9.0)
    assert max(float(weight.detach().abs().max()) for weight in trainer.network.parameters()
               if weight.ndim > 1) < 0.1


def test_dropout_of_nothing_and_of_nearly_everything_show_in_the_loss():
    trainer = Trainer(with_optimizer("sgd"))
    trainer.change("network.hidden2.rate", 0.0)
    assert trainer.network.block("hidden2")[0].p == 0.0
    trainer.change("network.hidden2.rate", 0.95)
    assert trainer.network.block("hidden2")[0].p == 0.95


@pytest.mark.parametrize(("setting", "value"), [
    ("training.optimizer.learning_rate", 0.0), ("training.optimizer.learning_rate", 11.0),
    ("training.optimizer.learning_rate", math.nan), ("training.optimizer.learning_rate", math.inf),
    ("training.optimizer.learning_rate", "fast"), ("training.optimizer.learning_rate", True),
    ("training.optimizer.learning_rate", None), ("training.optimizer.learning_rate", []),
    ("training.optimizer.momentum", 1.0), ("network.hidden2.rate", 0.96), ("network.hidden2.rate", -0.1),
    ("training.optimizer.nesterov", 2), ("training.batch_size", 0), ("training.epochs", 0), ("training", {}),
    ("training.seed", 3), ("training.device", "cpu"), ("training.threads", 2),
    ("training.layout", "plain"),
    ("training.optimizer", {"kind": "sdg"}), ("training.loss", {"kind": "mse", "much": 1}),
    ("training.schedule", {"kind": "none"}), ("network.hidden1.frozen", "yes"),
    ("network.nobody.frozen", True),
    ("data.noise", 0.1),
    ("network.hidden1.units", 3), ("network.nobody.rate", 0.1), ("training.optimizer.learning_rat", 0.1),
    ("", 1), ("name", 2),
])
def test_what_may_not_be_moved_is_refused_and_changes_nothing(setting, value):
    trainer, other = Trainer(with_optimizer("sgd")), Trainer(with_optimizer("sgd"))
    with pytest.raises(Problems) as refused:
        trainer.change(setting, value)
    assert refused.value.problems[0].fix
    assert trainer.experiment == other.experiment
    told = []
    for each in (trainer, other):
        torch.manual_seed(0)
        told.append(history(each.advance(5, 9.0)))
    assert told[0] == told[1]


def test_an_unknown_setting_gets_the_closest_live_one():
    with pytest.raises(Problems, match=r"Did you mean 'learning_rate'"):
        Trainer(with_optimizer("sgd")).change("training.optimizer.learning_rat", 0.1)


def test_moving_a_setting_keeps_what_the_optimizer_remembers():
    trainer = Trainer(with_optimizer("adam"))
    trainer.advance(3, 9.0)
    state = {name: value.clone() for name, value in next(iter(trainer.optimizers[0].state.values())).items()}
    trainer.change("training.optimizer.learning_rate", 0.5)
    after = next(iter(trainer.optimizers[0].state.values()))
    assert all(torch.equal(state[name], after[name]) for name in state)


def test_a_change_made_at_the_same_step_makes_the_same_run():
    def steered(steps: int) -> list:
        trainer = Trainer(with_optimizer("adamw"))
        told = trainer.start()
        while trainer.step < 6:
            told += trainer.advance(min(steps, 6 - trainer.step), 9.0)
        told += [trainer.change("training.optimizer.learning_rate", 0.2),
                 trainer.edit_weight("out", "0.bias", (0,), 2.0)]
        while not trainer.over:
            told += trainer.advance(steps, 9.0)
        return history(told)

    assert steered(1) == steered(3) == steered(100)


def test_a_weight_set_by_hand_is_used_by_the_next_step():
    trainer, other = Trainer(draft(data=SMALL)), Trainer(draft(data=SMALL))
    edited = trainer.edit_weight("out", "0.weight", (1, 0), 50.0)
    assert edited == WeightEdited(step=0, node="out", parameter="0.weight", index=(1, 0), value=50.0)
    assert float(trainer.network.tensors()["out.0.weight"][1, 0]) == 50.0
    first, second = (each.advance(1, 9.0)[0] for each in (trainer, other))
    assert isinstance(first, StepsRecorded)
    assert isinstance(second, StepsRecorded)
    assert first.losses != second.losses


@pytest.mark.parametrize(("node", "parameter", "index", "value"), [
    ("nobody", "0.weight", (0, 0), 1.0), ("out", "weight", (0, 0), 1.0), ("out", "0.weight", (0,), 1.0),
    ("out", "0.weight", (0, 0, 0), 1.0), ("out", "0.weight", (), 1.0), ("out", "0.weight", (2, 0), 1.0),
    ("out", "0.weight", (-1, 0), 1.0), ("out", "0.weight", (0, 0), math.nan),
    ("out", "0.weight", (0, 0), math.inf),
    ("out", "0.weight", (0, 0), 1e39), ("", "", (), 0.0),
])
def test_a_weight_that_is_not_there_or_no_number_is_refused(node, parameter, index, value):
    trainer = Trainer(draft(data=SMALL))
    before = weights(trainer.network)
    with pytest.raises(Problems) as refused:
        trainer.edit_weight(node, parameter, index, value)
    assert refused.value.problems[0].fix
    assert same(before, weights(trainer.network))


def test_an_edit_of_the_experiment_and_a_live_change_agree():
    trainer = Trainer(with_optimizer("sgd"))
    trainer.change("training.optimizer.momentum", 0.5)
    assert trainer.experiment == apply(with_optimizer("sgd"), {
        "kind": "set", "path": "training.optimizer.momentum", "value": 0.5})


def test_what_a_network_only_remembers_cannot_be_set_by_hand():
    trainer = Trainer(draft("linear", "batch_norm1d", data=SMALL))
    remembered = trainer.network.tensors().keys() - trainer.network.learned().keys()
    assert len(remembered) == 3
    for name in remembered:
        node, _, parameter = name.partition(".")
        with pytest.raises(Problems, match="has no parameter"):
            trainer.edit_weight(node, parameter, (0,), -5.0)


CHANGES = {
    "batch size": ("training.batch_size", 7), "accumulation": ("training.parts", 3),
    "rule": ("training.optimizer", {"kind": "sgd", "learning_rate": 0.05}),
    "rule that searches": ("training.optimizer", {"kind": "lbfgs"}),
    "setting of the rule": ("training.optimizer.beta1", 0.5),
    "loss": ("training.loss", {"kind": "mse"}), "smoothed": ("training.loss", {
        "kind": "cross_entropy", "label_smoothing": 0.2}),
    "schedule": ("training.schedule", {"kind": "cosine"}), "clipping": ("training.clip", 0.01),
    "penalty": ("training.regularization", {"kind": "l1", "strength": 0.01}),
    "frozen": ("network.hidden1.frozen", True), "kept": ("training.keep", "best"),
    "more epochs": ("training.epochs", 25), "fewer epochs": ("training.epochs", 4),
    "no end": ("training.epochs", None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_any_setting_is_changed_under_way_and_the_run_is_repeated_and_resumed_exactly(name, tmp_path):
    setting, value = CHANGES[name]
    asked = with_optimizer("adam")
    runs = []
    for _ in range(2):
        trainer = Trainer(asked)
        told = trainer.start()[1:] + trainer.advance(8, 9.0)
        before = weights(trainer.network)
        told.append(trainer.change(setting, value))
        assert same(weights(trainer.network), before), "the weights stay"
        told += trainer.advance(9, 9.0)
        runs.append((history(told), weights(trainer.network), trainer))
    assert runs[0][0] == runs[1][0]
    assert same(runs[0][1], runs[1][1])
    if not trainer.over:
        found = cut(trainer, asked, tmp_path)
        torch.manual_seed(3)
        ours = history(trainer.advance(6, 9.0))
        torch.manual_seed(3)
        assert history(found.advance(6, 9.0)) == ours
        assert same(weights(found.network), weights(trainer.network))


def test_a_changed_batch_size_is_obeyed_at_the_next_step_and_the_epoch_begins_anew():
    trainer = Trainer(with_optimizer("adam"))
    trainer.advance(5, 9.0)
    assert trainer.course.steps_per_epoch == 3
    trainer.change("training.batch_size", 10)
    assert (trainer.step, trainer.epoch, trainer.course.steps_per_epoch) == (5, 1, 6)
    assert trainer.total_steps == 5 + 19 * 6
    assert trainer.advance(6, 9.0)[-1].epoch == 2


def test_a_frozen_layer_stays_as_it_is_and_an_unfrozen_one_learns_again():
    trainer = Trainer(with_optimizer("adam"))
    trainer.advance(4, 9.0)
    trainer.change("network.hidden1.frozen", True)
    held = weights(trainer.network)
    trainer.advance(4, 9.0)
    now = weights(trainer.network)
    assert torch.equal(now["hidden1.0.weight"], held["hidden1.0.weight"])
    assert not torch.equal(now["out.0.weight"], held["out.0.weight"])
    trainer.change("network.hidden1.frozen", False)
    trainer.advance(4, 9.0)
    assert not torch.equal(weights(trainer.network)["hidden1.0.weight"], held["hidden1.0.weight"])


def test_the_same_rule_goes_on_with_its_memory_and_another_begins_without():
    trainer = Trainer(with_optimizer("adam"))
    trainer.advance(4, 9.0)
    step = trainer.optimizers[0].state[next(trainer.network.parameters())]["step"].clone()
    trainer.change("training.schedule", {"kind": "linear_warmup"})
    assert trainer.optimizers[0].state[next(trainer.network.parameters())]["step"] == step == 4
    trainer.change("training.optimizer", {"kind": "rmsprop"})
    assert not trainer.optimizers[0].state


def test_a_run_cannot_be_shortened_below_what_is_done():
    trainer = Trainer(with_optimizer("adam"))
    trainer.advance(7, 9.0)
    with pytest.raises(Problems, match=r"2 epochs are done already.*more than 2"):
        trainer.change("training.epochs", 2)
    assert trainer.experiment.training.epochs == 20


def test_a_loss_that_asks_for_other_outputs_waits_for_a_branch():
    trainer = Trainer(draft("linear", data={"kind": "diabetes"}, epochs=3))
    with pytest.raises(Problems, match=r"another number of outputs\. Branch"):
        trainer.change("training.loss", {"kind": "gaussian_nll"})
