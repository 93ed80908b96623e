"""Past: what a run told and kept before its process was gone, and how another goes on from there."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from core import events
from core.events import (
    Changed,
    Continued,
    Event,
    Marked,
    Repinned,
    Started,
    StepsRecorded,
    TurboChanged,
    Validated,
    WeightEdited,
)
from core.store.reader import Reader

if TYPE_CHECKING:
    from core.engine.checkpoint import Checkpoint, Checkpoints
    from core.engine.device import Pins
    from core.engine.trainer import Trainer

Steer = Changed | WeightEdited | Repinned | TurboChanged
"""What was done to a run under way that decides its numbers."""


def steers(event: Event) -> TypeGuard[Steer]:
    """Whether an event is of something done to the run; of compiled steps, when they were taken into use."""
    if isinstance(event, TurboChanged):
        return event.state == "on"
    return isinstance(event, Changed | WeightEdited | Repinned)


class Past(NamedTuple):
    """A run that began before, and where it can go on."""

    started: Started
    checkpoint: "Checkpoint | None"
    useless: list[int]
    """The steps of checkpoints that were damaged, or are ahead of what was stored."""
    told: list[Event]
    """What the run told after that checkpoint; all it told when there is none."""
    pictures: list[int]
    """The steps of moments that can be looked at."""
    marked: list[int]
    """The steps of those that a person marked."""

    def pins(self) -> "Pins | None":
        """Where it trained; None when this machine does not have that device any more."""
        from core.engine.device import Pins, found

        threads = self.checkpoint.key["threads"] if self.checkpoint else self.started.threads
        pins = Pins(self.started.device, threads, self.started.precision, self.started.layout)
        return pins if pins.device in found() else None

    def restore(self, trainer: "Trainer") -> "Again":
        """Put a new trainer where the run can go on, and say what it will then tell again."""
        from core.engine.exactness import doubt, key

        why = turbo = ""
        if self.checkpoint is not None:
            trainer.restore(self.checkpoint.state)
            why = doubt(self.checkpoint.key, key(trainer))
            turbo = self.checkpoint.state.get("turbo", "")  # a version before kept no such name
        again = Again(trainer.step, self.told, self.started, anew=self.checkpoint is None, turbo=turbo)
        if why:
            again.doubt(why)
        return again

    def stale(self, kept: list[int]) -> list[int]:
        """Pictures of moments that can be gone on from no longer; the very first needs no checkpoint."""
        return [step for step in self.pictures[1:] if step not in kept]


def past(folder: Path, checkpoints: "Checkpoints") -> Past | None:
    """What a run left behind; None when it never told that it started."""
    with closing(Reader(folder)) as reader:
        said = [event for _, event in reader.events(points=False)]
        started = next((event for event in said if isinstance(event, Started)), None)
        if started is None:
            return None
        found, useless = checkpoints.newest(reader.last_number())
        told = [event for _, event in reader.events(found.mark if found else 0)]
        marked = [event.step for event in said if isinstance(event, Marked)]
        return Past(started, found, useless, told, reader.moments(), marked)


class Again:
    """What a run told before, past the step where it goes on: it comes again, and must be the same.

    It is not stored a second time. Changes made by hand are made again at their steps.
    """

    def __init__(self, step: int, told: list[Event], started: Started, *, anew: bool = False,
                 turbo: str = "") -> None:
        """anew: it begins again. turbo: the name of the compiled steps in use where it goes on."""
        self.anew, self.turbo = anew, turbo
        self.step = step
        self.why = ""
        """Why it cannot be promised that everything comes out the same."""
        self._started = started
        self._changes = [event for event in told if steers(event)]
        self._judged = {event.step: event for event in told if isinstance(event, Validated)}
        self._losses = {at: loss for event in told if isinstance(event, StepsRecorded)
                        for _, at, loss in event.points()}
        self._until = max([step, *self._losses, *self._judged, *(change.step for change in self._changes)])

    def next(self, step: int) -> int | None:
        """The step to go to from `step`, where something is to be changed; None when all has come again."""
        halts = [self._until, *(change.step for change in self._changes)]
        return min((halt for halt in halts if halt > step), default=None)

    def changes(self, step: int) -> list[Steer]:
        """What was changed after this step, in order."""
        return [change for change in self._changes if change.step == step]

    def new(self, event: Event) -> Event | None:
        """What of an event was not told before; a difference from what was is remembered."""
        match event:
            case Started():
                self._compare("the start", self._started, event)
                return None
            case StepsRecorded():
                return self._new_steps(event)
            case Validated() if event.step in self._judged:
                self._compare(f"the validation at step {event.step}", self._judged[event.step], event)
                return None
            case _:
                return event

    def continued(self, step: int) -> Continued:
        """How it went on, to be told when all has come again, at `step`."""
        return Continued(step=self.step, again=step - self.step, exact=not self.why, why=self.why)

    def doubt(self, why: str) -> None:
        """Take note of why it cannot be promised to come out the same."""
        self.why = self.why or f"Not exact: {why}."

    def _new_steps(self, event: StepsRecorded) -> Event | None:
        new: dict[int, float] = {}
        for step, loss in zip(event.steps, event.losses, strict=True):
            if step not in self._losses:
                new[step] = loss
            elif loss != self._losses[step]:
                before = self._losses[step]
                self.doubt(f"the loss of step {step} was {before!r} and came again as {loss!r}")
        return StepsRecorded(steps=tuple(new), losses=tuple(new.values())) if new else None

    def _compare(self, what: str, before: Event, now: Event) -> None:
        if events.write(before) != events.write(now):
            self.doubt(f"{what} did not come out the same again")
