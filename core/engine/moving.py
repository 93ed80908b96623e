"""How the weights of several networks are moved side by side, by the rules of torch's own optimizers."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from core.engine import turbo_rules
from core.engine.build import resolved
from core.engine.fast import unhooked
from core.engine.trainer import Trainer


class Moving(Protocol):
    """Moves weights that lie as (members, numbers), each member's with its own learning rate."""

    def update(self, weights: Tensor, slopes: Tensor, rates: Tensor, going: list[bool]) -> None:
        """One update of all that are still going. weights, slopes: (members, numbers); rates: (members,)"""
        ...

    def keep(self, places: Tensor) -> None:
        """Go on with the members at these places alone."""
        ...

    def forget(self) -> None:
        """Be as before the first update."""
        ...

    def hand_over(self, members: Sequence[Trainer]) -> None:
        """Have these members' own optimizers remember what is remembered of their weights here."""
        ...


def moving(members: Sequence[Trainer], weights: Tensor) -> Moving:
    """The way that suits the rule of these members, which is the same for all."""
    first = members[0]
    parts = first.experiment.training.optimizer.parts()
    rule = turbo_rules.rule(first.optimizers[0]) if len(parts) == len(first.optimizers) == 1 else None
    return _Apart(members) if rule is None or rule.matrices else _Together(first, weights)


class _Together:
    """One optimizer for all members, of a rule that treats each number by itself.

    What such a rule adds to a weight is in proportion to the learning rate. So it is told a rate of 1 and
    moves zeros: that gives the direction of each weight, and every member goes there at its own rate.
    """

    def __init__(self, first: Trainer, weights: Tensor) -> None:
        (part,) = first.experiment.training.optimizer.parts()
        group = first.optimizers[0].param_groups[0]
        self._decay: float = group.get("weight_decay", 0.0)
        self._decoupled = bool(group.get("decoupled_weight_decay"))
        calm = {"lr": 1.0} | ({"weight_decay": 0.0} if "weight_decay" in part.call.kwargs else {})
        self._direction = nn.Parameter(torch.zeros_like(weights))
        self._optimizer = resolved(part.call)([self._direction], **part.call.kwargs | calm)
        self._optimizer.param_groups[0]["weight_decay"] = 0.0
        self._step = unhooked(self._optimizer)

    def update(self, weights: Tensor, slopes: Tensor, rates: Tensor, going: list[bool]) -> None:
        each = rates[:, None]
        if self._decay and self._decoupled:
            weights.mul_(1 - each * self._decay)
        elif self._decay:
            slopes = slopes.add(weights, alpha=self._decay)
        self._direction.data.zero_()
        self._direction.grad = slopes
        self._step()
        weights.addcmul_(self._direction.data, each)

    def keep(self, places: Tensor) -> None:
        self._direction.data = self._direction.data[places]
        memory = self._optimizer.state[self._direction]
        for name, held in memory.items():
            if held.ndim == 2:
                memory[name] = held[places]

    def forget(self) -> None:
        self._optimizer.state.clear()

    def hand_over(self, members: Sequence[Trainer]) -> None:
        memory = self._optimizer.state[self._direction]
        for row, member in enumerate(members):
            (optimizer,) = member.optimizers
            learned: list[Tensor] = optimizer.param_groups[0]["params"]
            parts = {name: held[row].split([one.numel() for one in learned])
                     for name, held in memory.items() if held.ndim == 2}
            for place, one in enumerate(learned):
                optimizer.state[one] = {name: parts[name][place].view_as(one).clone() if name in parts
                                        else held.clone() for name, held in memory.items()}


class _Apart:
    """Each member's own optimizers, for rules that look at whole matrices."""

    def __init__(self, members: Sequence[Trainer]) -> None:
        self._members = list(members)

    def update(self, weights: Tensor, slopes: Tensor, rates: Tensor, going: list[bool]) -> None:
        each = zip(self._members, slopes.unbind(), rates.tolist(), going, strict=True)
        for member, slope, rate, goes in each:
            if goes:
                _update(member, slope, rate)

    def keep(self, places: Tensor) -> None:
        self._members = [self._members[place] for place in places.tolist()]

    def forget(self) -> None:
        for member in self._members:
            for optimizer in member.optimizers:
                optimizer.state.clear()

    def hand_over(self, members: Sequence[Trainer]) -> None:
        """They remember it already."""


def _update(member: Trainer, slope: Tensor, rate: float) -> None:
    """One update of a network whose weights lie one after the other. slope: (numbers,)"""
    learned = [one for one in member.network.parameters() if one.requires_grad]
    for one, part in zip(learned, slope.split([one.numel() for one in learned]), strict=True):
        one.grad = part.view_as(one)
    for optimizer in member.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
