"""Protects weight averaging: the mean is what it says, judges and ends the run, and changes no step of it."""

import pytest

from core.engine.average import Average
from core.engine.branch import take_over
from core.engine.trainer import Trainer
from core.events import Finished, StepsRecorded, Validated
from tests.engine.runs import pulled, same, weights
from tests.engine.test_branch import moment
from tests.engine.test_checkpoint import cut, rich, to_end

WILD = {"optimizer": {"kind": "sgd", "learning_rate": 0.5}}


def losses(told):
    return [loss for event in told if isinstance(event, StepsRecorded) for loss in event.losses]


def test_it_is_the_plain_mean_at_first_and_forgets_later():
    net = Trainer(rich()).network
    average, by_hand = Average(net, 4), {}
    for steps, value in enumerate((1.0, 5.0, -2.0, 8.0, 3.0, 0.5), 1):
        for name, tensor in net.tensors().items():
            if tensor.is_floating_point():
                tensor.fill_(value + len(name))
                share = 1 / min(steps, 4)
                by_hand[name] = (1 - share) * by_hand.get(name, 0.0) + share * (value + len(name))
        average.take()
        if steps == 4:
            assert list(by_hand.values()) == pytest.approx([3.0 + len(name) for name in by_hand])
    live = weights(net)
    with average.inside():
        for name, mean in by_hand.items():
            assert net.tensors()[name].flatten()[0].item() == pytest.approx(mean, abs=1e-5)
    assert same(weights(net), live)


def test_the_steps_are_the_same_and_only_the_judgement_and_the_end_are_others():
    plain, averaged = pulled(rich(**WILD)), pulled(rich(**WILD, average=6))
    assert losses(plain) == losses(averaged)
    judged = [[event.scores for event in told if isinstance(event, Validated)] for told in (plain, averaged)]
    assert judged[0][0] == judged[1][0]
    assert judged[0][1:] != judged[1][1:]
    assert plain[-1].test != averaged[-1].test


@pytest.mark.parametrize("keep", ["last", "best"])
def test_a_run_ends_with_the_weights_that_were_judged(keep):
    trainer = Trainer(rich(**WILD, average=6, keep=keep))
    told = [event for event in to_end(trainer) if isinstance(event, Validated)]
    meant = told[-1] if keep == "last" else min(told, key=lambda event: event.scores["loss"])
    assert trainer.verdict.replaced
    assert trainer._scores("validation") == meant.scores


def test_a_run_without_it_ends_with_its_own_weights():
    trainer = Trainer(rich(**WILD))
    to_end(trainer)
    assert not trainer.verdict.replaced


def test_a_run_cut_in_between_and_a_branch_average_as_one_that_was_not(tmp_path):
    experiment = rich(**WILD, average=6)
    whole = Trainer(experiment)
    ending = to_end(whole)[-1]
    broken = Trainer(experiment)
    broken.advance(7, 60.0)
    other = cut(broken, experiment, tmp_path)
    again = to_end(other)[-1]
    assert (again.step, again.test) == (ending.step, ending.test)
    assert same(weights(other.network), weights(whole.network))
    branch = Trainer(experiment)
    take_over(branch, moment(experiment, 7))
    again = to_end(branch)[-1]
    assert (again.step, again.test) == (ending.step, ending.test)
    assert same(weights(branch.network), weights(whole.network))


def test_it_can_be_begun_changed_and_ended_under_way():
    trainer = Trainer(rich(**WILD))
    trainer.advance(4, 60.0)
    trainer.change("training.average", 8)
    trainer.advance(3, 60.0)
    trainer.change("training.average", 3)
    trainer.change("training.average", None)
    told = to_end(trainer)
    assert isinstance(told[-1], Finished)
    assert not trainer.verdict.replaced
