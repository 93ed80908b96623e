"""Protects scores: computed without dropout, in the unit of the data, whatever the size of the split."""

import pytest
import torch
from torch import nn

from core.catalog.losses import LOSSES
from core.catalog.metrics import metrics
from core.engine import evaluate
from core.engine.beginning import initial
from core.engine.build import module
from core.engine.data import split
from core.engine.evaluate import encoded, outputs, scores, shares, unscaled
from core.engine.modules import OWN
from tests.experiment.drafts import draft


def ready(experiment):
    net, data = initial(experiment), split(experiment.data)
    loss = experiment.training.loss.for_task(data.task)
    return net, data, module(loss.call()), loss.one_hot


@pytest.mark.parametrize("data", ["spiral", "digits", "diabetes", "plane", "iris"])
def test_scores_hold_the_loss_and_every_metric_that_applies(data):
    experiment = draft(*(["flatten"] if data == "digits" else []), "dropout", data=data)
    net, parts, loss_of, one_hot = ready(experiment)
    told = scores(net, parts, "test", loss_of, one_hot)
    assert list(told) == ["loss", *(metric.kind for metric in metrics(parts.task))]
    inputs, targets = parts.part("test")
    with torch.inference_mode():
        assert told["loss"] == pytest.approx(float(loss_of(net.eval()(inputs), targets)))
    assert told == scores(net, parts, "test", loss_of, one_hot)


def test_judging_leaves_the_network_in_the_mode_it_was_in():
    net, parts, _, _ = ready(draft("dropout", "batch_norm1d"))
    for training in (True, False):
        net.train(training)
        outputs(net, parts.inputs)
        assert net.training == training
        assert all(part.training == training for part in net.modules())


def test_outputs_do_not_depend_on_the_size_of_the_pieces(monkeypatch):
    net, parts, _, _ = ready(draft("linear", "batch_norm1d"))
    whole = outputs(net, parts.inputs)
    monkeypatch.setattr(evaluate, "LARGEST_BATCH", 7)
    assert torch.allclose(outputs(net, parts.inputs), whole, atol=1e-6)


def test_values_are_told_in_the_unit_of_the_data():
    _, parts, _, _ = ready(draft(data="diabetes"))
    _, targets = parts.part("test")
    true = parts.samples.targets[parts.rows["test"].numpy()]
    assert unscaled(targets.numpy(), parts) == pytest.approx(true, rel=1e-4)


@pytest.mark.parametrize("loss", [entry for entry in LOSSES if "classification" in entry.tasks],
                         ids=lambda e: e.name())
def test_shares_are_positive_and_sum_to_one(loss):
    put_out = torch.randn(20, 5, generator=torch.Generator().manual_seed(0)) * 3
    for scale in (1.0, 1e6):
        share = shares(put_out * scale, loss(kind=loss.name()))
        assert (share >= 0).all()
        assert ((share.sum(1) - 1).abs() < 1e-5).logical_or(share.sum(1) == 0).all()


def test_classes_are_encoded_as_the_loss_reads_them():
    _, parts, _, _ = ready(draft(data="iris"))
    _, targets = parts.part("train")
    assert torch.equal(encoded(targets, parts, one_hot=False), targets)
    assert torch.equal(encoded(targets, parts, one_hot=True), nn.functional.one_hot(targets, 3).float())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3e38])
@pytest.mark.parametrize("data", ["diabetes", "iris"])
def test_a_network_gone_wild_is_judged_without_breaking(data, value):
    net, parts, loss_of, one_hot = ready(draft(data=data))
    with torch.no_grad():
        net.block("out")[0].bias.fill_(value)
    assert scores(net, parts, "test", loss_of, one_hot).keys()


def test_balanced_classes_count_the_same_however_few_their_samples_are():
    targets = torch.tensor([0] * 9 + [2])
    outputs = torch.randn(10, 4, generator=torch.Generator().manual_seed(1))
    loss_of = OWN["BalancedCrossEntropyLoss"]()
    assert loss_of(outputs, targets) == nn.functional.cross_entropy(outputs, targets)
    loss_of.weigh(targets, 4)
    each = [float(nn.functional.cross_entropy(outputs[targets == one], targets[targets == one]))
            for one in (0, 2)]
    assert float(loss_of(outputs, targets)) == pytest.approx(sum(each) / 2)
    assert float(loss_of.weights[targets].mean()) == pytest.approx(1.0)
