"""Protects the promise of fast.py: the very same numbers, forward and back, bit for bit."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from core.catalog.optimizers import OPTIMIZERS
from core.engine.build import resolved
from core.engine.fast import chain, unhooked

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


@pytest.mark.parametrize("rule", [one for one in OPTIMIZERS if not one.closure], ids=lambda rule: rule.name())
def test_an_update_without_what_is_wrapped_around_it_is_torch_s_to_the_bit(rule):
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    made = [[resolved(part.call)(list(net.parameters()) if part.parameters == "all" else
                                 [one for one in net.parameters()
                                  if (one.ndim == 2) == (part.parameters == "matrices")], **part.call.kwargs)
             for part in rule(kind=rule.name()).parts()] for net in nets]
    x = torch.randn(8, 3)
    for _ in range(5):
        for net, optimizers in zip(nets, made, strict=True):
            net.zero_grad()
            net(x).square().mean().backward()
            for optimizer in optimizers:
                update = unhooked(optimizer) if net is nets[0] else optimizer.step
                update()
    assert all(torch.equal(one, other) for one, other
               in zip(nets[0].parameters(), nets[1].parameters(), strict=True))


ALONE = """
import sys
from core.catalog.optimizers import OPTIMIZERS
from core.engine.trainer import Trainer
from core.experiment.edits import apply
from core.experiment.templates import template
for rule in OPTIMIZERS:
    asked = template("two-spirals").experiment
    asked = apply(asked, {"kind": "set", "path": "training.optimizer", "value": {"kind": rule.name()}})
    trainer = Trainer(asked)
    trainer.start()
    trainer.advance(3, 60.0)
    trainer.restore(trainer.state())
print(*(name for name in sys.modules if name.startswith("torch._dynamo")), end="")
"""
TOGETHER = """
import sys
from core.engine.family import Family
from core.engine.trainer import Trainer
from core.experiment.edits import apply
from core.experiment.templates import template
members = []
for seed in range(8):
    asked = template("two-spirals").experiment
    members.append(Trainer(apply(asked, {"kind": "set", "path": "training.seed", "value": seed})))
    members[-1].start()
Family(members).advance(3, 60.0)
print(*(name for name in sys.modules if name.startswith("torch._dynamo")), end="")
"""


@pytest.mark.parametrize("code", [ALONE, TOGETHER])
def test_training_does_not_load_torch_s_compiler(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
