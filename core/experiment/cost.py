"""Cost: what a network computes and holds in memory while it trains, known before it does."""

from typing import Any, NamedTuple

from core.catalog.base import Dataset, Entry
from core.catalog.fields import settings
from core.catalog.schedules import Constant
from core.experiment.check import Walk, steps_per_epoch
from core.experiment.model import Experiment, Node

NUMBER = 4
"""Bytes of a float32."""
COPIES = 2
"""Copies of all weights from when they were last known to be finite, to go back to."""
STEP_SECONDS, LAYER_SECONDS, FLOPS_A_SECOND = 1.5e-4, 4e-5, 1.2e10
"""A step by itself, a layer in it there and back, and operations a second, as on one core of a usual
processor: a guess, until it is measured on the machine itself."""


class Memory(NamedTuple):
    """Bytes held while training."""

    weights: int = 0
    copies: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    """What every layer puts out for a batch, and its gradient. What layers hold inside is not counted."""
    data: int = 0
    """All samples."""

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self)


class Cost(NamedTuple):
    """What one node costs."""

    flops: int
    """Operations for one sample on its way forward: a multiplication and an addition are two."""
    memory: Memory


def costs(experiment: Experiment, walked: Walk) -> dict[str, Cost]:
    """The cost of every node whose shape is known."""
    batch = min(experiment.training.batch_size, experiment.data.sizes().train)
    kept = experiment.training.optimizer.kept()
    copies = COPIES + (experiment.training.average is not None)
    return {node.id: Cost(walked.layers[node.id].flops(*walked.shapes_into(node.id)),
                          _memory(node, walked, batch, kept, copies))
            for node in experiment.network.nodes if node.id in walked.parameters}


def _memory(node: Node, walked: Walk, batch: int, kept: int, copies: int) -> Memory:
    weights = NUMBER * walked.parameters[node.id]
    learned = 0 if node.frozen else weights
    return Memory(weights, copies * weights, learned, kept * learned,
                  2 * NUMBER * batch * walked.shapes[node.id].count)


def total(experiment: Experiment, each: dict[str, Cost]) -> Memory:
    """The memory of the whole run."""
    shape = experiment.data.shape
    size = 2 * NUMBER if shape.dtype == "integer" else NUMBER
    parts = [cost.memory for cost in each.values()]
    return Memory(sum(part.weights for part in parts), sum(part.copies for part in parts),
                  sum(part.gradients for part in parts), sum(part.optimizer for part in parts),
                  sum(part.activations for part in parts), experiment.data.count * shape.count * size)


def guessed_seconds(experiment: Experiment, each: dict[str, Cost]) -> float:
    """Seconds an epoch may take, guessed from the operations: backward takes twice as many as forward."""
    steps, train = steps_per_epoch(experiment), experiment.data.sizes().train
    passes = getattr(experiment.training.optimizer, "max_iter", 1)
    flops = 3 * sum(cost.flops for cost in each.values())
    return passes * (steps * (STEP_SECONDS + LAYER_SECONDS * len(each)) + train * flops / FLOPS_A_SECOND)


def timed_alike(experiment: Experiment) -> Experiment:
    """The same experiment without what makes no step slower or faster: name, seeds, moving settings, and what
    data is made of beside its shape and count."""
    training = experiment.training
    data = experiment.data
    for setting in settings(type(data)):
        other = data.model_copy(update={setting.name: setting.default})
        if _sized(other) == _sized(data):
            data = other
    still = {"optimizer": _unmoved(training.optimizer), "schedule": Constant(), "seed": 0, "epochs": 1,
             "regularization": _unmoved(training.regularization)}
    nodes = tuple(node.model_copy(update={"group": "", "layer": _unmoved(node.layer)})
                  for node in experiment.network.nodes)
    return experiment.model_copy(update={
        "name": "trial", "data": data, "training": training.model_copy(update=still),
        "network": experiment.network.model_copy(update={"nodes": nodes})})


def _sized(data: Dataset) -> Any:
    return data.shape, data.task, data.sizes(), data.fields


def _unmoved(entry: Entry) -> Entry:
    """The entry with all settings that can be moved while it trains at their defaults."""
    moving = {setting.name: setting.default for setting in settings(type(entry)) if setting.live}
    return entry.model_copy(update=moving)
