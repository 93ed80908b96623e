"""How a run begins: its first weights, the order of its samples, and a step to try a device with."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.engine.build import Net, network
from core.engine.data import split
from core.engine.evaluate import encoded
from core.engine.stepper import Stepper
from core.experiment.model import Experiment

Batch = tuple[Tensor, Tensor]
"""Inputs and targets of some samples."""


def initial(experiment: Experiment) -> Net:
    """The untrained network: first weights drawn on the processor under the training seed."""
    torch.manual_seed(experiment.training.seed)
    return network(experiment)


def shuffle(count: int, seed: int, epoch: int) -> Tensor:
    """The order of the samples in an epoch (from 1): a function of seed and epoch alone."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed + 1_000_003 * epoch))


def tried(experiment: Experiment, device: str) -> Callable[[], None]:
    """A function that takes one step of a fresh network on a device, always the same one."""
    ready = split(experiment.data, device)
    loss = experiment.training.loss.for_task(ready.task)
    inputs, targets = ready.part("train")
    targets = encoded(targets, ready, loss.one_hot)
    stepper = Stepper(experiment, initial(experiment).to(device), targets)
    one = inputs[:experiment.training.batch_size], targets[:experiment.training.batch_size]

    def step() -> None:
        stepper.step(1, *one, [])

    return step
