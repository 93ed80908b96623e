"""Metrics: figures a person can read, computed on a whole split. Confusion is a table, not a figure."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Metric, Recipe, Task, TaskKind
from core.catalog.fields import whole


def accuracy(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of the samples whose highest score is the true class."""
    return float((outputs.argmax(1) == targets).mean())


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


class Accuracy(Metric):
    """Share of the samples whose highest score is the true class."""

    kind: Literal["accuracy"] = "accuracy"
    title: ClassVar[str] = "Accuracy"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification",)
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
    tasks: ClassVar[tuple[TaskKind, ...]] = ("regression",)
    higher_is_better: ClassVar[bool] = False
    unit: ClassVar[str] = "target"

    def recipe(self) -> Recipe:
        return Recipe(rmse, {})


class MAE(Metric):
    """Mean of the absolute errors, in the unit of what is predicted."""

    kind: Literal["mae"] = "mae"
    title: ClassVar[str] = "MAE"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("regression",)
    higher_is_better: ClassVar[bool] = False
    unit: ClassVar[str] = "target"

    def recipe(self) -> Recipe:
        return Recipe(mae, {})


class R2(Metric):
    """Share of the target's spread that is explained: 1 is perfect, 0 as good as always saying the mean."""

    kind: Literal["r2"] = "r2"
    title: ClassVar[str] = "R²"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("regression",)
    higher_is_better: ClassVar[bool] = True

    def recipe(self) -> Recipe:
        return Recipe(r2, {})


METRICS: tuple[type[Metric], ...] = (Accuracy, TopK, F1, RMSE, MAE, R2)
"""The first that applies to a task is the one runs are compared by."""


def metrics(task: Task) -> tuple[Metric, ...]:
    """The metrics that apply to a task, the one runs are compared by first."""
    return tuple(metric for metric in (entry(kind=entry.name()) for entry in METRICS) if metric.applies(task))


def compared(task: Task) -> Metric:
    """The metric runs of a task are compared by."""
    return metrics(task)[0]
