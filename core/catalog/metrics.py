"""Metrics: figures a person can read, computed on a whole split. Confusion is a table, not a figure."""

from functools import cache
from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import TOKENS, VALUES, Metric, Recipe, Task, TaskKind
from core.catalog.fields import whole


def accuracy(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of the judged places (a negative target is none) whose highest score is the true class."""
    return float((outputs.argmax(-1) == targets)[targets >= 0].mean())


def exact(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of the sequences whose every judged step is right.

    Each step is told the true steps before it. Writing freely, a network that always takes the likeliest
    token gets the same sequences right: up to its first mistake it has told itself the truth.
    """
    return float(((outputs.argmax(-1) == targets) | (targets < 0)).all(1).mean())


def bits(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Mean of the bits it takes to tell the true token to someone who knows the predicted shares."""
    top = outputs.max(-1)
    with np.errstate(invalid="ignore"):  # a run about to diverge
        spread = np.log(np.exp(outputs - top[..., None]).sum(-1)) + top
    true = np.take_along_axis(outputs, targets.clip(0)[..., None], -1)[..., 0]
    return float((spread - true)[targets >= 0].mean() / np.log(2))


def labels(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of all labels that are told right, a score above 0 meaning yes."""
    return float(((outputs > 0) == (targets > 0.5)).mean())


def top_k(outputs: np.ndarray, targets: np.ndarray, k: int) -> float:
    """Share of the samples whose true class is among the k highest scores."""
    true = outputs[np.arange(len(targets)), targets]
    return float(((outputs > true[:, None]).sum(1) < k).mean())


def confusion(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """How often each true class (row) was taken for each class (column).

    outputs: (samples, classes). targets: (samples,). Result: (classes, classes) int.
    """
    classes = outputs.shape[1]
    return np.bincount(targets * classes + outputs.argmax(1), minlength=classes**2).reshape(classes, classes)


def f1(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Harmonic mean of precision and recall of each class, averaged over the classes that occur."""
    table = confusion(outputs, targets)
    right, said, are = table.diagonal(), table.sum(0), table.sum(1)
    present = said + are > 0
    return float((2 * right[present] / (said + are)[present]).mean())


def rmse(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.square(outputs.astype(np.float64) - targets).mean()))


def mae(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Mean of the absolute errors."""
    return float(np.abs(outputs.astype(np.float64) - targets).mean())


def r2(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of the target's spread that is explained."""
    spread = np.square(targets - targets.mean(0), dtype=np.float64).sum()
    missed = np.square(outputs.astype(np.float64) - targets).sum()
    return float(1 - missed / spread) if spread else float("nan")


class Bits(Metric):
    """How many bits each next token costs: 0 is knowing it for sure, each bit more doubles the doubt."""

    kind: Literal["bits"] = "bits"
    title: ClassVar[str] = "Bits per token"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("next_token",)
    higher_is_better: ClassVar[bool] = False
    unit: ClassVar[str] = "bits"

    def recipe(self) -> Recipe:
        return Recipe(bits, {})


class Exact(Metric):
    """Share of the answers that are right from the first token to the last."""

    kind: Literal["exact"] = "exact"
    title: ClassVar[str] = "Whole answers right"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("sequence_to_sequence",)
    higher_is_better: ClassVar[bool] = True

    def recipe(self) -> Recipe:
        return Recipe(exact, {})


class Labels(Metric):
    """Share of all labels that are told right, present ones and absent ones."""

    kind: Literal["labels"] = "labels"
    title: ClassVar[str] = "Labels right"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("multi_label",)
    higher_is_better: ClassVar[bool] = True

    def recipe(self) -> Recipe:
        return Recipe(labels, {})


class Accuracy(Metric):
    """Share of the samples (of text: of the tokens) whose highest score is the true class."""

    kind: Literal["accuracy"] = "accuracy"
    title: ClassVar[str] = "Accuracy"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification", *TOKENS)
    higher_is_better: ClassVar[bool] = True

    def recipe(self) -> Recipe:
        return Recipe(accuracy, {})


class TopK(Metric):
    """Share of the samples whose true class is among the k highest scores."""

    kind: Literal["top_k"] = "top_k"
    title: ClassVar[str] = "Top 3"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification",)
    higher_is_better: ClassVar[bool] = True
    k: int = whole(3, 2, 10, "How many of the highest scores count.")

    def applies(self, task: Task) -> bool:
        return super().applies(task) and task.outputs > self.k

    def recipe(self) -> Recipe:
        return Recipe(top_k, {"k": self.k})


class F1(Metric):
    """How many found ones are right and how many right ones are found, in balance, averaged over classes."""

    kind: Literal["f1"] = "f1"
    title: ClassVar[str] = "F1 (macro)"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification",)
    higher_is_better: ClassVar[bool] = True

    def recipe(self) -> Recipe:
        return Recipe(f1, {})


class RMSE(Metric):
    """Root of the mean squared error, in the unit of what is predicted."""

    kind: Literal["rmse"] = "rmse"
    title: ClassVar[str] = "RMSE"
    tasks: ClassVar[tuple[TaskKind, ...]] = VALUES
    higher_is_better: ClassVar[bool] = False
    unit: ClassVar[str] = "target"

    def recipe(self) -> Recipe:
        return Recipe(rmse, {})


class MAE(Metric):
    """Mean of the absolute errors, in the unit of what is predicted."""

    kind: Literal["mae"] = "mae"
    title: ClassVar[str] = "MAE"
    tasks: ClassVar[tuple[TaskKind, ...]] = VALUES
    higher_is_better: ClassVar[bool] = False
    unit: ClassVar[str] = "target"

    def recipe(self) -> Recipe:
        return Recipe(mae, {})


class R2(Metric):
    """Share of the target's spread that is explained: 1 is perfect, 0 as good as always saying the mean."""

    kind: Literal["r2"] = "r2"
    title: ClassVar[str] = "R²"
    tasks: ClassVar[tuple[TaskKind, ...]] = VALUES
    higher_is_better: ClassVar[bool] = True

    def recipe(self) -> Recipe:
        return Recipe(r2, {})


METRICS: tuple[type[Metric], ...] = (Bits, Exact, Labels, Accuracy, TopK, F1, RMSE, MAE, R2)
"""The first that applies to a task is the one runs are compared by."""


def metrics(task: Task) -> tuple[Metric, ...]:
    """The metrics that apply to a task, the one runs are compared by first."""
    return tuple(metric for metric in _each() if metric.applies(task))


@cache
def _each() -> tuple[Metric, ...]:
    return tuple(entry(kind=entry.name()) for entry in METRICS)


def compared(task: Task) -> Metric:
    """The metric runs of a task are compared by."""
    return metrics(task)[0]
