"""Telling: what a run has to tell is kept as it happens, and stored and shown by the clock."""

import time
from typing import TYPE_CHECKING

from core.events import Diverged, Event, Finished, Stopped
from core.runtime.eye import Eye
from core.runtime.going import Going
from core.runtime.keeper import Keeper
from core.runtime.limits import reached
from core.runtime.past import Again
from core.runtime.progress import progress
from core.runtime.saver import Saver

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

Ending = Finished | Stopped | Diverged

_FLUSH = 0.1
"""Seconds between two flushes."""
_REFRESH = 1.0
"""Seconds between two words to the catalog."""


class Telling:
    """One run's way into the store."""

    def __init__(self, trainer: "Trainer", keeper: Keeper, eye: Eye, saver: Saver, going: Going) -> None:
        self.ending: Ending | None = None
        """How it ended, which is not stored yet."""
        self.again: Again | None = None
        """What it told before, while that is computed again."""
        self.edited = -1
        """The step after which a weight was set by hand last."""
        self._trainer, self._keeper, self._eye, self._saver = trainer, keeper, eye, saver
        self._going = going
        self._flushed = self._refreshed = -_REFRESH

    def take(self, happened: list[Event]) -> None:
        """Take note of what happened; what was told before is not told again."""
        for event in happened:
            if isinstance(event, Ending):
                self.ending = event
            elif self.again is None:
                self._keeper.hear(event)
            elif (new := self.again.new(event)) is not None:
                self._keeper.hear(new)

    def by_the_clock(self) -> None:
        """Store and show what is due."""
        now, trainer = time.monotonic(), self._trainer
        idle = self._going.waiting.now and not self._keeper.waiting
        if now - self._flushed >= (_REFRESH if idle else _FLUSH):
            self.flush()
        if now - self._refreshed >= _REFRESH:
            self._refreshed = now
            self._keeper.refresh(trainer.seconds)
            self._mind_limits()
        self._eye.glance(trainer.step, trainer.epoch, self._going.rate is not None)
        if self.again is None and self.ending is None:
            self._saver.glance(trainer)

    def _mind_limits(self) -> None:
        if self.ending is None and self.again is None:
            why = reached(self._trainer.experiment.training, self._trainer.seconds)
            if why:
                self.take(self._trainer.stop(why))

    def flush(self) -> None:
        """Store what was heard, and how far the run is."""
        self._flushed = time.monotonic()
        self._going.see(self._trainer.step)
        self._keeper.flush(progress(self._trainer, self._going.speed, self._going.rate))

    def look(self) -> None:
        """Show the network as it is now."""
        trainer = self._trainer
        if self.edited == trainer.step and self._going.waiting.now:  # no scheduled judgement knows of it yet
            self._eye.add(trainer.step, now=trainer.judged())
        self._eye.look(trainer.step, trainer.epoch)
