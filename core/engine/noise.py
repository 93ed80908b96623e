"""Gradient noise: how much the gradients of single batches disagree, and the batch size that suits it.

After S. McCandlish, J. Kaplan, D. Amodei et al., An Empirical Model of Large-Batch Training, 2018.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.engine.trainer import Trainer
from core.experiment.model import Experiment
from core.problems import Problem, Problems

SECONDS = 2.0
"""How long a fresh copy trains before it is measured, about: untrained, gradients agree as never again."""
BATCHES = 64
"""Batches that are compared, at most."""
_FEWEST = 8
_SHARE = 4
"""A batch should hold at most one in so many of the training samples: an epoch is to be a few updates."""


class Noise(NamedTuple):
    """What was measured."""

    steps: int
    """Steps the fresh copy had taken."""
    batches: int
    """How many batches were compared."""
    scale: float | None
    """The noise scale in samples; None when the gradients agree on nothing."""
    suggestion: int
    """A batch size: a power of two."""


def noise(experiment: Experiment) -> Noise:
    """Train a fresh copy a little and compare the gradients of its batches. Raises Problems."""
    calm: dict[str, Any] = {"epochs": None, "patience": None, "keep": "last", "average": None}
    trainer = Trainer(experiment.model_copy(
        update={"training": experiment.training.model_copy(update=calm)}))
    trainer.start()
    trainer.advance(1 << 30, SECONDS)
    if trainer.over:
        raise Problems(_DIVERGED)
    inputs, targets = trainer.training_set
    batch = min(trainer.batch_size, len(inputs) // _FEWEST)
    if batch < 1:
        raise Problems(_FEW)
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0))
    rows = order.to(inputs.device).split(batch)[:BATCHES]
    rows = [some for some in rows if len(some) == batch]
    mean, squares = torch.zeros(0), 0.0
    for some in rows:
        slope = _slope(trainer, inputs[some], targets[some])
        mean = slope / len(rows) if not len(mean) else mean + slope / len(rows)
        squares += float(slope.square().sum()) / len(rows)
    if not math.isfinite(squares):  # a slow machine may measure before the loss itself is seen to diverge
        raise Problems(_DIVERGED)
    scale = _scale(squares, float(mean.square().sum()), batch, len(rows))
    return Noise(trainer.step, len(rows), scale, _suggested(scale, len(inputs)))


_DIVERGED = Problem(where="training.batch_size", what="The copy diverged before it could be measured.",
                    fix="Lower the learning rate.")
_FEW = Problem(where="training.batch_size",
               what=f"There are fewer than {_FEWEST} training samples to compare.",
               fix="Choose more samples.")


def _slope(trainer: Trainer, inputs: Tensor, targets: Tensor) -> Tensor:
    """The gradient of one batch's loss, all parameters one after the other."""
    net = trainer.network
    net.zero_grad(set_to_none=True)
    trainer.stepper.loss_of(net(inputs), targets).backward()
    return torch.cat([one.grad.flatten() for one in net.parameters() if one.grad is not None])


def _scale(small: float, large: float, batch: int, count: int) -> float | None:
    """The noise scale from the mean squared length of batches' gradients and that of their mean's."""
    whole = batch * count
    signal = (whole * large - batch * small) / (whole - batch)
    spread = (small - large) / (1 / batch - 1 / whole)
    if not (signal > 0 and spread > 0 and math.isfinite(spread / signal)):
        return None
    return spread / signal


def _suggested(scale: float | None, samples: int) -> int:
    """The power of two nearest to the noise scale, within what the data bears."""
    most = max(1, min(8192, samples // _SHARE))
    wanted = most if scale is None else max(1.0, min(float(most), scale))
    return 2 ** min(round(math.log2(wanted)), int(math.log2(most)))
