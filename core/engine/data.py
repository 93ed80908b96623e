"""Data set -> resident tensors: made, split under its seed, scaled with figures of the train split only."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.catalog.base import Dataset, Samples, Task
from core.experiment.check import data_problems
from core.problems import Problems

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Scaling:
    """What is taken off and divided by, fitted on the train split; zeros and ones when nothing is scaled."""

    mean: np.ndarray
    std: np.ndarray
    target_mean: float = 0.0
    target_std: float = 1.0


class Judged(NamedTuple):
    """The samples of one split."""

    inputs: Tensor
    targets: Tensor
    true: np.ndarray
    """The targets as the data has them: not scaled, on the processor."""


@dataclass(frozen=True)
class Split:
    """A data set ready for training.

    inputs: (samples, *shape) float32, scaled, or int64 tokens. targets: (samples,) int64 classes,
    (samples, steps) int64 tokens, or (samples, *sizes) float32, scaled.
    rows: which samples each split holds. samples: the data as it was made.
    """

    inputs: Tensor
    targets: Tensor
    rows: dict[str, Tensor]
    samples: Samples
    scaling: Scaling
    task: Task
    data_hash: str

    def part(self, split: str) -> tuple[Tensor, Tensor]:
        """Inputs and targets of one split."""
        rows = self.rows[split]
        return self.inputs[rows], self.targets[rows]

    def judged(self, split: str) -> Judged:
        """One split as it is judged by again and again, gathered once."""
        if split not in self._judged:
            true = self.samples.targets[self.rows[split].cpu().numpy()]
            self._judged[split] = Judged(*self.part(split), true)
        return self._judged[split]

    @cached_property
    def _judged(self) -> dict[str, Judged]:
        return {}

    def split_of(self, sample: int) -> str:
        """Which split a sample is in; `unused` when it was left out of training."""
        return next((name for name, rows in self.rows.items() if bool((rows == sample).any())), "unused")


def split(data: Dataset, device: str = "cpu", rows: dict[str, np.ndarray] | None = None) -> Split:
    """The data set as tensors on a device.

    rows: the row numbers of each split, for whoever brings splits of their own (cross-validation); by
    default they are drawn under the data's seed. Raises Problems when the data cannot be split as it asks.
    """
    wrong = data_problems(data)
    if wrong and rows is None:
        raise Problems(*wrong)
    samples = data.make()
    rows = rows or _rows(data, samples.targets)
    scaling = _scaling(data, samples, rows["train"])
    targets = samples.targets
    if data.task.kind == "regression":
        targets = ((targets - scaling.target_mean) / scaling.target_std).astype(np.float32)
    inputs = samples.inputs
    if data.scaled:
        inputs = ((inputs - scaling.mean) / scaling.std).astype(np.float32)
    digest = hashlib.sha256(samples.inputs.tobytes() + samples.targets.tobytes()).hexdigest()
    return Split(torch.from_numpy(np.ascontiguousarray(inputs)).to(device),
                 torch.from_numpy(targets).to(device),
                 {name: torch.from_numpy(index).to(device) for name, index in rows.items()},
                 samples, scaling, data.task, digest)


def _rows(data: Dataset, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Row numbers of the three splits: in order of time where the data has one, else drawn under its seed,
    with classes in equal shares (stratified). Of the train split the last, or the first drawn, are used."""
    sizes, everything = data.sizes(), np.arange(len(targets))
    if data.ordered:
        end = len(targets) - sizes.validation - sizes.test
        train, validation, test = np.split(everything, [end, end + sizes.validation])
        return {"train": train[-sizes.train:], "validation": validation, "test": test}
    from sklearn.model_selection import train_test_split

    classes = targets if data.task.kind == "classification" else None
    rest, test = train_test_split(everything, test_size=sizes.test, random_state=data.seed, stratify=classes)
    left = classes[rest] if classes is not None else None
    train, validation = train_test_split(rest, test_size=sizes.validation, random_state=data.seed,
                                         stratify=left)
    return {"train": np.asarray(train)[:sizes.train], "validation": np.asarray(validation),
            "test": np.asarray(test)}


def _scaling(data: Dataset, samples: Samples, train: np.ndarray) -> Scaling:
    if not data.scaled:
        return Scaling(np.zeros(1, np.float32), np.ones(1, np.float32))
    inputs, targets = samples.inputs[train], samples.targets[train]
    std = inputs.std(0)
    scaled = Scaling(inputs.mean(0), np.where(std > 0, std, 1).astype(np.float32))
    if data.task.kind == "classification":
        return scaled
    return Scaling(scaled.mean, scaled.std, float(targets.mean()), float(targets.std()) or 1.0)
