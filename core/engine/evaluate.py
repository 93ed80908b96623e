"""Scores of a network on a split, in the unit of the data."""

import numpy as np
import torch
from torch import Tensor, nn

from core.catalog.base import Loss
from core.catalog.metrics import metrics
from core.engine.build import Net
from core.engine.data import Split

LARGEST_BATCH = 1024


def outputs(net: Net, inputs: Tensor) -> Tensor:
    """The network's outputs without dropout and with remembered statistics. Result: (samples, outputs)."""
    parts = [part for part in net.modules() if part.training]
    _set(parts, training=False)
    with torch.inference_mode():
        batches = [net(batch) for batch in inputs.split(LARGEST_BATCH)]
    _set(parts, training=True)
    return batches[0] if len(batches) == 1 else torch.cat(batches)


def _set(parts: list[nn.Module], *, training: bool) -> None:
    """As torch's `train`, but past its looking at what is assigned, which takes as long as judging."""
    for part in parts:
        part.__dict__["training"] = training


def scores(net: Net, split: Split, name: str, loss_of: nn.Module, one_hot: bool) -> dict[str, float]:
    """`loss` and every metric that applies, on the split `name`."""
    inputs, targets, true = split.judged(name)
    with torch.inference_mode():
        put_out = outputs(net, inputs)
        found = {"loss": float(loss_of(put_out, encoded(targets, split, one_hot)))}
    predicted = unscaled(put_out.float().cpu().numpy(), split)
    return found | {metric.kind: metric.value(predicted, true) for metric in metrics(split.task)}


def encoded(targets: Tensor, split: Split, one_hot: bool) -> Tensor:
    """Targets as the loss reads them: class numbers, rows of 0 and 1, or values."""
    if split.task.kind == "classification" and one_hot:
        return nn.functional.one_hot(targets, len(split.task.classes)).float()
    return targets


def unscaled(predicted: np.ndarray, split: Split) -> np.ndarray:
    """Outputs in the unit of the data: scores as they are, values scaled back. (samples, *outputs)"""
    if split.task.kind not in ("regression", "forecast"):
        return predicted
    with np.errstate(over="ignore"):  # a run about to diverge
        return predicted[:, :split.task.outputs] * split.scaling.target_std + split.scaling.target_mean


def shares(put_out: Tensor, loss: Loss) -> Tensor:
    """Outputs read as the share of each class, from 0 to 1, summing to 1. (samples, ..., classes)"""
    match loss.shares:
        case "softmax":
            return put_out.softmax(-1)
        case "sigmoid":
            each = put_out.sigmoid()
        case "clamp":
            each = put_out.clamp(0, 1)
    return each / each.sum(-1, keepdim=True).clamp_min(1e-9)
