"""Protects the promise of fast.py: the very same numbers, forward and back, bit for bit."""

import pytest
import torch
from torch import nn

from core.engine.fast import chain

WINDOWS = [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2}, {"kernel_size": 3, "stride": 1, "padding": 1},
           {"kernel_size": (3, 2), "stride": 2, "dilation": 2}]
SHAPES = [(32, 16, 12, 12), (64, 9, 9, 10), (32, 3, 12, 12), (1, 16, 12, 12)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("before", [[], [nn.ReLU()], [nn.Tanh()]], ids=["alone", "relu", "tanh"])
def test_pooling_gives_what_torch_gives_forward_and_back(before, window, shape):
    parts = [*before, nn.MaxPool2d(**window)]
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).round(decimals=1).requires_grad_()
    expected = nn.Sequential(*parts)(x)
    slope = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    found = x
    for forward in chain(parts):
        found = forward(found)
    assert torch.equal(found, expected)
    assert found.is_contiguous()
    assert torch.equal(torch.autograd.grad(found, x, slope)[0], torch.autograd.grad(expected, x, slope)[0])


def test_large_pooling_is_computed_by_our_function():
    pooled = chain([nn.ReLU(), nn.MaxPool2d(2)])
    assert len(pooled) == 1
    assert "Pooled" in type(pooled[0](torch.randn(32, 16, 12, 12, requires_grad=True)).grad_fn).__name__


def test_a_loss_that_is_not_a_number_stays_seen_through_pooling():
    x = torch.randn(32, 16, 12, 12)
    x[3, 2] = torch.nan
    (pooled,) = chain([nn.ReLU(), nn.MaxPool2d(2)])
    assert pooled(x)[3, 2].isnan().all()
