"""What a run adds to its experiment: where it ran, what was changed by hand, where it was stopped."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from core.catalog.base import Call
from core.events import (
    Branched,
    Changed,
    Continued,
    Event,
    Repinned,
    Started,
    Stopped,
    TurboChanged,
    WeightEdited,
)
from core.experiment.changing import changed, course, moves
from core.experiment.check import check
from core.experiment.model import Experiment


class History(NamedTuple):
    """All it takes to repeat a run, beside its experiment."""

    device: str = "cpu"
    threads: int = 1
    precision: str = ""
    """What the network was computed in; empty when that is not known."""
    layout: str = ""
    """How pictures lay in memory; empty when that is not known."""
    changes: tuple[Changed | WeightEdited, ...] = ()
    """In the order in which they were made."""
    stopped: int | None = None
    """The step after which a person ended the run."""
    apart: tuple[str, ...] = ()
    """Why, from some step on, the run's last digits are not those of its experiment, in sentences."""


def history(events: Iterable[Event]) -> History:
    """What a run's events tell."""
    told = History()
    for event in events:
        match event:
            case Started():
                told = told._replace(device=event.device, threads=event.threads, precision=event.precision,
                                     layout=event.layout)
            case Changed() | WeightEdited():
                told = told._replace(changes=(*told.changes, event))
            case Stopped():
                told = told._replace(stopped=event.step)
            case Branched():
                said = f"The run went on from step {event.step} of run {event.run}; this begins anew."
                told = told._replace(apart=(*told.apart, said))
            case TurboChanged() if event.state == "on":
                said = f"The run took compiled steps (Turbo) from step {event.step + 1} on."
                told = told._replace(apart=(*told.apart, said))
            case Repinned():
                said = f"The run went on with {event.threads} threads from step {event.step + 1} on."
                told = told._replace(apart=(*told.apart, said))
            case Continued() if not event.exact:
                said = f"The run was interrupted, and went on in another place from step {event.step} on."
                told = told._replace(apart=(*told.apart, said))
            case _:
                pass
    return told


_BESIDE = ("training.minutes", "training.memory", "training.disk", "training.turbo")
"""Settings of what goes on beside the steps; what they brought about is told by other events."""


class Stage(NamedTuple):
    """A change, after a step, that more follows from than a number that moves."""

    step: int
    said: str
    """What was changed, in a sentence."""
    before: Experiment
    after: Experiment

    @property
    def anew(self) -> bool:
        """Whether the epoch under way begins anew."""
        return course(self.before) != course(self.after)


class Move(NamedTuple):
    """One thing a change did to the run, after a step."""

    step: int
    what: str
    """`learning_rate` or `penalty`; or a part of the run: `optimizer`, `layer`, `weight`."""
    place: tuple[str | int, ...]
    """optimizer: setting. layer: node, place in its chain, setting. weight: node, parameter, index."""
    value: Any


def steps(experiment: Experiment, changes: Iterable[Changed | WeightEdited]) -> list[Move | Stage]:
    """What the changes did, one after the other, in terms of the objects that train."""
    done: list[Move | Stage] = []
    for change in changes:
        if isinstance(change, WeightEdited):
            place = (change.node, change.parameter, *change.index)
            done.append(Move(change.step, "weight", place, change.value))
            continue
        before = experiment
        experiment = changed(before, change.setting, change.value)
        if moves(before, change.setting):
            done += [Move(change.step, *moved) for moved in _moved(before, experiment)]
        elif experiment != before and change.setting not in _BESIDE:
            done.append(Stage(change.step, _said(change), before, experiment))
    return done


_NAMED = {
    "epochs": "number of epochs", "parts": "number of parts of a batch", "clip": "clipping",
    "average": "number of steps averaged over", "keep": "choice of the weights to keep",
    "patience": "patience of early stopping", "margin": "margin of early stopping"}
"""Settings whose own name says too little in a sentence."""


def _said(change: Changed) -> str:
    root, _, what = change.setting.partition(".")
    value = " ".join(change.words().split())
    if root == "network":
        done = "frozen" if change.value else "let learn again"
        return f"After step {change.step} the layer {what.removesuffix('.frozen')} was {done} by hand."
    name = _NAMED.get(what, what.replace(".", " ").replace("_", " "))
    return f"After step {change.step} the {name} was set to {value} by hand."


def _moved(before: Experiment, after: Experiment) -> list[tuple[str, tuple[str | int, ...], Any]]:
    old, new = before.training, after.training
    found: list[tuple[str, tuple[str | int, ...], Any]] = []
    if new.optimizer.learning_rate != old.optimizer.learning_rate:
        found.append(("learning_rate", (), new.optimizer.learning_rate))
    price, penalty = old.regularization.penalty(), new.regularization.penalty()
    if penalty is not None and penalty != price:
        found.append(("penalty", (), penalty[1]))
    settings: dict[str, Any] = {}
    for left, right in zip(old.optimizer.parts(), new.optimizer.parts(), strict=True):
        settings |= _differing(left.call, right.call)
    found += [("optimizer", (name,), value) for name, value in settings.items() if name != "lr"]
    return found + _moved_layers(before, after)


def _moved_layers(before: Experiment, after: Experiment) -> list[tuple[str, tuple[str | int, ...], Any]]:
    old, new = _calls(before), _calls(after)
    return [("layer", (id, place, name), value) for id in new
            for place, (left, right) in enumerate(zip(old[id], new[id], strict=True))
            for name, value in _differing(left, right).items()]


def _calls(experiment: Experiment) -> dict[str, tuple[Call, ...]]:
    walked = check(experiment)
    return {id: layer.calls(*walked.shapes_into(id)) for id, layer in walked.layers.items()}


def _differing(left: Call, right: Call) -> dict[str, Any]:
    return {name: value for name, value in right.kwargs.items() if left.kwargs.get(name) != value}
