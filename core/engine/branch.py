"""Branch: a run that goes on from a moment of another, with anything changed."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.engine.build import Net, network, optimizers
from core.engine.memory import give, remembered
from core.engine.trainer import Trainer
from core.experiment.changing import course, refuse_nothing_left
from core.experiment.model import Experiment, read


class Carried(NamedTuple):
    """What a branch could take along."""

    fresh: tuple[str, ...]
    """The nodes whose weights begin anew, because there were none of their shape."""
    memory: bool
    """Whether the optimizer goes on with all it remembered of the carried weights."""
    same_course: bool
    """Whether the same batches go on; otherwise the epoch under way began anew."""


def take_over(trainer: Trainer, state: dict[str, Any]) -> Carried:
    """Have a new trainer go on from what `Trainer.state` told of another, as far as it fits.

    Weights are carried by the node's id and their shape. Raises Problems when nothing is left to train.
    """
    before = read(state["experiment"])
    refuse_nothing_left(trainer.experiment, state["epoch"])
    fresh = _carry_weights(trainer.network, state["network"])
    memory = _carry_memory(trainer, before, state["optimizers"])
    same = course(before) == course(trainer.experiment)
    trainer.go_on(state, same_course=same)
    return Carried(fresh, memory, same)


def _carry_weights(net: Net, held: dict[str, Tensor]) -> tuple[str, ...]:
    fresh: list[str] = []
    with torch.no_grad():
        for name, tensor in net.tensors().items():
            other = held.get(name)
            if other is not None and other.shape == tensor.shape:
                tensor.copy_(other)
            elif (node := name.partition(".")[0]) not in fresh:
                fresh.append(node)
    return tuple(fresh)


def _carry_memory(trainer: Trainer, before: Experiment, held: list[dict[str, Any]]) -> bool:
    """Give every carried weight what the same rule remembered of it; whether every rule is the same."""
    with torch.random.fork_rng(devices=[]):
        net = network(before)
    rules = optimizers(before.training.optimizer, net)
    for rule, told in zip(rules, held, strict=True):
        rule.load_state_dict({"state": told["state"], "param_groups": rule.state_dict()["param_groups"]})
    return give(trainer.optimizers, trainer.network, remembered(rules, net),
                whole=trainer.experiment.training.optimizer.closure)
