"""What is reached on held-out data without learning from the inputs: the figure to beat."""

from typing import Any

import numpy as np

from core.catalog.base import IGNORED, Dataset
from core.catalog.metrics import compared
from core.engine.data import Split

MOST = 256
"""Samples of the validation split it is judged on where every step of time is scored."""
_WORDS = {"classification": "Always the most frequent class",
          "multi_label": "Always the more frequent answer", "regression": "Always the mean",
          "reconstruction": "Always the mean picture",
          "forecast": "The last value stays", "next_token": "Tokens by frequency alone"}


def baseline(data: Dataset, ready: Split) -> dict[str, Any] | None:
    """What is always said, the metric, and its figure on the validation split; None where nothing teaches."""
    task = data.task
    if task.kind not in _WORDS:
        return None
    rows = ready.rows["validation"].cpu().numpy()
    rows = rows[:MOST] if task.kind == "next_token" else rows
    targets = ready.samples.targets
    if task.kind == "forecast":
        said = persistence(data, ready.samples.inputs[rows]).reshape(len(rows), -1)
    else:
        guess = _guess(data, targets[ready.rows["train"].cpu().numpy()])
        said = np.broadcast_to(guess, (len(rows), *guess.shape))
    metric = compared(task)
    return {"what": _WORDS[task.kind], "metric": metric.kind, "title": metric.title, "unit": metric.unit,
            "value": metric.value(said, targets[rows])}


def persistence(data: Dataset, inputs: np.ndarray) -> np.ndarray:
    """The last value seen, said for every step to come. inputs: (n, time, features). (n, horizon, values)"""
    last = inputs[:, -1:, list(data.foretold)]
    return np.repeat(last, data.task.outputs // last.shape[2], axis=1)


def _guess(data: Dataset, targets: np.ndarray) -> np.ndarray:
    """The one answer that is said to every sample, as a network would put it out."""
    match data.task.kind:
        case "classification":
            return np.log(_frequency(targets, data.task.outputs))
        case "next_token":
            frequency = np.log(_frequency(targets[targets != IGNORED], data.task.outputs))
            return np.broadcast_to(frequency, (*targets.shape[1:], len(frequency)))
        case "multi_label":
            return targets.mean(0) - 0.5
        case _:
            return targets.mean(0)


def _frequency(targets: np.ndarray, outputs: int) -> np.ndarray:
    counted = np.bincount(targets, minlength=outputs).astype(np.float32) + 1
    return counted / counted.sum()
