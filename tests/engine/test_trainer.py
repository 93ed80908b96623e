"""Protects training: the order of what it tells, that it repeats exactly, that it learns, and how it ends."""

import math

import pytest
import torch

from core.catalog.datasets import DATASETS
from core.catalog.losses import LOSSES
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.regularizations import REGULARIZATIONS
from core.catalog.schedules import SCHEDULES
from core.engine.beginning import initial, shuffle
from core.engine.build import network, optimizers
from core.engine.probes import Probe
from core.engine.trainer import Trainer, train
from core.events import Diverged, Finished, Started, StepsRecorded, Stopped, Validated
from core.experiment.model import Experiment
from core.problems import Problems
from tests.engine.runs import history, pulled, same, weights
from tests.experiment.drafts import draft
from tests.experiment.fitting import for_data

SMALL = {"kind": "moons", "samples": 100}
RICH = draft({"kind": "linear", "units": 12}, "batch_norm1d", "dropout", "linear", "layer_norm", data=SMALL,
             epochs=4,
             batch_size=16, optimizer={"kind": "adamw", "learning_rate": 0.01},
             schedule={"kind": "plateau", "patience": 0},
             regularization={"kind": "l1"})


def steps_of(told: list) -> list[int]:
    return [step for event in told if isinstance(event, StepsRecorded) for step in event.steps]


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_run_tells_start_then_steps_and_scores_then_one_end(epochs):
    experiment = draft("linear", data=SMALL, epochs=epochs)
    told = pulled(experiment)
    assert isinstance(told[0], Started)
    assert isinstance(told[1], Validated)
    assert told[1].step == told[1].epoch == 0
    assert isinstance(told[-1], Finished)
    assert not any(isinstance(event, Started) for event in told[1:])
    assert not any(isinstance(event, Finished | Stopped | Diverged) for event in told[:-1])
    assert steps_of(told) == list(range(1, told[-1].step + 1))
    assert [event.epoch for event in told if isinstance(event, Validated)] == list(range(epochs + 1))
    assert (told[-1].step, told[-1].epoch) == (epochs * told[0].steps_per_epoch, epochs)
    assert told[0].samples == experiment.data.sizes()._asdict()
    assert told[0].parameters == sum(parameter.numel() for parameter in network(experiment).parameters())
    assert told[-1].test.keys() == told[1].scores.keys()
    assert told[-1].seconds > 0


def test_nothing_moves_unless_it_is_pulled():
    trainer = Trainer(draft("linear", data=SMALL, epochs=5))
    trainer.start()
    before = weights(trainer.network)
    assert trainer.step == 0
    trainer.advance(1, 0.0)
    assert trainer.step == 1
    assert not same(before, weights(trainer.network))


def test_advance_takes_at_least_one_step_and_at_most_as_many_as_asked():
    trainer = Trainer(draft("linear", data=SMALL, epochs=50))
    trainer.start()
    for steps, seconds, taken in ((5, 0.0, 1), (1, 9.0, 1), (3, 9.0, 3)):
        before = trainer.step
        trainer.advance(steps, seconds)
        assert trainer.step - before == taken


def test_stopping_tells_the_last_steps_then_stopped_once():
    trainer = Trainer(draft("linear", data=SMALL, epochs=5))
    trainer.start()
    told = trainer.advance(3, 9.0)
    last = trainer.stop()
    assert steps_of(told + last) == [1, 2, 3]
    assert isinstance(last[-1], Stopped)
    assert last[-1].step == 3
    assert last[-1].test["accuracy"] >= 0
    assert trainer.over
    assert trainer.stop() == []


def test_a_run_can_be_stopped_before_its_first_step():
    trainer = Trainer(draft(data=SMALL))
    trainer.start()
    assert [type(event) for event in trainer.stop()] == [Stopped]


def test_a_run_without_an_end_goes_on_until_it_is_stopped():
    trainer = Trainer(draft("linear", data=SMALL, epochs=None))
    (started, _) = trainer.start()
    assert started.epochs is None
    trainer.advance(200, 60.0)
    assert not trainer.over
    assert trainer.epoch == 200 // trainer.course.steps_per_epoch
    assert isinstance(trainer.stop()[-1], Stopped)


def test_pulling_after_the_end_is_our_mistake():
    trainer = Trainer(draft(data=SMALL, epochs=1))
    trainer.advance(1000, 60.0)
    with pytest.raises(AssertionError):
        trainer.advance(1, 1.0)


def test_the_same_experiment_runs_the_same():
    first, second = Trainer(RICH), Trainer(RICH)
    assert same(weights(first.network), weights(second.network))
    told = [pulled(RICH), pulled(RICH)]
    assert history(told[0]) == history(told[1])


@pytest.mark.parametrize(("steps", "seconds"), [(1, 9.0), (7, 9.0), (1000, 0.0), (1000, 0.001)])
def test_a_run_does_not_depend_on_how_it_is_pulled(steps, seconds):
    whole, chopped = Trainer(RICH), None
    told_whole = whole.start()
    while not whole.over:
        told_whole += whole.advance(1_000_000, 60.0)
    chopped = Trainer(RICH)
    told = chopped.start()
    while not chopped.over:
        told += chopped.advance(steps, seconds)
    assert history(told) == history(told_whole)
    assert same(weights(chopped.network), weights(whole.network))


def test_looking_and_judging_change_nothing_of_a_run():
    watched = Trainer(RICH)
    probe = Probe(watched.network, watched.split, RICH)
    told = watched.start()
    while not watched.over:
        probe.snapshot(watched.step, watched.epoch, 3)
        told += watched.advance(1, 1.0)
        probe.snapshot(watched.step, watched.epoch, 5)
    unwatched = Trainer(RICH)
    alone = unwatched.start()
    while not unwatched.over:
        alone += unwatched.advance(1, 1.0)
    assert history(told) == history(alone)
    assert same(weights(watched.network), weights(unwatched.network))


def test_another_seed_is_another_run():
    other = RICH.model_copy(update={"training": RICH.training.model_copy(update={"seed": 1})})
    assert history(pulled(RICH)) != history(pulled(other))


def test_the_generator_of_events_is_the_same_run():
    assert history(list(train(RICH))) == history(pulled(RICH))


def test_the_order_of_samples_is_a_permutation_drawn_from_seed_and_epoch():
    first = shuffle(100, 0, 1)
    assert sorted(first.tolist()) == list(range(100))
    assert torch.equal(first, shuffle(100, 0, 1))
    assert not torch.equal(first, shuffle(100, 0, 2))
    assert not torch.equal(first, shuffle(100, 1, 1))


def test_the_recorded_losses_are_those_of_the_textbook_loop():
    experiment = draft({"kind": "linear", "units": 8}, data=SMALL, epochs=3, batch_size=32,
                       optimizer={"kind": "sgd", "learning_rate": 0.1, "momentum": 0.5})
    told = pulled(experiment)
    ready = Trainer(experiment)
    net, (inputs, targets) = initial(experiment), ready.split.part("train")
    (optimizer,) = optimizers(experiment.training.optimizer, net)
    losses = []
    for epoch in (1, 2, 3):
        for rows in shuffle(len(inputs), 0, epoch).split(32):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs[rows]), targets[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert [loss for event in told if isinstance(event, StepsRecorded) for loss in event.losses] == losses


TINY = {"sgd": 0.3, "adagrad": 0.1, "adadelta": 5.0, "rmsprop": 0.01, "muon": 0.02, "lbfgs": 0.3}


@pytest.mark.parametrize("entry", OPTIMIZERS, ids=lambda entry: entry.name())
def test_every_optimizer_learns(entry):
    experiment = draft({"kind": "linear", "units": 8, "activation": "tanh"},
                       data={"kind": "gaussians", "samples": 200},
                       epochs=20,
                       optimizer={"kind": entry.name(), "learning_rate": TINY.get(entry.name(), 0.02)})
    told = pulled(experiment)
    assert told[-1].test["accuracy"] >= 0.95
    assert told[-1].test["loss"] < told[1].scores["loss"] / 2


@pytest.mark.parametrize("entry", LOSSES, ids=lambda entry: entry.name())
@pytest.mark.parametrize("data", ["gaussians", "plane"])
def test_every_loss_learns(entry, data):
    (dataset,) = (known for known in DATASETS if known.name() == data)
    task = dataset(kind=data).task
    if task.kind not in entry.tasks:
        with pytest.raises(Problems):
            Trainer(draft(data=data, loss={"kind": entry.name()}))
        return
    told = pulled(draft({"kind": "linear", "units": 8}, data={"kind": data, "samples": 200}, epochs=40,
                        loss={"kind": entry.name()}, optimizer={"kind": "adam", "learning_rate": 0.02}))
    assert isinstance(told[-1], Finished)
    assert told[-1].test.get("accuracy", 1) >= 0.95
    assert told[-1].test.get("r2", 1) >= 0.9


@pytest.mark.parametrize("entry", SCHEDULES, ids=lambda entry: entry.name())
def test_every_schedule_is_followed(entry):
    experiment = draft("linear", data=SMALL, epochs=6, batch_size=20, schedule={"kind": entry.name()},
                       optimizer={"kind": "sgd", "learning_rate": 0.1})
    trainer = Trainer(experiment)
    seen: list[float] = []
    losses: list[float] = []
    told = trainer.start()
    recipe = experiment.training.schedule.curve(trainer.course.steps_per_epoch, trainer.total_steps)
    while not trainer.over:
        (validated,) = [event for event in told if isinstance(event, Validated)] or [None]
        losses += [validated.scores["loss"]] if validated and validated.epoch else []
        expected = 0.1 * recipe.function(trainer.step + 1, losses, **recipe.kwargs)
        assert trainer.rate == pytest.approx(expected)
        told = trainer.advance(1, 1.0)
        seen.append(trainer.optimizers[0].param_groups[0]["lr"])
        assert seen[-1] == pytest.approx(expected)
    assert entry.name() == "constant" or entry.name() in ("step", "plateau",
                                                          "linear_warmup") or len(set(seen)) > 1


@pytest.mark.parametrize("entry", REGULARIZATIONS, ids=lambda entry: entry.name())
def test_a_penalty_shrinks_weights_but_is_not_in_the_loss_shown(entry):
    strength = {} if entry.name() == "none" else {"strength": 1.0}
    told = pulled(draft("linear", data=SMALL, epochs=10, regularization={"kind": entry.name(), **strength},
                        optimizer={"kind": "sgd", "learning_rate": 0.05}))
    losses = [loss for event in told if isinstance(event, StepsRecorded) for loss in event.losses]
    assert losses[0] < 1.5, "the first loss is that of the data alone"
    trainer = Trainer(draft("linear", data=SMALL, epochs=10,
                            regularization={"kind": entry.name(), **strength},
                            optimizer={"kind": "sgd", "learning_rate": 0.05}))
    before = sum(weight.abs().sum() for weight in trainer.network.parameters() if weight.ndim > 1)
    trainer.advance(1000, 60.0)
    after = sum(weight.abs().sum() for weight in trainer.network.parameters() if weight.ndim > 1)
    assert (after < before / 2) == (entry.name() != "none")


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.name())
def test_every_data_set_can_be_trained_on(entry):
    told = pulled(for_data(entry, epochs=2, batch_size=64))
    assert isinstance(told[-1], Finished)
    assert all(math.isfinite(value) for value in told[-1].test.values())


@pytest.mark.parametrize("batch_size", [1, 2, 59, 60, 61, 8192])
def test_every_batch_size_runs_even_with_batch_norm(batch_size):
    layers = ["linear"] if batch_size == 1 else ["linear", "batch_norm1d"]
    told = pulled(draft(*layers, data=SMALL, epochs=2, batch_size=batch_size))
    assert isinstance(told[-1], Finished)
    assert told[-1].step == 2 * told[0].steps_per_epoch


DIVERGING = draft("linear", "linear", data={"kind": "plane", "samples": 200}, epochs=50, batch_size=20,
                  optimizer={"kind": "sgd", "learning_rate": 10.0})


@pytest.mark.parametrize(("steps", "seconds"), [(1_000_000, 60.0), (1, 1.0), (3, 1.0), (7, 1.0), (50, 0.0)])
def test_a_loss_that_explodes_ends_the_run_at_its_step_and_keeps_the_last_finite_weights(steps, seconds):
    trainer = Trainer(DIVERGING)
    told = trainer.start()
    kept = {0: weights(trainer.network)}
    while not trainer.over:
        if steps == 1:
            kept[trainer.step] = weights(trainer.network)
        told += trainer.advance(steps, seconds)
    last = told[-1]
    assert isinstance(last, Diverged)
    assert not math.isfinite(last.loss)
    assert last.epoch == (last.step - 1) // trainer.course.steps_per_epoch + 1
    assert 0 <= last.finite_step < last.step
    assert last.seconds > 0
    recorded = steps_of(told)
    assert recorded == list(range(1, last.step)), "steps are told up to the one that broke"
    assert all(torch.isfinite(tensor).all() for tensor in trainer.network.tensors().values())
    if steps == 1:
        assert same(weights(trainer.network), kept[last.finite_step])
    assert (last.step, last.finite_step, last.epoch) == _divergence()
    assert trainer.stop() == []


def _divergence() -> tuple[int, int, int]:
    last = pulled(DIVERGING)[-1]
    assert isinstance(last, Diverged)
    return last.step, last.finite_step, last.epoch


def endless(experiment: Experiment) -> Experiment:
    return experiment.model_copy(update={"training": experiment.training.model_copy(update={"epochs": None})})


@pytest.mark.parametrize("epochs", [1, 2, 3])
@pytest.mark.parametrize("stopped", [False, True])
def test_weights_broken_by_the_very_last_step_never_pass_as_finished(epochs, stopped):
    trainer = Trainer(draft("linear", data=SMALL, epochs=epochs, batch_size=60,
                            optimizer={"kind": "sgd", "learning_rate": 0.1}))
    told = trainer.start()
    told += trainer.advance(epochs - 1, 9.0) if epochs > 1 else []
    with torch.no_grad():  # an update that overflows: the loss before it was still finite
        trainer.network.block("out")[0].bias.register_hook(lambda slope: slope * math.inf)
    if stopped:  # the step is then one like any other, and a person ends the run after it
        trainer.experiment = endless(trainer.experiment)
    told += trainer.advance(1, 9.0)
    told += trainer.stop()
    last = told[-1]
    assert isinstance(last, Diverged)
    assert last.step == epochs
    assert last.finite_step == epochs - 1
    assert last.seconds > 0
    assert all(torch.isfinite(tensor).all() for tensor in trainer.network.tensors().values())
    assert sum(isinstance(event, Finished | Stopped | Diverged) for event in told) == 1


def test_an_experiment_with_problems_is_refused_before_anything_is_made():
    with pytest.raises(Problems):
        Trainer(draft("max_pool2d"))
