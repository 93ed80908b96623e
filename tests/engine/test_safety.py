"""Protects the last finite weights: what is put back is a state the network had, never a broken one."""

import math

import torch

from core.engine.beginning import initial
from core.engine.safety import LastFinite
from tests.engine.runs import same, weights
from tests.experiment.drafts import draft


def test_the_newest_finite_state_is_put_back():
    net = initial(draft("linear", "batch_norm1d"))
    kept = LastFinite(net)
    with torch.no_grad():
        net.block("out")[0].bias.fill_(1.0)
        kept.keep(10)
        good = weights(net)
        net.block("out")[0].bias[0] = math.nan
    assert kept.broken()
    assert kept.restore() == 10
    assert same(weights(net), good)
    assert not kept.broken()


def test_a_state_kept_broken_is_passed_over():
    net = initial(draft("linear"))
    kept = LastFinite(net)
    kept.keep(5)
    good = weights(net)
    with torch.no_grad():
        net.block("hidden1")[0].weight[0, 0] = math.inf
    kept.keep(10)
    assert kept.restore() == 5
    assert same(weights(net), good)


def test_before_any_step_the_first_weights_are_kept():
    net = initial(draft("linear"))
    kept, first = LastFinite(net), weights(net)
    with torch.no_grad():
        net.block("out")[0].bias.fill_(math.nan)
    assert kept.restore() == 0
    assert same(weights(net), first)
