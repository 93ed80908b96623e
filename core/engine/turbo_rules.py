"""Update rules as functions of tensors, for the compiled step: the same rules as torch's optimizers.

What differs from step to step, and what a person may move, comes in as numbers ("knobs") worked out
beforehand with the formulas torch uses, for several steps at once, so that nothing has to be compiled anew
for it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Group = dict[str, Any]
"""A torch optimizer's parameter group: where its settings live while it trains."""
State = dict[str, Tensor]
Numbers = npt.NDArray[np.float64]
"""One number for each of several steps: (steps,)"""
Knobs = tuple[Numbers | float, ...]
"""The numbers of several steps; one that is the same in all stands alone."""


class Rule(NamedTuple):
    """One optimizer. `update` changes no tensor: it gives the new weight, and puts new ones into `state`."""

    state: tuple[str, ...]
    """The tensors it remembers for every weight, besides the momentum some have."""
    knobs: Callable[[Group, Numbers, Numbers, float], Knobs]
    """(group, steps from 1, their rates, product of NAdam's momenta before them) -> their numbers."""
    update: Callable[[Group, Tensor, Tensor, State, Tensor], Tensor]
    """(group, weight, slope, state, knobs) -> weight. Of the group only `flags` and constants are read."""
    matrices: bool = False
    """Whether it looks at a whole matrix; the others treat each number by itself, of all weights at once."""


def rule(optimizer: torch.optim.Optimizer) -> Rule | None:
    """The rule of an optimizer; None when there is none here for it."""
    found = _RULES.get(type(optimizer).__name__)
    if found is None or _MOMENTUM in found.state or not optimizer.param_groups[0].get("momentum"):
        return found
    return found._replace(state=(*found.state, _MOMENTUM))


def flags(group: Group) -> tuple[bool, ...]:
    """What decides which operations a step consists of."""
    return tuple(bool(group.get(name)) for name in ("weight_decay", "momentum", "nesterov"))


def momentum(group: Group, steps: Numbers) -> Numbers:
    """NAdam's momentum at each step."""
    return group["betas"][0] * (1 - 0.5 * 0.96 ** (steps * group["momentum_decay"]))


def _decayed(group: Group, weight: Tensor, slope: Tensor, decay: Tensor) -> Tensor:
    return slope + decay * weight if group["weight_decay"] else slope


def _sgd_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    return rates, group["weight_decay"], group["momentum"]


def _sgd(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, share = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    if group["momentum"]:
        carried = state[_MOMENTUM] = share * state[_MOMENTUM] + slope
        slope = slope + share * carried if group["nesterov"] else carried
    return weight - rate * slope


def _moments(state: State, slope: Tensor, new1: Tensor, new2: Tensor) -> tuple[Tensor, Tensor]:
    mean, size = state["exp_avg"], state["exp_avg_sq"]
    state["exp_avg"] = mean + (slope - mean) * new1
    state["exp_avg_sq"] = size + (slope * slope - size) * new2
    return state["exp_avg"], state["exp_avg_sq"]


def _adam_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    decay, (beta1, beta2) = group["weight_decay"], group["betas"]
    apart = group.get("decoupled_weight_decay", False)
    return (rates / (1 - beta1 ** steps), 1 / np.sqrt(1 - beta2 ** steps),
            1 - rates * decay if apart else decay, 1 - beta1, 1 - beta2)


def _adam(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    size, root, decay, new1, new2 = knobs.unbind()
    if group["decoupled_weight_decay"]:
        weight = weight * decay
    else:
        slope = _decayed(group, weight, slope, decay)
    mean, spread = _moments(state, slope, new1, new2)
    return weight - size * mean / (spread.sqrt() * root + group["eps"])


def _nadam_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    beta1, beta2 = group["betas"]
    now, after = momentum(group, steps), momentum(group, steps + 1)
    products = product * now.cumprod()
    return (rates * (1 - now) / (1 - products), rates * after / (1 - products * after),
            1 / np.sqrt(1 - beta2 ** steps), group["weight_decay"], 1 - beta1, 1 - beta2)


def _nadam(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    now, after, root, decay, new1, new2 = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    mean, spread = _moments(state, slope, new1, new2)
    return weight - (now * slope + after * mean) / (spread.sqrt() * root + group["eps"])


def _radam_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    beta1, beta2 = group["betas"]
    sizes, left, longest = rates / (1 - beta1 ** steps), 1 - beta2 ** steps, 2 / (1 - beta2) - 1
    lengths = longest - 2 * steps * beta2 ** steps / left
    sure = lengths > 5
    long = np.where(sure, lengths, 5.0)
    trust = np.sqrt((long - 4) * (long - 2) * longest / ((longest - 4) * (longest - 2) * long)) * sure
    return (np.where(sure, 0.0, sizes), sizes * trust * np.sqrt(left), group["weight_decay"],
            1 - beta1, 1 - beta2)


def _radam(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    plain, scaled, decay, new1, new2 = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    mean, spread = _moments(state, slope, new1, new2)
    return weight - mean * (plain + scaled / (spread.sqrt() + group["eps"]))


def _rmsprop_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    return rates, group["weight_decay"], group["alpha"], 1 - group["alpha"], group["momentum"]


def _rmsprop(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, kept, new, share = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    state["square_avg"] = kept * state["square_avg"] + new * slope * slope
    slope = slope / (state["square_avg"].sqrt() + group["eps"])
    if group["momentum"]:
        slope = state[_MOMENTUM] = share * state[_MOMENTUM] + slope
    return weight - rate * slope


def _adagrad_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    return rates, group["weight_decay"]


def _adagrad(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    state["sum"] = state["sum"] + slope * slope
    return weight - rate * slope / (state["sum"].sqrt() + group["eps"])


def _adadelta_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    return rates, group["weight_decay"], group["rho"], 1 - group["rho"]


def _adadelta(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, kept, new = knobs.unbind()
    slope = _decayed(group, weight, slope, decay)
    state["square_avg"] = kept * state["square_avg"] + new * slope * slope
    eps, reach = group["eps"], state["acc_delta"]
    move = (reach + eps).sqrt() / (state["square_avg"] + eps).sqrt() * slope
    state["acc_delta"] = kept * reach + new * move * move
    return weight - rate * move


def _muon_knobs(group: Group, steps: Numbers, rates: Numbers, product: float) -> Knobs:
    return rates, 1 - rates * group["weight_decay"], group["momentum"], 1 - group["momentum"]


def _muon(group: Group, weight: Tensor, slope: Tensor, state: State, knobs: Tensor) -> Tensor:
    rate, decay, share, new = knobs.unbind()
    carried = state[_MOMENTUM] = state[_MOMENTUM] + (slope - state[_MOMENTUM]) * new
    wide = slope + (carried - slope) * share
    tall = weight.shape[0] > weight.shape[1]
    level = _levelled(group, wide.T if tall else wide)
    size = 0.2 * max(weight.shape) ** 0.5  # match_rms_adamw
    return weight * decay - rate * size * (level.T if tall else level)


def _levelled(group: Group, matrix: Tensor) -> Tensor:
    """A wide matrix with all its singular values near 1, by a Newton-Schulz iteration in bfloat16."""
    a, b, c = group["ns_coefficients"]
    matrix = _brief(matrix)
    matrix = _brief(matrix / _brief(matrix.square().sum().sqrt()).clamp(min=group["eps"]))
    for _ in range(group["ns_steps"]):
        gram = _brief(matrix @ matrix.T)
        turn = _brief(b * gram + c * (gram @ gram))
        matrix = _brief(a * matrix + turn @ matrix)
    return matrix


def _brief(numbers: Tensor) -> Tensor:
    """The numbers with the eight digits (of two) that bfloat16 has."""
    return numbers.bfloat16().float()


_MOMENTUM = "momentum_buffer"
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
    "Muon": Rule((_MOMENTUM,), _muon_knobs, _muon, matrices=True),
}
