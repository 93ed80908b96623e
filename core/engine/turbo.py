"""Turbo: several steps of training as one compiled function on the very tensors of the running loop.

It can be mixed with plain steps at any step: weights, remembered statistics and the optimizers' memory are
the same tensors. The sums are added up in another order, so the last digits differ from plain steps.
"""

import copy
import math
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from core.engine import turbo_rules
from core.engine.stepper import Stepper
from core.engine.turbo_graph import Plan, begun, key, refused, size

if TYPE_CHECKING:
    from core.engine.beginning import Batch
    from core.engine.trainer import Trainer

_PAIRS, _PAIR_SECONDS = 5, 0.03
"""How often both ways are measured in turn, and for about how long each."""
_CLOSE = 1e-3
"""How far, as a share, the losses of the two ways may lie apart after a few steps."""


Run = Callable[[list[Tensor]], list[Tensor]]
Losses = tuple[Tensor, ...]


def loaded(path: Path) -> Run:
    """The compiled steps a file holds."""
    # Torch's public way in looks at every argument again at every call, which costs more than a step.
    return torch._C._aoti.AOTIModelPackageLoader(str(path), "model", False, 1, -1).run  # type: ignore[attr-defined]


class Joined:
    """The compiled steps, bound to a network and its optimizers."""

    def __init__(self, plan: Plan, count: int, run: Run) -> None:
        """run: the steps, compiled."""
        self.count = count
        self._plan, self._run = plan, run
        self._widths = plan.widths()
        self._knobs = torch.zeros(count, sum(self._widths) + 1)
        self._numbers = self._knobs.numpy()
        self.bind()

    def bind(self) -> None:
        """Find the tensors anew, which a restored optimizer replaces."""
        self._witness = self._memories()
        self._tensors = self._plan.tensors()
        self._steps, self._products = self._plan.counters("step"), self._plan.counters("mu_product")

    def _memories(self) -> list[Any]:
        """Of each optimizer the first parameter's memory, another object once restored; None without."""
        return [next(iter(optimizer.state.values()), None) for optimizer in self._plan.optimizers]

    def take(self, batches: "list[Batch]", rates: list[float], strength: float) -> Losses:
        """Take as many steps as there are batches; the mean loss of each batch before its update."""
        if any(memory is not known for memory, known in zip(self._memories(), self._witness, strict=True)):
            self.bind()
        step = int(self._steps[0]) if self._steps else 0
        product = float(self._products[0]) if self._products else 1.0
        for number, rate in enumerate(rates):
            row: list[float] = []
            for place in range(len(self._widths)):
                row += self._plan.knobs(place, step + number + 1, rate, product)
            self._numbers[number] = (*row, strength)
            if self._products:
                product *= turbo_rules.momentum(self._plan.optimizers[0].param_groups[0], step + number + 1)
        inputs, targets = zip(*batches, strict=True)
        losses = self._run([*self._tensors, *inputs, *targets, self._knobs])[0]
        for counter in self._steps:
            counter += self.count
        for counter in self._products:
            counter.fill_(product)
        return losses.unbind()


class Turbo:
    """Compiled steps in the service of a trainer, for as long as they are those of its experiment."""

    def __init__(self, trainer: "Trainer", run: Run) -> None:
        """run: the steps under this trainer's `wanted` key. Raises Problems."""
        self._trainer = trainer
        self._experiment, self.key = trainer.experiment, wanted(trainer)
        plan = Plan(trainer.experiment, trainer.network, trainer.optimizers)
        self._joined = Joined(plan, size(trainer.experiment, len(trainer.split.rows["train"])), run)
        self.count = self._joined.count
        self._awake = True

    def fits(self, place: int, batches: "list[Batch]") -> bool:
        """Whether the next steps, from `place` in the epoch, are those that were compiled.

        They begin at fixed places, so that which steps are joined does not depend on when a run was paused.
        """
        if place % self.count or len(batches) < self.count or len(batches[-1][0]) < self._trainer.batch_size:
            return False
        if self._trainer.experiment is not self._experiment:
            self._experiment = self._trainer.experiment
            self._awake = wanted(self._trainer) == self.key
        return self._awake

    def take(self, batches: "list[Batch]", rates: list[float]) -> Losses:
        """Take as many steps as there are batches; the mean loss of each batch before its update."""
        penalty = self._experiment.training.regularization.penalty()
        return self._joined.take(batches, rates, penalty[1] if penalty else 0.0)


def wanted(trainer: "Trainer") -> str:
    """The key of the compiled steps a trainer could use now. Raises Problems when there can be none."""
    if trainer.pins.device != "cpu":
        raise refused("Turbo is for the processor, and this run is not on it.")
    plan = Plan(trainer.experiment, trainer.network, trainer.optimizers)
    return key(trainer.experiment, plan, trainer.split, trainer.pins.threads)


def gain(trainer: "Trainer", run: Run) -> float:
    """How many times as fast as plain steps the compiled ones are, measured in turn on copies.

    Raises Problems when they do not compute the same.
    """
    with torch.random.fork_rng(devices=[]):
        plain, batches = _copied(trainer)
        other, _ = _copied(trainer)
        plan = Plan(trainer.experiment, other.net, other.optimizers)
        joined = Joined(plan, len(batches), run)
        rates = [trainer.rate] * len(batches)
        penalty = trainer.experiment.training.regularization.penalty()
        strength = penalty[1] if penalty else 0.0

        def one() -> list[Tensor]:
            return [plain.step(trainer.step + 1, *batch, []) for batch in batches]

        def two() -> list[Tensor]:
            return list(joined.take(batches, rates, strength))

        _same(one, two)
        return _ratio(one, two)


def _copied(trainer: "Trainer") -> "tuple[Stepper, list[Batch]]":
    stepper, batches = begun(trainer.experiment, trainer.split)
    with torch.no_grad():
        for name, tensor in stepper.net.tensors().items():
            tensor.copy_(trainer.network.tensors()[name])
    for optimizer, model in zip(stepper.optimizers, trainer.optimizers, strict=True):
        optimizer.load_state_dict(copy.deepcopy(model.state_dict()))
    return stepper, batches


def _same(one: Any, two: Any) -> None:
    """Both ways from the same weights with the same random numbers."""
    state = torch.get_rng_state()
    first = torch.stack([*one(), *one()])
    torch.set_rng_state(state)
    second = torch.stack([*two(), *two()])
    if not torch.allclose(first, second, rtol=_CLOSE, atol=_CLOSE * float(first.abs().max())):
        apart = float((first - second).abs().max())
        raise refused(f"The compiled steps do not compute the same: their losses lie {apart:.2g} apart.")


def _ratio(one: Any, two: Any) -> float:
    began = perf_counter()
    one()
    rounds = max(1, math.ceil(_PAIR_SECONDS / (perf_counter() - began)))
    return median(_seconds(one, rounds) / _seconds(two, rounds) for _ in range(_PAIRS))


def _seconds(way: Any, rounds: int) -> float:
    began = perf_counter()
    for _ in range(rounds):
        way()
    return perf_counter() - began
