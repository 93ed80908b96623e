"""What the compiled steps of a network read and write, how its numbers lie, and what they are known by."""

import hashlib
import json
import math
import platform
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from core.engine import turbo_rules
from core.engine.average import Average
from core.engine.beginning import whole_batches
from core.engine.build import Net
from core.engine.data import Split
from core.engine.device import Pins, device_name
from core.engine.native import compiler
from core.engine.turbo_rules import Numbers, Rule
from core.experiment.model import Experiment, write
from core.problems import Problem, Problems

_MOST = 64
"""Steps taken in one call at most: as many losses, and rows of numbers, are handed over."""
_LIMITS = 3
"""How many numbers a step reads beside those of its rules: `limits`, and how far a mean of weights moves."""
_LINE = 16
"""Numbers in a line of the processor's cache; each weight begins on one."""


class Row:
    """How several tensors lie in one row of numbers, each from the beginning of a cache line."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._shapes = [tensor.shape for tensor in tensors]
        self._sizes = [tensor.numel() for tensor in tensors]
        self._rooms = [-(-size // _LINE) * _LINE for size in self._sizes]

    def __len__(self) -> int:
        """How many tensors there are."""
        return len(self._sizes)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Of each tensor where in the row it begins, and how many numbers it has."""
        begins = accumulate(self._rooms, initial=0)
        return list(zip(begins, self._sizes, strict=False))

    @property
    def size(self) -> int:
        """The length of the row."""
        return sum(self._rooms)

    def joined(self, tensors: Sequence[Tensor]) -> Tensor:
        """The row that holds these tensors: (numbers,)"""
        return torch.cat([pad(tensor.reshape(-1), (0, room - size))
                          for tensor, size, room in zip(tensors, self._sizes, self._rooms, strict=True)])

    def apart(self, row: Tensor) -> list[Tensor]:
        """The tensors a row holds, as views of it."""
        return [part[:size].view(shape) for part, size, shape
                in zip(row.split(self._rooms), self._sizes, self._shapes, strict=True)]


class Plan:
    """Which tensors the steps of a network read and write, and the numbers they depend on, in order."""

    def __init__(self, experiment: Experiment, net: Net, optimizers: list[torch.optim.Optimizer],
                 average: Average | None) -> None:
        """average: of the network's weights, where one is kept.

        Raises Problems when the steps of this optimizer cannot be compiled.
        """
        training = experiment.training
        self.optimizers, self.average = optimizers, average
        self.rules = [_rule(optimizer) for optimizer in optimizers]
        self.penalty, self.clips = training.regularization.penalty(), training.clip is not None
        self.learned = [list[Tensor](optimizer.param_groups[0]["params"]) for optimizer in optimizers]
        known = {id(parameter) for parameters in self.learned for parameter in parameters}
        named = [*net.named_parameters(), *net.named_buffers()]
        self.names = {id(tensor): name for name, tensor in named}
        self.kept = [tensor for _, tensor in named if id(tensor) not in known]
        """The network's tensors that no optimizer moves: frozen weights, statistics, tables."""
        self.averaged = [place for place, tensor in enumerate(self.kept)
                         if average and average.mean_of(tensor) is not None]
        """The places of those of them that a mean is kept of."""

    @property
    def others(self) -> list[Tensor]:
        """The tensors that no optimizer moves, and the means of those that one is kept of."""
        return [*self.kept, *self._means([self.kept[place] for place in self.averaged])]

    def tensors(self) -> list[Tensor]:
        """Of each optimizer its weights, what it remembers of them and their means; then the `others`."""
        held = [tensor for parameters, rule, optimizer
                in zip(self.learned, self.rules, self.optimizers, strict=True)
                for tensor in [*parameters, *(optimizer.state[parameter][name] for name in rule.state
                                              for parameter in parameters), *self._means(parameters)]]
        return [tensor.detach() for tensor in [*held, *self.others]]

    def check(self) -> None:
        """Raises Problems unless all weights have been moved, and equally often."""
        every = all(name in optimizer.state.get(parameter, {}) for rule, optimizer, parameters
                    in zip(self.rules, self.optimizers, self.learned, strict=True)
                    for name in rule.state for parameter in parameters)
        if not every or len({float(counter) for counter in self.counters("step")}) > 1:
            raise refused("Some of its weights began to learn later than others.")

    def rows(self) -> list[int]:
        """How many rows of numbers there are for each optimizer: its weights, its memory, their mean."""
        return [1 + len(rule.state) + (self.average is not None) for rule in self.rules]

    def _means(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        found = [self.average.mean_of(tensor) for tensor in tensors] if self.average else []
        return [mean for mean in found if mean is not None]

    def counters(self, name: str) -> list[Tensor]:
        """The single numbers torch's optimizers keep beside: `step`, `mu_product`."""
        return [state[name] for optimizer in self.optimizers for state in optimizer.state.values()
                if name in state]

    def knobs(self, first: int, rates: Sequence[float], product: float, limits: Sequence[float]) -> Tensor:
        """The numbers of steps from `first` on, the next ones to be averaged, one row each: (steps, numbers)

        rates: each step's learning rate. product: of NAdam's momenta before. limits: see `limits`.
        """
        steps, speeds = first + np.arange(len(rates), dtype=np.float64), np.array(rates)
        columns: list[Numbers | float] = []
        for rule, optimizer in zip(self.rules, self.optimizers, strict=True):
            columns += rule.knobs(optimizer.param_groups[0], steps, speeds, product)
        columns += limits
        columns.append(np.array(self.average.shares(len(rates))) if self.average else 0.0)
        table = np.empty((len(rates), len(columns)), np.float32)
        for place, column in enumerate(columns):
            table[:, place] = column
        return torch.from_numpy(table)

    def momenta(self, first: int, count: int) -> float:
        """The product of NAdam's momenta over `count` steps from `first` on."""
        steps = first + np.arange(count, dtype=np.float64)
        return float(turbo_rules.momentum(self.optimizers[0].param_groups[0], steps).prod())

    def widths(self) -> list[int]:
        """How many numbers a step reads for each optimizer, and how many beside."""
        one = np.ones(1)
        return [*(len(rule.knobs(optimizer.param_groups[0], one, one, 0.5))
                  for rule, optimizer in zip(self.rules, self.optimizers, strict=True)), _LIMITS]


def limits(experiment: Experiment) -> tuple[float, float]:
    """What a person may move beside the rules: the penalty's strength, and how long a gradient may be."""
    training = experiment.training
    penalty = training.regularization.penalty()
    return penalty[1] if penalty else 0.0, math.inf if training.clip is None else training.clip


def most(batches: int) -> int:
    """How many steps one call may take, of an epoch of so many whole batches."""
    return min(_MOST, batches)


def key(experiment: Experiment, plan: Plan, data: Split, pins: Pins) -> str:
    """A name for the compiled steps: equal when the very same code would be made."""
    asked, samples = write(experiment), len(data.rows["train"])
    # All of the data, too: ranges of its samples and how often each class is there become part of the code.
    fixed = {"data": asked["data"], "samples": samples, "network": asked["network"],
             "loss": asked["training"]["loss"],
             "place": pins.threads if pins.device == "cpu" else [*pins, device_name(pins.device)],
             "batches": whole_batches(samples, experiment.training.batch_size),
             "rules": [type(optimizer).__name__ for optimizer in plan.optimizers],
             "flags": [turbo_rules.flags(optimizer.param_groups[0]) for optimizer in plan.optimizers],
             "penalty": plan.penalty and plan.penalty[0], "clips": plan.clips,
             "parts": experiment.training.parts, "averages": plan.average is not None,
             "task": data.task.model_dump(mode="json"),
             "given": [(list(one.shape[1:]), str(one.dtype)) for one in (data.inputs, data.targets)],
             "torch": torch.__version__, "compiler": compiler.version(), "machine": platform.platform(),
             "code": _code(),
             "processor": [torch.backends.cpu.get_cpu_capability(), _instructions()]}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:32]


def refused(what: str) -> Problems:
    """Why steps are not compiled, or not used."""
    return Problems(Problem(where="training.turbo", what=what, fix="It trains on as before."))


def _rule(optimizer: torch.optim.Optimizer) -> Rule:
    found = turbo_rules.rule(optimizer)
    if found is None:
        raise refused(f"Its optimizer, {type(optimizer).__name__}, goes its own way through a step.")
    return found


@cache
def _instructions() -> str:
    """A word for what this processor can do: code made for another may not run on it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else [platform.processor()]
    return next((line for line in lines if line.startswith(("flags", "Features"))), lines[0])


@cache
def _code() -> str:
    """A word for the code that decides what is compiled."""
    engine, code = Path(__file__).parent, hashlib.sha256()
    for path in sorted(path for folder in (engine, engine.parent / "catalog")
                       for path in folder.rglob("*") if path.suffix in (".py", ".h")):
        code.update(path.read_bytes())
    return code.hexdigest()

