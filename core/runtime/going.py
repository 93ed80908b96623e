"""Going: whether a run may take steps now, how many, and how fast it goes."""

import time
from typing import TYPE_CHECKING

from core.runtime.commands import Motion
from core.runtime.keeper import Keeper
from core.runtime.pace import Pace, Speed
from core.runtime.waiting import Waiting

if TYPE_CHECKING:
    from core.engine.trainer import Trainer


class Going:
    """A run's pace, where it is to wait, and its speed."""

    def __init__(self, trainer: "Trainer", keeper: Keeper) -> None:
        self.waiting = Waiting(trainer, keeper)
        self._pace, self._speed = Pace(), Speed()

    @property
    def rate(self) -> float | None:
        """The steps a second it is to take; None is as fast as it goes."""
        return self._pace.rate

    @property
    def free(self) -> bool:
        """Whether it goes as fast as it can."""
        return self._pace.rate is None and not self.waiting.paused

    @property
    def speed(self) -> float | None:
        """The steps a second it took of late; None while it is not known."""
        return self._speed.value()

    def due(self) -> int | None:
        """How many steps its pace asks for now; None is any number."""
        return self._pace.due(time.monotonic())

    def pause_between(self, most: float) -> float:
        """Seconds until a step is due, at most so many."""
        return min(self._pace.wait(time.monotonic()), most)

    def went(self, steps: int) -> None:
        """So many steps were taken."""
        self._pace.did(steps, time.monotonic())

    def set_pace(self, rate: float | None) -> None:
        """So many steps a second from now on; None is as fast as it goes."""
        self._pace.set(rate, time.monotonic())
        self._speed.forget()

    def see(self, step: int) -> None:
        """So many steps are done by now; what comes after a wait is not compared with what was before."""
        if self.waiting.now:
            self._speed.forget()
        else:
            self._speed.see(step, time.monotonic())

    def obey(self, motion: Motion) -> bool:
        """Go on or wait as was said; whether that is another than before."""
        paused = self.waiting.paused
        self.waiting.obey(motion)
        if self.waiting.paused == paused:
            return False
        self.set_pace(self._pace.rate)
        return True
