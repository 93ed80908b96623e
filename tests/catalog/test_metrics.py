"""Protects the metrics: each is what scikit-learn computes under the same name."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from core.catalog.base import IGNORED, TOKENS, Metric, Task
from core.catalog.metrics import METRICS, confusion, metrics
from core.shapes import tokens

CLASSES = Task(kind="classification", outputs=5, classes=tuple("abcde"))
VALUE = Task(kind="regression", outputs=1)
LABELS = Task(kind="multi_label", outputs=3, classes=("a", "b", "c"))
TEXT = Task(kind="next_token", outputs=5, classes=tuple("abcde"), shape=tokens(7, 5))
PAIRS = TEXT.model_copy(update={"kind": "sequence_to_sequence"})


def judged(outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return outputs[targets >= 0], targets[targets >= 0]


def bits(outputs: np.ndarray, targets: np.ndarray) -> float:
    scores, true = judged(outputs.astype(np.float64), targets)
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return sklearn.log_loss(true, shares, labels=range(5)) / np.log(2)


def exact(outputs: np.ndarray, targets: np.ndarray) -> float:
    pairs = zip(outputs.argmax(-1), targets, strict=True)
    return float(np.mean([all(said == true for said, true in zip(*pair, strict=True) if true >= 0)
                          for pair in pairs]))


ORACLES = {
    "bits": bits, "exact": exact,
    "labels": lambda outputs, targets: sklearn.accuracy_score(targets.ravel(), outputs.ravel() > 0),
    "accuracy": lambda outputs, targets: sklearn.accuracy_score(targets, outputs.argmax(1)),
    "top_k": lambda outputs, targets: sklearn.top_k_accuracy_score(targets, outputs, k=3, labels=range(5)),
    "f1": lambda outputs, targets: sklearn.f1_score(targets, outputs.argmax(1), average="macro"),
    "rmse": lambda outputs, targets: sklearn.root_mean_squared_error(targets, outputs),
    "mae": lambda outputs, targets: sklearn.mean_absolute_error(targets, outputs),
    "r2": lambda outputs, targets: sklearn.r2_score(targets, outputs),
}


def answers(task: Task, seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    if task.kind == "multi_label":
        true = rng.integers(0, 2, (count, 3)).astype(np.float32)
        return rng.normal(size=(count, 3)).astype(np.float32), true
    if task.shape:
        known = rng.integers(0, 5, (count, 7))
        known[:, 5:] = IGNORED
        outputs = rng.normal(size=(count, 7, 5)).astype(np.float32)
        often_right = 3 * (rng.random((count, 1, 1)) < 0.5) * np.eye(5, dtype=np.float32)[known.clip(0)]
        return outputs + often_right, known
    outputs = rng.normal(size=(count, task.outputs)).astype(np.float32)
    if task.classes:
        return outputs, rng.integers(0, task.outputs, count)
    return outputs, (outputs + rng.normal(size=outputs.shape)).astype(np.float32)


def task_of(entry: type[Metric]) -> Task:
    return next(task for task in (CLASSES, VALUE, LABELS, TEXT, PAIRS) if task.kind in entry.tasks)


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name())
@pytest.mark.parametrize("seed", range(3))
def test_a_metric_is_scikit_learns(entry, seed):
    task = task_of(entry)
    outputs, targets = answers(task, seed)
    assert entry(kind=entry.name()).value(outputs,
                                          targets) == pytest.approx(ORACLES[entry.name()](outputs, targets))


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name())
def test_a_perfect_answer_scores_best(entry):
    task = task_of(entry)
    outputs, targets = answers(task, 0)
    perfect = {"multi_label": 2 * targets - 1}.get(task.kind, targets)
    if task.kind in ("classification", *TOKENS):
        perfect = 100 * np.eye(5, dtype=np.float32)[targets.clip(0)]
    metric = entry(kind=entry.name())
    best, other = metric.value(perfect, targets), metric.value(outputs, targets)
    assert best > other if entry.higher_is_better else best < other
    assert best == (1 if entry.higher_is_better else 0)


def test_steps_that_are_not_judged_change_nothing():
    outputs, targets = answers(TEXT, 0)
    other = outputs.copy()
    other[targets < 0] = 99
    for metric in (*metrics(TEXT), *metrics(PAIRS)):
        assert metric.value(outputs, targets) == metric.value(other, targets)


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name())
def test_answers_that_are_no_numbers_never_break_a_metric(entry):
    task = task_of(entry)
    outputs, targets = answers(task, 0)
    for broken in (np.nan, np.inf, -np.inf, 3e38):
        value = entry(kind=entry.name()).value(np.full_like(outputs, broken), targets)
        assert isinstance(value, float)


def test_a_target_without_spread_has_no_r2():
    (entry,) = (entry for entry in METRICS if entry.name() == "r2")
    assert np.isnan(entry(kind="r2").value(np.zeros((4, 1), np.float32), np.ones((4, 1), np.float32)))


def test_the_confusion_table_is_scikit_learns():
    outputs, targets = answers(CLASSES, 0)
    table = confusion(outputs, targets)
    assert np.array_equal(table, sklearn.confusion_matrix(targets, outputs.argmax(1), labels=range(5)))
    assert table.sum() == len(targets)


def test_every_task_has_a_metric_to_compare_runs_by():
    two = Task(kind="classification", outputs=2, classes=("a", "b"))
    assert [metric.kind for metric in metrics(CLASSES)] == ["accuracy", "top_k", "f1"]
    assert [metric.kind for metric in metrics(two)] == ["accuracy", "f1"]
    assert [metric.kind for metric in metrics(VALUE)] == ["rmse", "mae", "r2"]
    assert [metric.kind for metric in metrics(TEXT)] == ["bits", "accuracy"]
    assert [metric.kind for metric in metrics(PAIRS)] == ["exact", "accuracy"]
    assert [metric.kind for metric in metrics(LABELS)] == ["labels"]
