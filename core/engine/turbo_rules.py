"""Update rules as functions of tensors, for the compiled step: the same rules as torch's optimizers.

What differs from step to step, and what a person may move, comes in as numbers ("knobs") worked out in
Python with the formulas torch uses, so that nothing has to be compiled anew for it.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

Group = dict[str, Any]
"""A torch optimizer's parameter group: where its settings live while it trains."""
State = dict[str, Tensor]


class Rule(NamedTuple):
    """One optimizer. `update` changes no tensor: it gives the new weight, and puts new ones into `state`."""

    state: tuple[str, ...]
    """The tensors it remembers for every weight, besides the momentum some have."""
    knobs: Callable[[Group, int, float], tuple[float, ...]]
    """(group, step from 1, product of NAdam's momenta so far) -> the numbers of one step."""
    update: Callable[[Group, Tensor, Tensor, State, Tensor], Tensor]
    """(group, weight, slope, state, knobs) -> weight. Of the group only `flags` and constants are read."""


def rule(optimizer: torch.optim.Optimizer) -> Rule | None:
    """The rule of an optimizer; None when there is none here for it."""
    found = _RULES.get(type(optimizer).__name__)
    if found is None or not optimizer.param_groups[0].get("momentum"):
        return found
    return found._replace(state=(*found.state, "momentum_buffer"))


def flags(group: Group) -> tuple[bool, ...]:
    """What decides which operations a step consists of."""
    return tuple(bool(group.get(name)) for name in ("weight_decay", "momentum", "nesterov"))


def momentum(group: Group, step: int) -> float:
    """NAdam's momentum at a step."""
    return group["betas"][0] * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"]))


def _decayed(group: Group, weight: Tensor, slope: Tensor, decay: Tensor) -> Tensor:
    return slope + decay * weight if group["weight_decay"] else slope


def _sgd_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    return group["lr"], group["weight_decay"], group["momentum"]


def _sgd(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, share = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    if group["momentum"]:
        carried = state["momentum_buffer"] = share * state["momentum_buffer"] + slope
        slope = slope + share * carried if group["nesterov"] else carried
    return weight - rate * slope


def _moments(state: State, slope: Tensor, new1: Tensor, new2: Tensor) -> tuple[Tensor, Tensor]:
    mean, size = state["exp_avg"], state["exp_avg_sq"]
    state["exp_avg"] = mean + (slope - mean) * new1
    state["exp_avg_sq"] = size + (slope * slope - size) * new2
    return state["exp_avg"], state["exp_avg_sq"]


def _adam_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    rate, decay, (beta1, beta2) = group["lr"], group["weight_decay"], group["betas"]
    apart = group.get("decoupled_weight_decay", False)
    return (rate / (1 - beta1 ** step), 1 / math.sqrt(1 - beta2 ** step),
            1 - rate * decay if apart else decay, 1 - beta1, 1 - beta2)


def _adam(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    size, root, decay, new1, new2 = knobs.unbind()
    if group["decoupled_weight_decay"]:
        weight = weight * decay
    else:
        slope = _decayed(group, weight, slope, decay)
    mean, spread = _moments(state, slope, new1, new2)
    return weight - size * mean / (spread.sqrt() * root + group["eps"])


def _nadam_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    rate, (beta1, beta2) = group["lr"], group["betas"]
    now, after = momentum(group, step), momentum(group, step + 1)
    product *= now
    return (rate * (1 - now) / (1 - product), rate * after / (1 - product * after),
            1 / math.sqrt(1 - beta2 ** step), group["weight_decay"], 1 - beta1, 1 - beta2)


def _nadam(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    now, after, root, decay, new1, new2 = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    mean, spread = _moments(state, slope, new1, new2)
    return weight - (now * slope + after * mean) / (spread.sqrt() * root + group["eps"])


def _radam_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    rate, (beta1, beta2) = group["lr"], group["betas"]
    size, left, longest = rate / (1 - beta1 ** step), 1 - beta2 ** step, 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2 ** step / left
    trust = 0.0
    if length > 5:
        trust = math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    return (0.0 if trust else size, size * trust * math.sqrt(left), group["weight_decay"],
            1 - beta1, 1 - beta2)


def _radam(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    plain, scaled, decay, new1, new2 = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    mean, spread = _moments(state, slope, new1, new2)
    return weight - mean * (plain + scaled / (spread.sqrt() + group["eps"]))


def _rmsprop_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    return group["lr"], group["weight_decay"], group["alpha"], 1 - group["alpha"], group["momentum"]


def _rmsprop(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, kept, new, share = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    state["square_avg"] = kept * state["square_avg"] + new * slope * slope
    slope = slope / (state["square_avg"].sqrt() + group["eps"])
    if group["momentum"]:
        slope = state["momentum_buffer"] = share * state["momentum_buffer"] + slope
    return weight - rate * slope


def _adagrad_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    return group["lr"], group["weight_decay"]


def _adagrad(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    state["sum"] = state["sum"] + slope * slope
    return weight - rate * slope / (state["sum"].sqrt() + group["eps"])


def _adadelta_knobs(group: Group, step: int, product: float) -> tuple[float, ...]:
    return group["lr"], group["weight_decay"], group["rho"], 1 - group["rho"]


def _adadelta(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, kept, new = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    state["square_avg"] = kept * state["square_avg"] + new * slope * slope
    eps, reach = group["eps"], state["acc_delta"]
    move = (reach + eps).sqrt() / (state["square_avg"] + eps).sqrt() * slope
    state["acc_delta"] = kept * reach + new * move * move
    return weight - rate * move


_MOMENTS = ("exp_avg", "exp_avg_sq")
_RULES = {
    "SGD": Rule((), _sgd_knobs, _sgd),
    "Adam": Rule(_MOMENTS, _adam_knobs, _adam),
    "AdamW": Rule(_MOMENTS, _adam_knobs, _adam),
    "NAdam": Rule(_MOMENTS, _nadam_knobs, _nadam),
    "RAdam": Rule(_MOMENTS, _radam_knobs, _radam),
    "RMSprop": Rule(("square_avg",), _rmsprop_knobs, _rmsprop),
    "Adagrad": Rule(("sum",), _adagrad_knobs, _adagrad),
    "Adadelta": Rule(("square_avg", "acc_delta"), _adadelta_knobs, _adadelta),
}
