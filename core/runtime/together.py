"""Together: one process for runs that are trained as one batched network (`core/engine/family.py`).

Each run is told, kept and ended as if it were alone; it can be stopped, and nothing else.
"""

import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.events import Diverged, Event, Failed, Finished, Stopped, TurboChanged
from core.problems import Problems, StoreTrouble
from core.records import Run, RunState
from core.runtime import paths, spare
from core.runtime.ear import Ear
from core.runtime.endings import meaning
from core.runtime.keeper import Gone, Keeper
from core.runtime.limits import reached
from core.runtime.pace import Speed
from core.runtime.process import say_to, take
from core.runtime.progress import progress
from core.runtime.turbo_family import FamilyCompanion
from core.store import files
from core.store.catalog import Catalog

if TYPE_CHECKING:
    from core.engine.family import Family
    from core.engine.trainer import Trainer

_TURN = 0.1
"""Seconds of training between two looks for commands."""
_FLUSH, _FLUSH_EACH = 0.5, 1 / 32
"""Seconds between two times of storing what was told, and for each member more."""
_SILENT = ("pace", "look")
"""What a page tells every run, and means nothing here."""


def main(runs: Sequence[int], store: Path) -> None:
    """Train these runs of this store as one, or put them back into the queue, each by itself."""
    with closing(Catalog(store, create=False)) as catalog:
        rows = [catalog.run(run) for run in runs]
        for run in runs:
            files.make_folder(files.run_folder(store, run))
        say_to(paths.log(store, runs[0]))
        spare.keep()
        held = [take(store, run) for run in runs]
        try:
            family, companion = _family(rows)
        except Exception as refused:  # an edge: whatever it is, it may work for each alone
            known = isinstance(refused, Problems)
            if not known:
                traceback.print_exc()
            for lock in held:
                lock.release()
            catalog.disband(runs, refused.problems[0].what if known else "They could not be trained as one.")
            return
        try:
            _Together(store, rows, family, companion, catalog).do()
        finally:
            for lock in held:
                lock.release()


def _family(rows: Sequence[Run]) -> "tuple[Family, FamilyCompanion]":
    """The runs' trainers as one, and who has their steps compiled. Raises Problems when they cannot be."""
    from core.engine.family import Family
    from core.engine.trainer import Trainer
    from core.experiment import model

    members = [Trainer(model.read(rows[0].experiment))]
    companion = FamilyCompanion(members[0])
    companion.begin(len(rows))
    for row in rows[1:]:
        members.append(Trainer(model.read(row.experiment), data=members[0].split, pins=members[0].pins))
        members[-1].share(members[0])
    return Family(members), companion


class _Member:
    """One run of the family, with its own place in the store."""

    def __init__(self, store: Path, row: Run, trainer: "Trainer", stopped: Sequence[bool]) -> None:
        self.run = row.id
        self.trainer = trainer
        self.keeper = Keeper(store, row, lambda: bool(stopped))
        self.ended = False
        self._speed = Speed()
        self._ear = Ear(self.keeper.catalog, self.run)
        self.keeper.state(RunState.RUNNING)
        self.take(trainer.start())

    def take(self, happened: list[Event]) -> None:
        """Hear what happened; an ending is stored with the weights it left."""
        for event in happened:
            if isinstance(event, Finished | Stopped | Diverged):
                self.end(event)
            else:
                self.keeper.hear(event)

    def end(self, ending: Finished | Stopped | Diverged | Failed) -> None:
        """Store how it ended, and let go."""
        from core.engine import weights

        self.ended = self.trainer.over = True
        self.flush()
        if not isinstance(ending, Failed):
            self.keeper.keep(lambda path: weights.write(path, self.trainer.network))
        known = meaning(ending)
        assert known is not None, "an ending has a meaning"
        self.keeper.end(ending, *known, self.trainer.seconds)
        self.keeper.close()

    def leave(self) -> None:
        """Let go of a run that was ended or removed from outside."""
        self.ended = self.trainer.over = True
        self.keeper.close()

    def flush(self) -> None:
        """Store what was heard, and how far it is."""
        self._speed.see(self.trainer.step, time.monotonic())
        self.keeper.flush(progress(self.trainer, self._speed.value()))
        self.keeper.refresh(self.trainer.seconds)

    def heed(self, others: int) -> None:
        """Do what it was told since the last look."""
        for command in self._ear.said():
            if self.ended:
                return
            if command.get("kind") == "stop":
                self.take(self.trainer.stop())
            elif command.get("kind") not in _SILENT:
                self.keeper.note(f"It trains with {others} others as one; meanwhile it can only be stopped.")


class _Together:
    """The family's way from its first step to the last ending."""

    def __init__(self, store: Path, rows: Sequence[Run], family: "Family",
                 companion: FamilyCompanion, catalog: Catalog) -> None:
        self._family = family
        self._catalog = catalog
        self._stopped: list[bool] = []  # not empty once the process was told to stop
        signal.signal(signal.SIGTERM, lambda *_: self._stopped.append(True))
        self._flushed = time.monotonic()
        self._companion = companion
        self._members = [_Member(store, row, trainer, self._stopped)
                         for row, trainer in zip(rows, family.members, strict=True)]

    @property
    def _going(self) -> list[_Member]:
        return [member for member in self._members if not member.ended]

    def do(self) -> None:
        """Train. Whatever breaks ends those that go on still: this is the edge of the process."""
        try:
            while self._going:
                self._turn()
        except Exception as error:
            traceback.print_exc()
            what = (f"This is our fault: training as one broke ({type(error).__name__}). "
                    "The log of the first of these runs has the details.")
            failed = Failed(what=what, details=traceback.format_exc())
            for member in self._going:
                self._try(member, lambda member=member: member.end(failed))
        finally:
            self._companion.end()

    def _hear(self, event: TurboChanged) -> None:
        """Tell every member that compiled steps are used now; of others that were not nothing is lost."""
        for member in self._going if event.state == "on" else ():
            self._try(member, lambda member=member: member.keeper.hear(event))

    def _turn(self) -> None:
        self._heed()
        if not self._going:
            return
        told = self._family.advance(1 << 40, _TURN)
        for member, happened in zip(self._members, told, strict=True):
            why = reached(member.trainer.experiment.training, member.trainer.seconds)
            if why and not member.trainer.over:
                happened += member.trainer.stop(why)
            if not member.ended:
                self._try(member, lambda member=member, happened=happened: member.take(happened))
        for event in self._companion.look(self._family):
            self._hear(event)
        if time.monotonic() - self._flushed >= _FLUSH + _FLUSH_EACH * len(self._members):
            self._flushed = time.monotonic()
            for member in self._going:
                self._try(member, member.flush)

    def _heed(self) -> None:
        if self._stopped:
            for member in self._going:
                self._try(member, lambda member=member: member.take(member.trainer.stop()))
        for member in self._going:
            self._try(member, lambda member=member: member.heed(len(self._members) - 1))

    def _try(self, member: _Member, act: Callable[[], object]) -> None:
        """Do something for a member. One that was ended or removed from outside is let go, and one whose
        files are in trouble fails alone."""
        try:
            act()
        except Gone:
            member.leave()
        except StoreTrouble as trouble:
            traceback.print_exc()
            member.leave()
            self._fail(member.run, trouble)

    def _fail(self, run: int, trouble: StoreTrouble) -> None:
        try:
            self._catalog.set_state(run, RunState.FAILED, reason=str(trouble))
        except StoreTrouble:  # who looks after processes will find that this run has none
            traceback.print_exc()
