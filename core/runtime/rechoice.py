"""Rechoice: has a run choose its threads anew when its speed tells that the machine's load has changed."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.events import Repinned

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

_OTHER = 1.3
"""How many times as fast, or as slow, as at the last choice it must go for another look."""
_APART = 20.0
"""Seconds between two looks, which take some tenths of one."""
_SETTLED = 5.0
"""Seconds at full speed after which a speed tells of the machine."""


class Rechoice:
    """Watches one run from its own loop, where nobody pinned its threads."""

    def __init__(self, trainer: "Trainer", hear: Callable[[Repinned], None]) -> None:
        """hear: takes what there is to tell."""
        self._trainer, self._hear = trainer, hear
        self._usual: float | None = None  # steps a second at the last choice
        self._since: float | None = None  # when it last came to full speed
        self._looked = 0.0

    def glance(self, free: bool, speed: float | None) -> None:
        """Look again if it is time. free: whether it goes as fast as it can. speed: steps a second."""
        now = time.monotonic()
        if not free or self._since is None:
            self._since = now if free else None
            return
        pinned = self._trainer.experiment.training.threads is not None
        if pinned or speed is None or now - self._since < _SETTLED:
            return
        if self._usual is None:
            self._usual = speed
        elif now - self._looked >= _APART and not 1 / _OTHER < speed / self._usual < _OTHER:
            self._looked, self._usual, self._since = now, None, now
            self._choose()

    def _choose(self) -> None:
        from core.engine import device as devices

        trainer = self._trainer
        if not devices.free_to_choose(trainer.pins.device):
            return
        pins, gain = trainer.rechoose()
        if pins != trainer.pins:
            trainer.pin(pins.threads)
            self._hear(Repinned(step=trainer.step, threads=pins.threads, gain=gain))
