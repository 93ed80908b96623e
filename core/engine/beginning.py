"""How a run begins: its first weights, the order of its samples, and a step to try a device with."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from core.engine.build import Net, network
from core.engine.data import Split, split
from core.engine.device import Pins
from core.engine.evaluate import encoded
from core.engine.stepper import Stepper
from core.experiment.model import Experiment

Batch = tuple[Tensor, Tensor]
"""Inputs and targets of some samples."""


def whole_batches(samples: int, size: int) -> tuple[int, int]:
    """How many batches of one size there are, and that size; a smaller last one is left out beside others."""
    size = min(size, samples)
    return samples // size, size


class Order:
    """An epoch's samples in the order they are learned from."""

    def __init__(self, inputs: Tensor, targets: Tensor, size: int) -> None:
        """inputs, targets: (samples, *shape). size: samples in a batch."""
        self.inputs, self.targets, self._size = inputs, targets, size

    @cached_property
    def batches(self) -> list[Batch]:
        """The batches; the last may be smaller."""
        parts = self.inputs.split(self._size), self.targets.split(self._size)
        return list(zip(*parts, strict=True))

    @cached_property
    def whole(self) -> Batch:
        """The batches of one size, all of them: (batches, samples, *shape)"""
        count, size = whole_batches(len(self.inputs), self._size)
        inputs, targets = self.inputs[:count * size], self.targets[:count * size]
        return inputs.unflatten(0, (count, size)), targets.unflatten(0, (count, size))


def initial(experiment: Experiment) -> Net:
    """The untrained network: first weights drawn on the processor under the training seed."""
    torch.manual_seed(experiment.training.seed)
    return network(experiment)


def shuffle(count: int, seed: int, epoch: int) -> Tensor:
    """The order of the samples in an epoch (from 1): a function of seed and epoch alone."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed + 1_000_003 * epoch))


def pictures(experiment: Experiment) -> bool:
    """Whether a network is given pictures and moves filters over them."""
    if len(experiment.data.shape.axes) != 3:
        return False
    with torch.device("meta"):  # shapes only
        return any(isinstance(part, nn.Conv2d) for part in network(experiment).modules())


def tried(experiment: Experiment, pins: Pins, ready: Split | None = None) -> Callable[[], None]:
    """A function that takes one step of a fresh network as pinned, always the same one.

    ready: the data on that device, where it is at hand.
    """
    ready = ready or split(experiment.data, pins.device)
    loss = experiment.training.loss.for_task(ready.task)
    inputs, targets = ready.part("train")
    targets = encoded(targets, ready, loss.one_hot)
    stepper = Stepper(experiment, initial(experiment).to(pins.device), targets, pins.precision, pins.layout)
    one = inputs[:experiment.training.batch_size], targets[:experiment.training.batch_size]

    def step() -> None:
        stepper.step(1, *one, [])

    return step
