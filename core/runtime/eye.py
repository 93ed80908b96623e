"""Eye: looks into a network while it trains, by the clock and at a bounded cost, and shows what it saw."""

import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from core.gaze import Gaze
from core.records import Snapshot

_FEWEST = 0.1
"""Seconds between two looks, at least."""
_SHARE = 0.03
"""Share of the time that looking may take at full speed."""
_SHARE_PACED = 0.3
"""The same for a run that waits between its steps anyway."""


class Probe(Protocol):
    """What can be looked through: core.engine.probes.Probe."""

    def snapshot(self, step: int, epoch: int, sample: int, gaze: Gaze) -> Snapshot:
        """What there is to see."""
        ...


class Eye:
    """Measures what a look costs and looks the less often for it."""

    def __init__(self, probe: Probe, show: Callable[[bytes], None], complain: Callable[[str], None]) -> None:
        self.sample = 0
        self.gaze = Gaze()
        self._probe = probe
        self._show = show
        self._complain = complain
        self._seen: int | None = None
        self._more: tuple[int, dict[str, object]] = -1, {}
        self._cost: float | None = None
        self._ended = -_FEWEST
        self._open = True

    def glance(self, step: int, epoch: int, paced: bool) -> None:
        """Look if there is something new to see and it is time."""
        cost = (self._cost or 0.0) / (_SHARE_PACED if paced else _SHARE)
        if step != self._seen and time.monotonic() - self._ended >= max(_FEWEST, cost):
            self.look(step, epoch)

    def add(self, step: int, **facts: object) -> None:
        """Show these facts with all that is seen after this step."""
        known, others = self._more
        self._more = step, ({**others, **facts} if known == step else facts)

    def look(self, step: int, epoch: int) -> bytes | None:
        """Look now, and return what was shown.

        A look that fails is the last one, and costs nothing.
        """
        if not self._open:
            return None
        began = time.monotonic()
        try:
            seen = self._probe.snapshot(step, epoch, self.sample, self.gaze)
            more = self._more[1] if self._more[0] == step else {}
            block = replace(seen, facts={**seen.facts, **more, "at": time.time()}).pack()
        except Exception:  # an edge: what is only for the eye must not end hours of training
            self._open = False
            traceback.print_exc()
            self._complain("The live pictures of this run stopped by a fault of ours; it trains on. "
                           "Its log has the details.")
            return None
        self._show(block)
        self._ended = time.monotonic()
        spent = self._ended - began
        if self._seen is not None:  # the first look also pays for what later ones find ready
            self._cost = spent if self._cost is None else 0.7 * self._cost + 0.3 * spent
        self._seen = step
        return block
