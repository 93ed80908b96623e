"""Cost: what a network computes and holds in memory while it trains, known before it does."""

from typing import NamedTuple

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
    return {node.id: Cost(walked.layers[node.id].flops(*walked.shapes_into(node.id)),
                          _memory(node, walked, batch, kept))
            for node in experiment.network.nodes if node.id in walked.parameters}


def _memory(node: Node, walked: Walk, batch: int, kept: int) -> Memory:
    weights = NUMBER * walked.parameters[node.id]
    learned = 0 if node.frozen else weights
    return Memory(weights, COPIES * weights, learned, kept * learned,
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
