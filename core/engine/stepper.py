"""Stepper: one step of training, written out: forward, loss, backward, schedule, update."""

import math
from typing import Any

import torch
from torch import Tensor

from core.catalog.base import Optimizer
from core.engine.build import Net, module, optimizers
from core.engine.fast import unhooked
from core.experiment.check import steps_per_epoch, total_steps
from core.experiment.model import Experiment


class Stepper:
    """One step of training. Waits for nothing, asks nothing back."""

    def __init__(self, experiment: Experiment, net: Net, targets: Tensor, precision: str = "float32",
                 layout: str = "plain") -> None:
        """targets: those of the train split, as the loss reads them. precision, layout: see `Pins`."""
        self.net, samples = net, len(targets)
        self.mixed = precision == "bfloat16"
        """Whether the network computes in bfloat16; weights and loss are in float32 all the same."""
        self._plainly = self._mixed if self.mixed else net.forward
        self._lies_last = layout == "channels_last"
        self._answer = self._laid_out if self._lies_last else self._plainly
        task = experiment.data.task
        loss = experiment.training.loss.for_task(task)
        self.loss_of: Any = module(loss.call())
        if loss.weighed:
            self.loss_of.weigh(targets, len(task.classes))
        self.optimizers = optimizers(experiment.training.optimizer, net)
        self._updates = [unhooked(optimizer) for optimizer in self.optimizers]
        self._parameters = list(net.parameters())
        self._weights = [parameter for parameter in self._parameters if parameter.ndim > 1]
        self._recipe = experiment.training.schedule.curve(
            steps_per_epoch(experiment, samples), total_steps(experiment, samples))
        self._rate_set = math.nan
        self.use(experiment)

    def use(self, experiment: Experiment) -> None:
        """Take settings from an experiment that differs from the last one in live settings only."""
        self._entry: Optimizer = experiment.training.optimizer
        self._penalty = experiment.training.regularization.penalty()
        self._clip, self._parts = experiment.training.clip, experiment.training.parts
        self._rate_set = math.nan

    def rate(self, step: int, validation_losses: list[float]) -> float:
        """The learning rate of a step (from 1)."""
        return self.rates(step, 1, validation_losses)[0]

    def rates(self, first: int, count: int, validation_losses: list[float]) -> list[float]:
        """The learning rates of `count` steps from step `first` (from 1) on."""
        function, settings, rate = self._recipe.function, self._recipe.kwargs, self._entry.learning_rate
        return [rate * function(step, validation_losses, **settings) for step in range(first, first + count)]

    def step(self, step: int, inputs: Tensor, targets: Tensor, validation_losses: list[float]) -> Tensor:
        """Update the weights once; the mean loss of the batch before it, without the penalty."""
        self._set_rate(self.rate(step, validation_losses))
        if self._entry.closure:
            return self._searching_step(inputs, targets)
        loss = self._backward(inputs, targets)
        for update in self._updates:
            update()
        return loss

    def _backward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        for parameter in self._parameters:
            parameter.grad = None
        if self._parts > 1:
            loss = self._backward_in_parts(inputs, targets)
        else:
            loss = self.loss_of.forward(self._answer(inputs), targets)
            self.priced(loss).backward()
        if self._clip is not None:
            torch.nn.utils.clip_grad_norm_(self._parameters, self._clip)
        return loss.detach()

    def _mixed(self, inputs: Tensor) -> Tensor:
        with torch.autocast(inputs.device.type, torch.bfloat16):
            return self.net.forward(inputs).float()

    def _laid_out(self, inputs: Tensor) -> Tensor:
        return self._plainly(self.laid(inputs))

    def laid(self, inputs: Tensor) -> Tensor:
        """A batch as its numbers lie in memory while it trains: channels last where that was chosen.

        Convolutions keep to what they are given, so the whole network follows; weights stay as they are.
        """
        return inputs.to(memory_format=torch.channels_last) if self._lies_last else inputs

    def priced(self, loss: Tensor) -> Tensor:
        """A loss with the penalty on large weights added, where there is one."""
        return loss if self._penalty is None else loss + self._price(*self._penalty)

    def pieces(self, samples: int) -> int:
        """In how many parts a batch of so many samples is worked off."""
        return max(min(self._parts, samples // 2), 1)

    def _backward_in_parts(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The same gradients, part by part, each of two samples or more; it counts by its samples."""
        count = self.pieces(len(inputs))
        losses: list[Tensor] = []
        for some, wanted in zip(inputs.tensor_split(count), targets.tensor_split(count), strict=True):
            loss = self.loss_of.forward(self._answer(some), wanted) * (len(some) / len(inputs))
            loss.backward()
            losses.append(loss.detach())
        if self._penalty is not None:
            self._price(*self._penalty).backward()
        return torch.stack(losses).sum()

    def _price(self, power: int, strength: float) -> Tensor:
        sizes = [weight.abs().sum() if power == 1 else weight.square().sum() / 2 for weight in self._weights]
        return strength * torch.stack(sizes).sum()

    def _searching_step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        losses: list[Tensor] = []

        def closure() -> Any:  # torch says a float, and takes a tensor
            losses.append(self._backward(inputs, targets))
            return losses[-1]

        for optimizer in self.optimizers:
            optimizer.step(closure)
        return losses[0]

    def _set_rate(self, rate: float) -> None:
        if rate == self._rate_set:
            return
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        self._rate_set = rate
