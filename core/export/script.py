"""A run as a Python script that stands alone, proved by running it and comparing its first losses."""

from pathlib import Path

from core.engine.modules import OWN
from core.engine.rhythm import due
from core.engine.trainer import Trainer, shuffle
from core.events import Started, StepsRecorded
from core.experiment.replay import History, history
from core.experiment.source import source
from core.export.place import put
from core.export.proof import of_script
from core.export.subject import Proof, Subject

FIRST = 20
"""How many losses are compared."""
_ENGINE = OWN | {"shuffle": shuffle, "due": due}


def export(subject: Subject, path: Path) -> Proof:
    """Write the script to `path`, run it, and compare. Raises Problems.

    A draft, and a run that has not told its first losses yet, is compared with the engine's own.
    """
    if subject.losses and any(isinstance(event, Started) for event in subject.events):
        told, losses, whose = history(subject.events), list(subject.losses[:FIRST]), "the run's"
    else:
        told, losses, whose = _tried(subject)
    put(path, text(subject, told))
    return of_script(path, losses, whose)


def text(subject: Subject, told: History) -> str:
    """The script."""
    return source(subject.experiment, told, _ENGINE)


def _tried(subject: Subject) -> tuple[History, list[float], str]:
    """The first steps of a run nobody keeps: what was chosen for it, and its losses."""
    trainer = Trainer(subject.experiment)
    events = trainer.start()
    while trainer.step < FIRST and not trainer.over:
        events += trainer.advance(FIRST - trainer.step, 1.0)
    losses = [loss for event in events if isinstance(event, StepsRecorded) for loss in event.losses]
    return history(event for event in events if isinstance(event, Started)), losses, "the engine's"
