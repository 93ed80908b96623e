"""Turbo: several steps of training as one compiled function on the very tensors of the running loop.

It can be mixed with plain steps at any step: weights, remembered statistics and the optimizers' memory are
the same tensors. The sums are added up in another order, so the last digits differ from plain steps.
"""

import copy
import math
from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from core.engine import device as devices
from core.engine.average import Average, averaging
from core.engine.beginning import Order, whole_batches
from core.engine.native.compiler import Compiled
from core.engine.stepper import Stepper
from core.engine.turbo_graph import begun
from core.engine.turbo_plan import Plan, key, limits, most, refused

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

LEAST_GAIN = 1.05
"""Compiled steps that gain less than this are not used."""
_PAIRS, _PAIR_SECONDS = 5, 0.03
"""How often both ways are measured in turn, and for about how long each."""
_CLOSE = 1e-3
"""How far, as a share, the losses of the two ways may lie apart after a few steps."""
_ROUNDING = 1e-6
"""How far they may lie apart in any case: the loss of a well trained network is little but rounding."""
_TRIED = 8
"""Steps that both ways are compared over."""
_CALL = 0.01
"""Seconds one call may take, so that who steers is heard."""


class Joined:
    """The compiled steps, bound to a network and its optimizers."""

    def __init__(self, plan: Plan, rows: int, run: Compiled) -> None:
        """rows: the most steps it takes in one call. run: the steps, compiled.

        Raises Problems when not all weights have been moved equally often.
        """
        self._plan, self._run = plan, run
        self._knobs = torch.zeros(rows, sum(plan.widths()))
        plan.check()
        self.bind()

    def bind(self) -> None:
        """Find the tensors anew, which a restored optimizer replaces."""
        self._witness = self._memories()
        self._tensors = self._plan.tensors()
        self._steps, self._products = self._plan.counters("step"), self._plan.counters("mu_product")

    def _memories(self) -> list[Any]:
        """Of each optimizer the first parameter's memory, another object once restored; None without."""
        return [next(iter(optimizer.state.values()), None) for optimizer in self._plan.optimizers]

    def take(self, order: Order, first: int, rates: list[float], limited: Sequence[float]) -> Tensor:
        """Take as many steps as there are rates, from batch `first` of an epoch on.

        limited: see `limits`. Returns the mean loss of each batch before its update: (steps,)
        """
        if any(memory is not known for memory, known in zip(self._memories(), self._witness, strict=True)):
            self.bind()
        count = len(rates)
        step = int(self._steps[0]) if self._steps else 0
        product = float(self._products[0]) if self._products else 1.0
        self._knobs[:count] = self._plan.knobs(step + 1, rates, product, limited)
        batches = order.whole if self._run.whole else (order.inputs, order.targets)
        losses = self._run.take(first, count, [*batches, self._knobs, *self._tensors])
        if self._products:
            product *= self._plan.momenta(step + 1, count)
        for counter in self._steps:
            counter += count
        for counter in self._products:
            counter.fill_(product)
        if self._plan.average:
            self._plan.average.count(count)
        return losses


class Turbo:
    """Compiled steps in the service of a trainer, for as long as they are those of its experiment."""

    def __init__(self, trainer: "Trainer", run: Compiled) -> None:
        """run: the steps under this trainer's `wanted` key. Raises Problems."""
        self._trainer = trainer
        self._experiment, self.key = trainer.experiment, wanted(trainer)
        whole, _ = whole_batches(len(trainer.split.rows["train"]), trainer.batch_size)
        self._batches = whole if run.whole else trainer.course.steps_per_epoch
        self.most = most(self._batches)
        self._joined = Joined(_plan(trainer), self.most, run)
        self._awake, self._pace = True, _CALL

    def room(self, place: int, wanted: int) -> int:
        """How many of the wanted steps, from `place` in the epoch on, one call may take now."""
        if self._trainer.experiment is not self._experiment:
            self._look()
        if not self._awake:
            return 0
        return min(wanted, self._batches - place, self.most, max(1, int(_CALL / self._pace)))

    def take(self, order: Order, first: int, rates: list[float]) -> Tensor:
        """Take as many steps as there are rates, from batch `first` on; see `Joined.take`."""
        began = perf_counter()
        losses = self._joined.take(order, first, rates, limits(self._experiment))
        self._pace = (perf_counter() - began) / len(rates)
        return losses

    def _look(self) -> None:
        """See whether the steps of the changed experiment are still those that were compiled."""
        self._experiment = self._trainer.experiment
        self._awake = wanted(self._trainer) == self.key


def wanted(trainer: "Trainer") -> str:
    """The key of the compiled steps a trainer could use now. Raises Problems when there can be none."""
    if trainer.pins.device not in ("cpu", "cuda"):
        raise refused("Turbo is for processors and NVIDIA's graphics processors, and this run is on neither.")
    if trainer.stepper.mixed and trainer.pins.device == "cpu":
        raise refused("On the processor Turbo computes in float32, and this run does not.")
    return key(trainer.experiment, _plan(trainer), trainer.split, trainer.pins)


def _plan(trainer: "Trainer") -> Plan:
    return Plan(trainer.experiment, trainer.network, trainer.optimizers, trainer.verdict.average)


def gain(trainer: "Trainer", run: Compiled) -> float:
    """How many times as fast as plain steps the compiled ones are, measured in turn on copies.

    Raises Problems when they do not compute the same.
    """
    random = devices.random_state(trainer.pins.device)
    try:
        plain, mean, order = _copied(trainer)
        other, other_mean, _ = _copied(trainer)
        plan = Plan(trainer.experiment, other.net, other.optimizers, other_mean)
        whole = len(order.whole[0])
        joined = Joined(plan, most(whole), run)
        rates = [trainer.rate] * min(whole, _TRIED)
        limited = limits(trainer.experiment)

        def step(place: int) -> Tensor:
            loss = plain.step(trainer.course.scheduled, *order.batches[place], trainer.verdict.losses)
            if mean:
                mean.take()
            return loss

        def one() -> list[Tensor]:
            return [step(place) for place in range(len(rates))]

        def two() -> Tensor:
            return joined.take(order, 0, rates, limited)

        _same(one, two, trainer.pins.device)
        return _ratio(one, two, trainer.pins.device)
    finally:
        devices.set_random_state(trainer.pins.device, random)


def _copied(trainer: "Trainer") -> tuple[Stepper, Average | None, Order]:
    stepper, order = begun(trainer.experiment, trainer.split, trainer.pins)
    with torch.no_grad():
        for name, tensor in stepper.net.tensors().items():
            tensor.copy_(trainer.network.tensors()[name])
    for optimizer, model in zip(stepper.optimizers, trainer.optimizers, strict=True):
        optimizer.load_state_dict(copy.deepcopy(model.state_dict()))
    stepper.use(trainer.experiment)  # with the rates of now, whatever was loaded
    mean = averaging(stepper.net, trainer.experiment.training)
    if mean and trainer.verdict.average:
        mean.restore(trainer.verdict.average.state())
    return stepper, mean, order


def _same(one: Any, two: Any, device: str) -> None:
    """Both ways from the same weights with the same random numbers."""
    random = devices.random_state(device)
    first = torch.stack([*one(), *one()])
    devices.set_random_state(device, random)
    second = torch.cat([two(), two()])
    apart = max(_CLOSE * float(first.abs().max()), _ROUNDING)
    if not torch.allclose(first, second, rtol=_CLOSE, atol=apart):
        found = float((first - second).abs().max())
        raise refused(f"The compiled steps do not compute the same: their losses lie {found:.2g} apart.")


def _ratio(one: Any, two: Any, device: str) -> float:
    rounds = max(1, math.ceil(_PAIR_SECONDS / _seconds(one, 1, device)))
    return median(_seconds(one, rounds, device) / _seconds(two, rounds, device) for _ in range(_PAIRS))


def _seconds(way: Any, rounds: int, device: str) -> float:
    began = perf_counter()
    for _ in range(rounds):
        way()
    devices.wait(device)
    return perf_counter() - began
