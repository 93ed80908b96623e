"""What optimizers remember of each parameter, by its name, to be given to others of the same rule."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from core.catalog.base import Late
from core.catalog.optimizers import OPTIMIZERS
from core.engine.build import Net, resolved


class Known(NamedTuple):
    """What a rule remembers of one parameter."""

    shape: torch.Size
    memory: dict[str, Any]


class Held(NamedTuple):
    """What a rule remembers."""

    parameters: list[tuple[str, torch.Size]]
    """All that it moves, in order: their names and shapes."""
    known: dict[str, Known]
    """By the parameter's name."""


_LATE: dict[type, tuple[Late, ...]] = {
    resolved(part.call): part.late
    for entry in OPTIMIZERS for part in entry.model_validate({}).parts() if part.late}
Memory = dict[type, Held]
"""By the rule."""


def remembered(rules: list[Optimizer], net: Net) -> Memory:
    """What the optimizers of a network remember; tensors as they are, without copies."""
    names = _names(net)
    return {type(rule): Held(_moved(rule, names), {
        names[id(one)]: Known(one.shape, rule.state[one])
        for one in _parameters(rule) if rule.state.get(one)}) for rule in rules}


def give(rules: list[Optimizer], net: Net, memory: Memory, *, whole: bool) -> bool:
    """Have optimizers go on with what the same rules remembered of parameters of the same name and shape.

    whole: their memory is of all parameters together, of use only to the very same ones. Returns whether
    every rule was known.
    """
    names = _names(net)
    for rule in rules:
        before = memory.get(type(rule), Held([], {}))
        known = before.known
        kept = {place: known[names[id(one)]].memory for place, one in enumerate(_parameters(rule))
                if names[id(one)] in known and known[names[id(one)]].shape == one.shape}
        if whole and before.parameters != _moved(rule, names):
            kept = {}
        rule.load_state_dict({"state": kept, "param_groups": rule.state_dict()["param_groups"]})
    complete(rules)
    return all(type(rule) in memory for rule in rules)


def complete(rules: list[Optimizer]) -> None:
    """Have rules remember all that they need, also what torch makes room for at their first step only."""
    for rule in rules:
        for late in _LATE.get(type(rule), ()):
            for state in rule.state.values() if rule.param_groups[0][late.setting] else ():
                state.setdefault(late.buffer, torch.zeros_like(state[late.like]))


def _moved(rule: Optimizer, names: dict[int, str]) -> list[tuple[str, torch.Size]]:
    return [(names[id(one)], one.shape) for one in _parameters(rule)]


def _parameters(rule: Optimizer) -> list[Tensor]:
    return [parameter for group in rule.param_groups for parameter in group["params"]]


def _names(net: Net) -> dict[int, str]:
    return {id(tensor): name for name, tensor in net.learned().items()}
