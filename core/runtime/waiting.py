"""Waiting: at which step a run is to wait: now, after one step more, at the end of an epoch."""

from typing import TYPE_CHECKING, assert_never

from core.events import Paused, Resumed
from core.problems import Problem, Problems
from core.records import RunState
from core.runtime import commands
from core.runtime.commands import Motion
from core.runtime.keeper import Keeper

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

_FAR = 1 << 40
"""More steps than any run takes at once."""


class Waiting:
    """Keeps the step to wait at, and says in the store when a run begins and ends to be paused."""

    def __init__(self, trainer: "Trainer", keeper: Keeper) -> None:
        self.paused = False
        """Whether it was told to be paused. A paused run still takes steps it is asked for one by one."""
        self._trainer = trainer
        self._keeper = keeper
        self._halt: int | None = None
        self._slow: int | None = None

    @property
    def now(self) -> bool:
        """Whether there is no step to take."""
        return self._halt is not None and self._trainer.step >= self._halt

    @property
    def slowly(self) -> bool:
        """Whether the step to come is to be told in slow motion."""
        return self._slow == self._trainer.step + 1

    @property
    def left(self) -> int:
        """How many steps may be taken at once."""
        here = self._trainer.step
        ahead = [step for step in (self._halt, (self._slow or 0) - 1) if step is not None and step > here]
        return min(ahead, default=_FAR) - here

    def obey(self, motion: Motion) -> None:
        """Go on or wait as was said. Raises Problems when the epoch to go on to is over already.

        Steps and epochs that are asked for before they were taken add up.
        """
        match motion:
            case commands.Pause():
                self._pause()
            case commands.Resume():
                self._resume()
            case commands.Step():
                self._halt = self._stand() + 1
            case commands.Slow():
                self._halt = self._slow = self._stand() + 1
            case commands.Epoch():
                self._halt = self._end_of(motion.number)
            case _:
                assert_never(motion)

    def arrive(self) -> None:
        """It stands where it was to wait."""
        if not self.paused:
            self.paused = True
            self._keeper.hear(Paused(step=self._trainer.step))
            self._keeper.state(RunState.PAUSED, seconds=self._trainer.seconds)

    def _pause(self) -> None:
        self._halt = self._trainer.step
        self.arrive()

    def _resume(self) -> None:
        self._halt = None
        if self.paused:
            self.paused = False
            self._keeper.hear(Resumed(step=self._trainer.step))
            self._keeper.state(RunState.RUNNING, seconds=self._trainer.seconds)

    def _stand(self) -> int:
        """The step it waits at, or will; one that goes on waits now."""
        if not self.paused:
            self._pause()
        return self._trainer.step if self._halt is None else self._halt

    def _end_of(self, epoch: int | None) -> int:
        """The end of the epoch under way; or, going on if it was paused, of the epoch of this number."""
        course = self._trainer.course
        if epoch is None:
            return course.end_after(self._stand())
        if epoch <= course.epoch:
            raise Problems(Problem(where="epoch", what=f"{course.epoch} epochs are done already.",
                                   fix=f"Choose {course.epoch + 1} or later."))
        self._resume()
        return course.end_of(epoch)
