"""Branch: a run that goes on from a moment of another, with anything changed."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.engine.build import Net, network, optimizers
from core.engine.trainer import Trainer
from core.experiment.model import Experiment, read
from core.problems import Problem, Problems


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
    _refuse_nothing_left(trainer.experiment, state["epoch"])
    fresh = _carry_weights(trainer.network, state["network"])
    memory = _carry_memory(trainer, before, state["optimizers"])
    same = _course(before) == _course(trainer.experiment)
    trainer.go_on(state, same_course=same)
    return Carried(fresh, memory, same)


def _refuse_nothing_left(experiment: Experiment, epoch: int) -> None:
    epochs = experiment.training.epochs
    if epochs is not None and epoch >= epochs:
        raise Problems(Problem(where="training.epochs", what=f"All {epochs} epochs are done at this moment.",
                               fix=f"Set more than {epoch} epochs to train on from it."))


def _course(experiment: Experiment) -> tuple[Any, ...]:
    training = experiment.training
    return experiment.data, training.batch_size, training.seed, training.loss


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
    past = _remembered(before, held)
    names = _names(trainer.network)
    for optimizer in trainer.optimizers:
        known = past.get(type(optimizer), {})
        kept = {place: known[names[id(one)]].memory for place, one in enumerate(_parameters(optimizer))
                if names[id(one)] in known and known[names[id(one)]].shape == one.shape}
        if trainer.experiment.training.optimizer.closure and len(kept) < len(known):
            kept = {}  # what it remembers is of all weights together
        optimizer.load_state_dict({"state": kept, "param_groups": optimizer.state_dict()["param_groups"]})
    return all(type(optimizer) in past for optimizer in trainer.optimizers)


class _Known(NamedTuple):
    shape: torch.Size
    memory: dict[str, Any]


def _remembered(before: Experiment, held: list[dict[str, Any]]) -> dict[type, dict[str, _Known]]:
    """What each rule remembered of each parameter, by its name."""
    with torch.random.fork_rng(devices=[]):
        net = network(before)
    names = _names(net)
    return {type(rule): {names[id(one)]: _Known(one.shape, told["state"][place])
                         for place, one in enumerate(_parameters(rule)) if place in told["state"]}
            for rule, told in zip(optimizers(before.training.optimizer, net), held, strict=True)}


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _names(net: Net) -> dict[int, str]:
    return {id(tensor): name for name, tensor in net.learned().items()}
