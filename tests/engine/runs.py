"""Runs pulled to their end in different ways, and what two runs are compared by."""

from typing import Any

import torch

from core import events
from core.engine.build import Net
from core.engine.trainer import Trainer
from core.events import Event, StepsRecorded
from core.experiment.model import Experiment

TIMES = {"seconds"}


def pulled(experiment: Experiment, steps: int = 1_000_000, seconds: float = 60.0) -> list[Event]:
    """Every event of a run, taken `steps` steps at a time."""
    trainer = Trainer(experiment)
    told = trainer.start()
    while not trainer.over:
        told += trainer.advance(steps, seconds)
    return told


def history(told: list[Event]) -> list[Any]:
    """What a run told, without its times, and with recorded steps joined however they were told."""
    joined: list[Any] = []
    for event in told:
        if isinstance(event, StepsRecorded):
            joined += [("step", *point) for point in event.points()]
        else:
            joined.append((event.type, events.write(event.model_copy(update=dict.fromkeys(
                TIMES & {*type(event).model_fields}, 0.0)))))
    return joined


def weights(net: Net) -> dict[str, torch.Tensor]:
    """A copy of every parameter and buffer."""
    return {name: tensor.detach().clone() for name, tensor in net.tensors().items()}


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    """Whether two networks hold the same numbers, bit by bit (what is no number is equal to itself)."""
    return left.keys() == right.keys() and all(
        torch.equal(left[name].nan_to_num(7.5), right[name].nan_to_num(7.5)) for name in left)
