"""A run as a Python script that stands alone, proved by running it and comparing its first losses."""

from pathlib import Path

from core.engine.beginning import shuffle
from core.engine.device import found
from core.engine.modules import OWN
from core.engine.modules.first import initialized
from core.engine.rhythm import due
from core.engine.trainer import Trainer
from core.events import Event, Started, StepsRecorded, WeightEdited
from core.experiment.model import Experiment, read, write
from core.experiment.replay import History, history
from core.experiment.source import source
from core.export.place import put
from core.export.proof import PATIENCE, of_script
from core.export.subject import Proof, Subject

FIRST = 20
"""How many losses are compared."""
_ENGINE = OWN | {"shuffle": shuffle, "due": due, "initialized": initialized}


def export(subject: Subject, path: Path) -> Proof:
    """Write the script to `path`, run it, and compare. Raises Problems.

    A draft, and a run that has not told its first losses yet, is compared with the engine's own.
    """
    told, losses, whose = first(subject)
    put(path, text(subject, told))
    return of_script(path, losses, whose, stopped=told.stopped)


def first(subject: Subject) -> tuple[History, list[float], str]:
    """What there is to repeat, the losses of its first steps, and whose they are: "the run's"."""
    started = any(isinstance(event, Started) for event in subject.events)
    if subject.losses and started:
        return history(subject.events), list(subject.losses[:_steps(subject)]), "the run's"
    return _tried(subject, started)


def text(subject: Subject, told: History) -> str:
    """The script."""
    return source(subject.experiment, told, _ENGINE)


def _tried(subject: Subject, started: bool) -> tuple[History, list[float], str]:
    """The first steps of a run nobody keeps, steered as the subject's was; what it told, and its losses."""
    known = history(subject.events)
    trainer = Trainer(_pinned(subject.experiment, known) if started else subject.experiment)
    events = trainer.start()
    last = FIRST if known.stopped is None else min(FIRST, known.stopped)
    for change in known.changes:
        events += _advanced(trainer, min(change.step, last))
        if trainer.over or change.step > trainer.step:
            break
        if isinstance(change, WeightEdited):
            trainer.edit_weight(change.node, change.parameter, change.index, change.value)
        else:
            trainer.change(change.setting, change.value)
    events += _advanced(trainer, last)
    losses = [loss for event in events if isinstance(event, StepsRecorded) for loss in event.losses]
    chosen = history(event for event in events if isinstance(event, Started))
    return (known if started else chosen), losses, "the engine's"


def _advanced(trainer: Trainer, step: int) -> list[Event]:
    """What is told up to a step, or until half the time a script has is used up."""
    events: list[Event] = []
    while trainer.step < step and not trainer.over and trainer.seconds < PATIENCE / 2:
        events += trainer.advance(step - trainer.step, 1.0)
    return events


def _pinned(experiment: Experiment, known: History) -> Experiment:
    """The experiment as its run was pinned (device, threads, …), where this machine has the device."""
    if known.device not in found():
        return experiment
    raw = write(experiment)
    raw["training"] |= {"device": known.device, "threads": known.threads, "precision": known.precision,
                        "layout": known.layout or "plain"}
    return read(raw)


def _steps(subject: Subject) -> int:
    """How many steps are compared: fewer when the run's own were so slow that the script's take too long."""
    return max(1, min(FIRST, int(PATIENCE / 2 / subject.step_seconds))) if subject.step_seconds else FIRST
