"""What a run's figures measure: curves share an axis only where this is the same."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.experiment import model
from core.problems import Problems
from core.records import Run


class Measure(NamedTuple):
    """What the numbers of a figure are of, in words."""

    task: str
    loss: str = ""
    """Of a loss: which one; empty for a score."""


_UNKNOWN = Measure("a task this version does not know")


def measure(experiment: dict[str, Any], figure: str = "loss") -> Measure:
    """What a figure of a run measures: of a `loss`, a `validation_loss`, a `validation_accuracy`."""
    try:
        asked = model.read(experiment)
    except Problems:
        return _UNKNOWN
    task = asked.data.task
    named = Measure(task.kind.replace("_", " "))
    if figure.rpartition("_")[2] != "loss":
        return named
    loss = asked.training.loss.for_task(task)
    settings = [f"{name.replace('_', ' ')} {value}" for name, value in loss.model_dump().items()
                if value != type(loss).model_fields[name].default]
    return named._replace(loss=", ".join([loss.title, *settings]))


def said(runs: Sequence[Run]) -> str:
    """Why figures of these runs do not all share an axis, for a reader; empty when they do."""
    found = {run.id: measure(run.experiment) for run in runs}
    if len({one.task for one in found.values()}) > 1:
        named = _listed({id: one.task for id, one in found.items()})
        return (f"These runs have different tasks ({named}). The same figure means another thing "
                "in each.")
    if len(set(found.values())) > 1:
        named = _listed({id: one.loss for id, one in found.items()})
        return (f"These runs have different losses ({named}). Their numbers cannot be compared.")
    return ""


def _listed(words: dict[int, str]) -> str:
    """Runs by what they have in common: `runs 1 and 3: regression; run 2: classification`."""
    groups: dict[str, list[str]] = {}
    for id, word in words.items():
        groups.setdefault(word, []).append(str(id))
    return "; ".join(f"{'run' if len(ids) == 1 else 'runs'} {', '.join(ids)}: {word}"
                     for word, ids in groups.items())
