"""Protects the layout of pictures: another order in memory, the same training, and weights as they were."""

import pytest
import torch
from torch import nn

from core.engine.beginning import pictures
from core.engine.fast import chain
from core.engine.side_by_side import Block
from core.engine.trainer import Trainer
from core.experiment.model import Experiment, read, write
from core.experiment.templates import template
from core.problems import Problems
from tests.experiment.drafts import draft

PICTURES = ["digits-cnn", "lenet-5", pytest.param("small-resnet", marks=pytest.mark.slow), "denoiser",
            "mlp-mixer", "tones"]
CONVOLUTION = {"kind": "conv2d", "filters": 8}


def laid(name: str, layout: str) -> Experiment:
    raw = write(template(name).experiment)
    raw["training"] |= {"device": "cpu", "threads": 1, "layout": layout}
    return read(raw)


def losses(trainer: Trainer) -> list[float]:
    return [loss for event in trainer.advance(3, 60.0) if event.type == "steps_recorded"
            for loss in event.losses]


@pytest.mark.parametrize("name", PICTURES)
def test_a_network_trains_channels_last_as_it_does_plainly(name):
    plain, last = (Trainer(laid(name, layout)) for layout in ("plain", "channels_last"))
    assert last.start()[0].layout == last.pins.layout == "channels_last"
    assert plain.start()[1].scores == last.judged()
    dropping = any(isinstance(part, nn.Dropout) for part in last.network.modules())
    assert losses(last) == pytest.approx(losses(plain), rel=0.05 if dropping else 1e-4)


@pytest.mark.parametrize("name", PICTURES)
def test_weights_and_what_rules_remember_of_them_stay_plain(name):
    trainer = Trainer(laid(name, "channels_last"))
    losses(trainer)
    kept = [*trainer.network.tensors().values(), *(tensor for optimizer in trainer.optimizers
                                                   for state in optimizer.state.values()
                                                   for tensor in state.values() if torch.is_tensor(tensor))]
    assert all(tensor.is_contiguous() for tensor in kept)


@pytest.mark.parametrize("parts", [(nn.ReLU(), nn.MaxPool2d(2)), (nn.MaxPool2d(3, 2, 1),)])
def test_pooling_keeps_the_layout_and_every_bit(parts):
    given = torch.randn(16, 8, 12, 12).to(memory_format=torch.channels_last)
    ours, theirs = (given.clone().requires_grad_() for _ in range(2))
    (fast,) = chain(parts)
    one, other = fast(ours), nn.Sequential(*parts)(theirs)
    for result in (one, other):
        result.square().sum().backward()
    assert one.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(one, other)
    assert torch.equal(ours.grad, theirs.grad)


def test_only_networks_that_move_filters_over_pictures_have_a_layout_to_choose():
    assert pictures(draft(CONVOLUTION, "flatten", data="digits"))
    assert not pictures(draft("flatten", "linear", data="digits"))
    assert not pictures(draft("linear"))


def test_runs_trained_as_one_lie_plainly_and_say_so():
    def members(layout):
        return [Trainer(draft(CONVOLUTION, "flatten", data="digits", seed=seed, layout=layout,
                              epochs=1000)) for seed in range(2)]

    with pytest.raises(Problems, match="plainly"):
        Block(members("channels_last"))
    chosen = members("auto")
    Block(chosen)
    assert {member.start()[0].layout for member in chosen} == {"plain"}
