"""What of an experiment may be changed while it trains, and what it is after a change."""

from collections.abc import Iterable
from typing import Any

from core.events import Changed, Event
from core.experiment import edits
from core.experiment.check import check
from core.experiment.diagram import live_settings
from core.experiment.model import Experiment, Training
from core.problems import Problem, Problems, closest

FIXED = ("seed", "device", "threads", "precision", "layout")
"""Settings of training that hold from a run's first step to its last."""
PARTS = tuple(name for name in Training.model_fields if name not in FIXED)
"""Settings of training that may be changed as a whole, menus included."""


def moves(experiment: Experiment, setting: str) -> bool:
    """Whether a setting moves by itself: nothing but a number in the objects that train becomes another."""
    return any(path == setting for path, _, _ in live_settings(experiment))


def changed(experiment: Experiment, setting: str, value: Any) -> Experiment:
    """The experiment after one change. Raises Problems when it cannot be changed while it trains, or not so.

    setting: `training.batch_size`, `training.optimizer` (an entry as JSON), `training.optimizer.beta1`,
    `network.drop1.rate` where it is live, `network.hidden1.frozen`.
    """
    if not _may_change(experiment, setting):
        known = [path for path, _, _ in live_settings(experiment)] + [f"training.{part}" for part in PARTS]
        raise Problems(Problem(where=setting, what="This cannot be changed while the run trains.",
                               fix=closest(setting, known)))
    if _freezes(setting):
        if not isinstance(value, bool):
            raise Problems(Problem(where=setting, what="A layer is frozen or not.", fix="Use true or false."))
        edit = {"kind": "freeze", "nodes": [setting.split(".")[1]], "frozen": value}
    else:
        edit = {"kind": "set", "path": setting, "value": value}
    after = edits.apply(experiment, edit)
    check(after)
    _refuse_other_outputs(experiment, after)
    return after


def now(experiment: Experiment, events: Iterable[Event]) -> Experiment:
    """What an experiment has become by the changes among these events."""
    for event in events:
        if isinstance(event, Changed):
            experiment = changed(experiment, event.setting, event.value)
    return experiment


def course(experiment: Experiment) -> tuple[Any, ...]:
    """What must be equal for an epoch under way to go on, and for losses to be compared with those before."""
    training = experiment.training
    return experiment.data, training.batch_size, training.seed, training.loss


def refuse_nothing_left(experiment: Experiment, epoch: int) -> None:
    """Raises Problems when an experiment that goes on after so many epochs has nothing left to train."""
    epochs = experiment.training.epochs
    if epochs is not None and epoch >= epochs:
        raise Problems(Problem(where="training.epochs", what=f"All {epochs} epochs are done at this moment.",
                               fix=f"Set more than {epoch} epochs to train on from it."))


def _may_change(experiment: Experiment, setting: str) -> bool:
    words = setting.split(".")
    return (words[0] == "training" and words[1:2] != [] and words[1] in PARTS) or _freezes(setting) or (
        moves(experiment, setting))


def _freezes(setting: str) -> bool:
    words = setting.split(".")
    return len(words) == 3 and words[0] == "network" and words[2] == "frozen"


def _refuse_other_outputs(before: Experiment, after: Experiment) -> None:
    task, loss = before.data.task, after.training.loss
    if before.training.loss.for_task(task).outputs(task) != loss.for_task(task).outputs(task):
        raise Problems(Problem(where="training.loss",
                               what=f"{loss.title} asks the network for another number of outputs.",
                               fix="Branch from a moment of the run, or train anew."))
