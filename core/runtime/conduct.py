"""Conductor: leads one run: pulls its events, has them stored, heeds commands, looks by the clock."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from core.events import (
    Branched,
    Changed,
    Diverged,
    Event,
    Finished,
    Paused,
    Resumed,
    Stopped,
    TurboChanged,
    WeightEdited,
)
from core.problems import Problems, StoreTrouble
from core.records import Progress, RunState
from core.runtime import commands
from core.runtime.commands import Command
from core.runtime.eye import Eye
from core.runtime.keeper import Keeper
from core.runtime.pace import Pace, Speed
from core.runtime.past import Again
from core.runtime.replaying import Steer
from core.runtime.saver import Saver
from core.runtime.turbo import Companion

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

Ending = Finished | Stopped | Diverged

_HEED = 0.01
"""Seconds between two looks for commands."""
_FLUSH = 0.1
"""Seconds between two flushes."""
_REFRESH = 1.0
"""Seconds between two words to the catalog."""
_MANY = 1 << 40


class Conductor:
    """One run from its first step to its ending."""

    def __init__(self, run: int, trainer: "Trainer", keeper: Keeper, eye: Eye, saver: Saver,
                 *, again: Again | None = None, branched: Branched | None = None,
                 plan: Sequence[Steer] = ()) -> None:
        """again: what the run told before, when it goes on after its process was gone.
        branched: where it comes from, when it is the branch of another.
        plan: what is to be done to it, when it replays another.
        """
        self.stopping = False
        self._run = run
        self._trainer = trainer
        self._keeper = keeper
        self._eye = eye
        self._saver = saver
        self._again = again
        self._branched = branched
        self._plan = list(plan)
        self._pace = Pace()
        self._speed = Speed()
        self._companion = Companion(trainer, keeper.hear)
        self._halt: int | None = None  # the step to wait at; None while nobody said to wait
        self._ending: Ending | None = None
        self._edited = -1  # the step after which a weight was set by hand last
        self._lasted = 0.0  # seconds so far, pauses left out
        self._heard = 0
        self._catalog_version = -1
        self._heeded = self._flushed = self._refreshed = -_REFRESH

    def conduct(self) -> Ending:
        """Lead the run until it ends, and return its ending, which is not stored yet. Raises Gone."""
        if self._again is not None:
            self._catch_up(self._again)
        else:
            self._begin()
        while self._ending is None:
            began, waited = time.monotonic(), self._waits
            self._heed()
            if self._ending is None:
                self._train()
            self._tell()
            if not waited and self._ending is None:  # the time between paced steps is training time too
                self._lasted += time.monotonic() - began
                self._trainer.seconds = self._lasted
        return self._ending

    def finish(self) -> None:
        """Show how it ended: all that was heard, the last figures, a last look."""
        self._companion.end()
        self._look()
        self._flush()
        ending = self._ending
        if not isinstance(ending, Diverged) and ending and ending.kept is None:  # weights of the last step
            self._saver.end(self._trainer)

    def _begin(self) -> None:
        self._take(self._trainer.start())
        if self._branched is not None:
            self._keeper.hear(self._branched)
        self._lasted = self._trainer.seconds
        self._saver.begin(self._trainer)

    def _catch_up(self, again: Again) -> None:
        """Compute again what was told before. Nobody is heeded meanwhile: nothing told is contradicted."""
        trainer = self._trainer
        if again.anew:
            self._take(trainer.start())
        self._change_again(again)
        while self._ending is None and (halt := again.next(trainer.step)) is not None:
            self._take(trainer.advance(halt - trainer.step, _HEED))
            self._change_again(again)
            self._tell()
        self._again = None
        self._lasted = trainer.seconds
        told = again.continued(trainer.step)
        self._keeper.hear(told)
        if told.why:
            self._keeper.note(told.why)
        self._flush()

    def _change_again(self, again: Again) -> None:
        for change in again.changes(self._trainer.step):
            if isinstance(change, Changed):
                self._trainer.change(change.setting, change.value)
            else:
                self._trainer.edit_weight(change.node, change.parameter, change.index, change.value)

    @property
    def _waits(self) -> bool:
        return self._halt is not None and self._trainer.step >= self._halt

    def _train(self) -> None:
        now = time.monotonic()
        self._follow_plan()
        if self._ending is not None:
            return
        if self._waits:
            time.sleep(_HEED)
            return
        steps = self._pace.due(now)
        if steps == 0:
            time.sleep(min(self._pace.wait(now), _HEED))
            return
        before = self._trainer.step
        left = _MANY if self._halt is None else self._halt - before
        left = min([left, *(event.step - before for event in self._plan[:1])])
        self._take(self._trainer.advance(min(left, _MANY if steps is None else steps), _HEED))
        self._pace.did(self._trainer.step - before, time.monotonic())
        if self._waits:
            self._look()
            self._flush()

    def _follow_plan(self) -> None:
        """Do what the plan says for this step."""
        while self._plan and self._plan[0].step <= self._trainer.step:
            match event := self._plan.pop(0):
                case Changed():
                    self._change(event.setting, event.value)
                case WeightEdited():
                    self._keeper.hear(self._trainer.edit_weight(
                        event.node, event.parameter, event.index, event.value))
                case Stopped():
                    self._take(self._trainer.stop())

    def _take(self, happened: list[Event]) -> None:
        for event in happened:
            if isinstance(event, Finished | Stopped | Diverged):
                self._ending = event
            elif self._again is None:
                self._keeper.hear(event)
            elif (new := self._again.new(event)) is not None:
                self._keeper.hear(new)

    def _tell(self) -> None:
        """What goes by the clock."""
        now = time.monotonic()
        if now - self._flushed >= (_REFRESH if self._waits and not self._keeper.waiting else _FLUSH):
            self._flush()
        if now - self._refreshed >= _REFRESH:
            self._refreshed = now
            self._keeper.refresh(self._trainer.seconds)
        self._companion.glance(free=self._pace.rate is None and self._halt is None and self._again is None)
        self._eye.glance(self._trainer.step, self._trainer.epoch, self._pace.rate is not None)
        if self._again is None and self._ending is None:
            self._saver.glance(self._trainer)

    def _flush(self) -> None:
        now = self._flushed = time.monotonic()
        if self._waits:
            self._speed.forget()  # what comes after is not compared with what was before
        else:
            self._speed.see(self._trainer.step, now)
        self._keeper.flush(self._progress())

    def _look(self) -> None:
        trainer = self._trainer
        edited = self._edited == trainer.step and self._waits  # no scheduled judgement knows of it yet
        self._eye.look(trainer.step, trainer.epoch, **({"now": trainer.judged()} if edited else {}))

    def _progress(self) -> Progress:
        trainer, speed = self._trainer, self._speed.value()
        left = trainer.total_steps - trainer.step if trainer.total_steps is not None else None
        return Progress(
            step=trainer.step, epoch=trainer.epoch, steps_per_epoch=trainer.course.steps_per_epoch,
            epochs=trainer.experiment.training.epochs, seconds=trainer.seconds, steps_per_second=speed,
            samples_per_second=speed * trainer.batch_size if speed else None,
            remaining=left / speed if speed and left is not None else None, pace=self._pace.rate,
            at=time.time())

    def _heed(self) -> None:
        now = time.monotonic()
        if now - self._heeded < _HEED:
            return
        self._heeded = now
        if self.stopping:
            self._take(self._trainer.stop())
            return
        for number, raw in self._told():
            self._heard = number
            if self._ending is None:
                self._obey(raw)
        if self._keeper.waiting:
            self._flush()  # who moved something sees at once that it moved

    def _told(self) -> list[tuple[int, dict[str, object]]]:
        """What was said since the last look. A catalog in trouble costs one look: the next tells all."""
        catalog = self._keeper.catalog
        try:
            version = catalog.version()
            if version == self._catalog_version:
                return []
            said = catalog.commands(self._run, self._heard)
        except StoreTrouble:
            return []
        self._catalog_version = version
        return said

    def _obey(self, raw: dict[str, object]) -> None:
        """Do what was said; what cannot be done becomes a note."""
        try:
            self._do(commands.read(raw))
        except Problems as problems:
            for problem in problems.problems:
                self._keeper.note(f"{problem.what} {problem.fix}")

    def _do(self, command: Command) -> None:
        match command:
            case commands.Pause():
                self._pause()
            case commands.Resume():
                self._resume()
            case commands.Step():
                self._halt = self._stand() + 1
            case commands.Epoch():
                self._halt = self._trainer.course.end_after(self._stand())
            case commands.Stop():
                self._take(self._trainer.stop())
            case commands.Pace():
                self._pace.set(command.value, time.monotonic())
                self._speed.forget()
            case commands.Set():
                self._change(command.setting, command.value)
                self._flush()
            case commands.Look():
                self._eye.sample, self._eye.gaze = command.sample, command.gaze
                self._look()
            case commands.Weight():
                self._keeper.hear(self._trainer.edit_weight(
                    command.node, command.parameter, command.index, command.value))
                self._edited = self._trainer.step
                self._look()
            case _:
                assert_never(command)

    def _change(self, setting: str, value: object) -> None:
        """Change a setting; compiled steps that do not know it are used no more, and that is told."""
        compiled = self._trainer.turbo is not None
        self._keeper.hear(self._trainer.change(setting, value))
        if compiled and self._trainer.turbo is None:
            self._keeper.hear(TurboChanged(step=self._trainer.step, state="off",
                                           reason="A change asks for other steps; they are compiled anew."))

    def _pause(self) -> None:
        if self._halt is None:
            self._halt = self._trainer.step
            self._keeper.hear(Paused(step=self._halt))
            self._speed.forget()
            self._flush()
            self._keeper.state(RunState.PAUSED, seconds=self._trainer.seconds)
            self._look()
        self._halt = self._trainer.step

    def _stand(self) -> int:
        """The step it will wait at already, so that steps asked for add up; one that goes on waits now."""
        if self._halt is None:
            self._pause()
        return self._trainer.step if self._halt is None else self._halt

    def _resume(self) -> None:
        if self._halt is not None:
            self._halt = None
            self._keeper.hear(Resumed(step=self._trainer.step))
            self._speed.forget()
            self._pace.set(self._pace.rate, time.monotonic())
            self._keeper.state(RunState.RUNNING, seconds=self._trainer.seconds)
