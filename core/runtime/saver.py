"""Saver: keeps moments of a run by the clock, so seldom that they cost next to nothing.

A moment is a checkpoint, from which the run can go on or branch, and what there was to see after its step.
"""

import errno
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from core.problems import StoreTrouble
from core.runtime.eye import Eye
from core.runtime.keeper import Keeper
from core.store.moments import too_many
from core.store.trouble import told

if TYPE_CHECKING:
    from core.engine.checkpoint import Checkpoints
    from core.engine.trainer import Trainer

_FIRST = 0.25
"""Seconds before the first moment, for a small network."""
_FEWEST = 0.25
"""Seconds between two moments, at least."""
_SHARE = 0.018
"""Share of the time that moments may take."""
_SPEED = 200e6
"""Bytes a second that the first checkpoint is taken to be written with; those after it are measured."""
MOST = 48
"""Moments kept of one run, besides those a person marked, if they have room on the disk."""
_MB = 2**20


class Saver:
    """Keeps the moments of one run. What a disk refuses costs the run nothing but the moment."""

    def __init__(self, checkpoints: "Checkpoints", keeper: Keeper, eye: Eye,
                 marked: Iterable[int] = ()) -> None:
        """marked: the steps of moments that a person wants kept."""
        self.checkpoints = checkpoints
        self._marked = set(marked)
        self._keeper = keeper
        self._eye = eye
        self._saved: int | None = None
        self._due: float | None = None
        self._refused: set[str] = set()

    def begin(self, trainer: "Trainer") -> None:
        """Keep the picture of the network as it is before it learns: there is no need to go on from it."""
        self._picture(trainer)

    def glance(self, trainer: "Trainer") -> None:
        """Keep this moment if there is something new to keep and it is time."""
        now = time.monotonic()
        if self._due is None:
            self._saved = trainer.step
            self._due = now + max(_FIRST, _bytes(trainer) / _SPEED / _SHARE)
        elif now >= self._due and trainer.step != self._saved:
            self._save(trainer)
            spent = time.monotonic() - now
            self._due = time.monotonic() + max(_FEWEST, spent / _SHARE)

    def mark(self, trainer: "Trainer", step: int) -> bool:
        """Keep the moment after a step for good; whether there is such a moment."""
        if step == trainer.step != self._saved:
            self._save(trainer)
        if step not in self.checkpoints.steps():
            self._keeper.note(f"The moment after step {step} could not be kept.")
            return False
        self._marked.add(step)
        return True

    def end(self, trainer: "Trainer") -> None:
        """Keep the last moment. It counts only once the ending, the next event, is stored: a run that is
        killed before goes on from the moment before."""
        if trainer.step != self._saved:
            self._save(trainer, ahead=1)

    def _save(self, trainer: "Trainer", ahead: int = 0) -> None:
        """Everything told so far is made safe first, so that a checkpoint is never ahead of the store."""
        self._keeper.barrier()
        if self._tried("No checkpoint could be written; the run trains on.",
                       lambda: self._write(trainer, ahead)):
            self._saved = trainer.step
            self._picture(trainer)
            room = trainer.experiment.training.disk * _MB
            self._tried("Old moments could not be let go; the run trains on.",
                        lambda: self._thin(trainer.step, room))

    def _tried(self, what: str, act: Callable[[], object]) -> bool:
        """Whether the disk took it. What it refuses is told once, until it takes it again."""
        try:
            act()
        except OSError as error:
            if what not in self._refused:
                self._complain(what, error)
            self._refused.add(what)
            return False
        self._refused.discard(what)
        return True

    def _write(self, trainer: "Trainer", ahead: int) -> None:
        from core.engine.exactness import key

        facts = trainer.step, self._keeper.stored + ahead, key(trainer), trainer.state()
        try:
            self.checkpoints.write(*facts)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self.checkpoints.write(*facts)  # a part of the disk is bad: never the same file again

    def _picture(self, trainer: "Trainer") -> None:
        block = self._eye.look(trainer.step, trainer.epoch)
        if block is not None:
            self._keeper.moment(trainer.step, block)

    def _thin(self, newest: int, room: int) -> None:
        """Let go of what the budget does not bear; marked ones stay, and that after the best judgement."""
        steps, best = self.checkpoints.steps(), self._keeper.best_step
        most = min(MOST + len(self._marked), max(2, room // max(self.checkpoints.bytes(newest), 1)))
        near = next((step for step in steps if best is not None and step >= best), newest)
        gone = too_many(steps, most, {near, *self._marked})
        if gone:
            self._keeper.forget(gone)
            self.checkpoints.remove(gone)

    def _complain(self, what: str, error: OSError) -> None:
        try:
            with told(self.checkpoints.folder):
                raise error
        except StoreTrouble as trouble:
            self._keeper.note(f"{what} {trouble}")


def _bytes(trainer: "Trainer") -> int:
    """About how large a checkpoint will be: the weights, two copies of them, and the optimizer's two."""
    return 5 * sum(tensor.nbytes for tensor in trainer.network.tensors().values())
