"""Saver: has checkpoints of a run written by the clock, so seldom that they cost next to nothing."""

import errno
import time
from pathlib import Path
from typing import TYPE_CHECKING

from core.problems import StoreTrouble
from core.runtime.keeper import Keeper
from core.store.trouble import told

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

_FIRST = 1.0
"""Seconds before the first checkpoint, for a small network."""
_FEWEST = 2.0
"""Seconds between two checkpoints, at least."""
_SHARE = 0.02
"""Share of the time that checkpoints may take."""
_SPEED = 200e6
"""Bytes a second that the first checkpoint is taken to be written with; those after it are measured."""


class Saver:
    """Keeps the checkpoints of one run. What a disk refuses costs the run nothing but the checkpoint."""

    def __init__(self, folder: Path, keeper: Keeper) -> None:
        from core.engine.checkpoint import Checkpoints

        self.checkpoints = Checkpoints(folder)
        self._keeper = keeper
        self._saved: int | None = None
        self._due: float | None = None
        self._refused = False

    def glance(self, trainer: "Trainer") -> None:
        """Write a checkpoint if there is something new to keep and it is time."""
        now = time.monotonic()
        if self._due is None:
            self._saved = trainer.step
            self._due = now + max(_FIRST, _bytes(trainer) / _SPEED / _SHARE)
        elif now >= self._due and trainer.step != self._saved:
            self._save(trainer)
            spent = time.monotonic() - now
            self._due = time.monotonic() + max(_FEWEST, spent / _SHARE)

    def _save(self, trainer: "Trainer") -> None:
        """Everything told so far is made safe first, so that a checkpoint is never ahead of the store."""
        self._keeper.barrier()
        try:
            self._write(trainer)
        except OSError as error:
            if not self._refused:
                self._complain(error)
            self._refused = True
        else:
            self._saved, self._refused = trainer.step, False

    def _write(self, trainer: "Trainer") -> None:
        from core.engine.exactness import key

        facts = trainer.step, self._keeper.stored, key(trainer), trainer.state()
        try:
            self.checkpoints.write(*facts)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self.checkpoints.write(*facts)  # a part of the disk is bad: never the same file again

    def _complain(self, error: OSError) -> None:
        try:
            with told(self.checkpoints.folder):
                raise error
        except StoreTrouble as trouble:
            self._keeper.note(f"No checkpoint could be written; the run trains on. {trouble}")


def _bytes(trainer: "Trainer") -> int:
    """About how large a checkpoint will be: the weights, two copies of them, and the optimizer's two."""
    return 5 * sum(tensor.nbytes for tensor in trainer.network.tensors().values())
