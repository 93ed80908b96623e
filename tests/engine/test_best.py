"""Protects early stopping and the best weights, clipped gradients, and batches worked off in parts."""

import math

import pytest
import torch

from core.engine.best import Best
from core.engine.trainer import Trainer
from core.events import Finished, Stopped, Validated
from tests.engine.runs import pulled, same, weights
from tests.engine.test_checkpoint import cut, rich, to_end
from tests.experiment.drafts import draft

WILD = {"optimizer": {"kind": "sgd", "learning_rate": 1.0}, "epochs": 60}


def judged(told):
    return {event.epoch: event.scores["loss"] for event in told
            if isinstance(event, Validated) and event.epoch}


@pytest.mark.parametrize(("patience", "margin"), [(1, 0.0), (4, 0.0), (3, 0.05)])
def test_a_run_ends_when_nothing_improved_for_as_long_as_was_asked(patience, margin):
    told = pulled(rich(**WILD, patience=patience, margin=margin))
    losses, best, since = judged(told), math.inf, 0
    for epoch, loss in losses.items():  # the rule once more, by hand
        best, since = (loss, epoch) if loss < best - margin else (best, since)
        if epoch - since >= patience:
            break
    assert isinstance(told[-1], Finished)
    assert (told[-1].epoch, told[-1].waited) == (epoch, patience)
    assert max(losses) == epoch < 60


def test_without_patience_a_run_goes_to_its_end():
    assert pulled(rich(**WILD))[-1].epoch == 60


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_best_weights_are_those_of_the_best_judgement(by_hand):
    experiment = rich(**WILD, keep="best")
    trainer, at = Trainer(experiment), {}
    told = trainer.start()
    while not trainer.over and not (by_hand and trainer.epoch == 40):
        told += trainer.advance(3, 60.0)
        at[trainer.step] = weights(trainer.network)
    told += trainer.stop() if by_hand else []
    losses = judged(told)
    best = min(losses, key=lambda epoch: losses[epoch])
    assert isinstance(told[-1], Stopped if by_hand else Finished)
    assert told[-1].kept == 3 * best
    assert same(weights(trainer.network), at[3 * best])
    assert told[-1].test == trainer._scores("test")


def test_a_run_cut_in_between_waits_and_keeps_as_one_that_was_not(tmp_path):
    experiment = rich(**WILD, keep="best", patience=6)
    whole = Trainer(experiment)
    ending = to_end(whole)[-1]
    broken = Trainer(experiment)
    broken.advance(7, 60.0)
    other = cut(broken, experiment, tmp_path)
    again = to_end(other)[-1]
    assert (again.step, again.waited, again.kept, again.test) == (
        ending.step, ending.waited, ending.kept, ending.test)
    assert same(weights(other.network), weights(whole.network))


def test_what_is_no_number_is_never_the_best():
    net = Trainer(rich()).network
    best = Best(net)
    best.judge(math.nan, 1, 1, margin=0.0, keep=True)
    assert best.restore() is None
    assert best.epoch == 0


def gradients(net):
    return torch.cat([parameter.grad.flatten() for parameter in net.parameters()])


def stepped(**training):
    """The gradients of a first step."""
    experiment = draft("linear", data={"kind": "moons", "samples": 100}, batch_size=25, **training)
    trainer = Trainer(experiment)
    trainer.advance(1, 60.0)
    return gradients(trainer.network)


def test_long_gradients_are_shortened_and_short_ones_left_alone():
    plain = stepped()
    short = stepped(clip=0.01)
    assert float(plain.norm()) > 0.02
    assert float(short.norm()) == pytest.approx(0.01, rel=1e-3)
    assert torch.allclose(short * (plain.norm() / short.norm()), plain, atol=1e-6)
    assert torch.equal(stepped(clip=1000.0), plain)


@pytest.mark.parametrize("parts", [2, 3, 7, 64])
def test_a_batch_in_parts_gives_the_gradients_of_the_whole(parts):
    assert torch.allclose(stepped(parts=parts), stepped(), atol=1e-6)
    assert torch.allclose(stepped(parts=parts, regularization={"kind": "l2", "strength": 0.1}),
                          stepped(regularization={"kind": "l2", "strength": 0.1}), atol=1e-6)


def test_batch_normalisation_never_sees_a_single_sample():
    experiment = rich(parts=20, batch_size=25)
    assert isinstance(pulled(experiment)[-1], Finished)
