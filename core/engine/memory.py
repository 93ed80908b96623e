"""What optimizers remember of each parameter, by its name, to be given to others of the same rule."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from core.engine.build import Net


class Known(NamedTuple):
    """What a rule remembers of one parameter."""

    shape: torch.Size
    memory: dict[str, Any]


Memory = dict[type, dict[str, Known]]
"""By the rule, then by the parameter's name."""


def remembered(rules: list[Optimizer], net: Net) -> Memory:
    """What the optimizers of a network remember; tensors as they are, without copies."""
    names = _names(net)
    return {type(rule): {names[id(one)]: Known(one.shape, rule.state[one])
                         for one in _parameters(rule) if rule.state.get(one)} for rule in rules}


def give(rules: list[Optimizer], net: Net, memory: Memory, *, whole: bool) -> bool:
    """Have optimizers go on with what the same rules remembered of parameters of the same name and shape.

    whole: their memory is of all parameters together, of use only when all are there. Returns whether every
    rule was known.
    """
    names = _names(net)
    for rule in rules:
        known = memory.get(type(rule), {})
        kept = {place: known[names[id(one)]].memory for place, one in enumerate(_parameters(rule))
                if names[id(one)] in known and known[names[id(one)]].shape == one.shape}
        if whole and len(kept) < len(known):
            kept = {}
        rule.load_state_dict({"state": kept, "param_groups": rule.state_dict()["param_groups"]})
    return all(type(rule) in memory for rule in rules)


def _parameters(rule: Optimizer) -> list[Tensor]:
    return [parameter for group in rule.param_groups for parameter in group["params"]]


def _names(net: Net) -> dict[int, str]:
    return {id(tensor): name for name, tensor in net.learned().items()}
