"""Protects the learning-rate range test: it finds where the loss falls, if it does."""

import pytest
import torch

from core.catalog.fields import settings
from core.catalog.optimizers import OPTIMIZERS
from core.engine import rate_range as rates_of
from core.engine.rate_range import _steepest, rate_range
from core.engine.trainer import Trainer
from core.events import Validated
from core.problems import Problems
from tests.experiment.drafts import draft

SMALL = {"kind": "moons", "samples": 200}


def network(**training):
    return draft({"kind": "linear", "units": 16}, "linear", data=SMALL, **{"batch_size": 20, **training})


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Fewer steps, for a test is not in need of a smooth curve."""
    monkeypatch.setattr(rates_of, "_MOST", 60)


@pytest.mark.parametrize("rule", OPTIMIZERS, ids=lambda rule: rule.name())
def test_every_rule_is_tried_over_its_own_bounds(rule):
    found = rate_range(network(optimizer={"kind": rule.name()}))
    bounds = next(one for one in settings(rule) if one.name == "learning_rate")
    assert len(found.rates) == len(found.losses) >= 2
    assert found.rates == sorted(found.rates)
    assert bounds.low <= found.rates[0]
    assert found.rates[-1] <= bounds.high


def test_the_suggested_rate_learns_and_its_place_is_before_the_lowest_loss():
    experiment = network(optimizer={"kind": "adam"}, epochs=8)
    found = rate_range(experiment)
    assert found.suggestion is not None
    lowest = found.rates[found.losses.index(min(found.losses))]
    assert found.rates[0] < found.suggestion <= lowest
    trainer = Trainer(experiment)
    first = trainer.start()[-1]
    trainer.change("training.optimizer.learning_rate", found.suggestion)
    told = [event for event in trainer.advance(10_000, 60.0) if isinstance(event, Validated)]
    assert told[-1].scores["loss"] < 0.7 * first.scores["loss"]


@pytest.mark.parametrize(("losses", "suggestion"), [
    ([1.0] * 40, None), ([1.0 + 0.1 * n for n in range(40)], None),
    ([1.0] * 10 + [0.9, 0.5, 0.4, 0.4] + [3.0] * 5, 1e-3 * 2 ** 10.5),
    ([1.0] * 20 + [0.2, 5.0], 1e-3 * 2 ** 20 / 3)])
def test_a_rate_is_told_only_where_the_loss_falls(losses, suggestion):
    rates = [1e-3 * 2 ** n for n in range(len(losses))]
    found = _steepest(rates, losses)
    assert found == suggestion or found == pytest.approx(suggestion, rel=0.5)


@pytest.mark.parametrize("after", [0, 1])
def test_a_network_whose_first_losses_are_no_numbers_is_refused_with_the_way_out(monkeypatch, after):
    class Exploding(Trainer):
        """It has huge weights after so many steps."""

        def advance(self, steps, seconds):
            if self.step == after:
                with torch.no_grad():
                    for parameter in self.network.parameters():
                        parameter.fill_(1e38)
            return super().advance(steps, seconds)

    monkeypatch.setattr(rates_of, "Trainer", Exploding)
    with pytest.raises(Problems, match=r"no finite number.*normalisation layer"):
        rate_range(network())


def test_an_experiment_that_cannot_be_trained_says_why():
    with pytest.raises(Problems):
        rate_range(draft(data=SMALL).model_copy(update={"network": draft(data=SMALL).network.model_copy(
            update={"nodes": ()})}))
