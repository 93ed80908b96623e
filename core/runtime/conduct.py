"""Conductor: leads one run: pulls its events, has them stored, heeds commands, looks by the clock."""

import time
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from core.events import (
    Branched,
    Changed,
    Diverged,
    Event,
    Finished,
    Marked,
    Repinned,
    Stopped,
    TurboChanged,
    WeightEdited,
)
from core.problems import Problems
from core.runtime import commands
from core.runtime.commands import Command, Motion
from core.runtime.ear import Ear
from core.runtime.eye import Eye
from core.runtime.keeper import Gone, Keeper
from core.runtime.limits import reached
from core.runtime.pace import Pace, Speed
from core.runtime.past import Again
from core.runtime.progress import progress
from core.runtime.rechoice import Rechoice
from core.runtime.replaying import Step
from core.runtime.saver import Saver
from core.runtime.turbo import Companion
from core.runtime.waiting import Waiting

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

Ending = Finished | Stopped | Diverged

_HEED = 0.01
"""Seconds of training, or of waiting, between two looks for commands."""
_FLUSH = 0.1
"""Seconds between two flushes."""
_REFRESH = 1.0
"""Seconds between two words to the catalog."""


class Conductor:
    """One run from its first step to its ending."""

    def __init__(self, run: int, trainer: "Trainer", keeper: Keeper, eye: Eye, saver: Saver,
                 *, again: Again | None = None, branched: Branched | None = None,
                 plan: Sequence[Step] = ()) -> None:
        """again: what the run told before, when it goes on after its process was gone.
        branched: where it comes from, when it is the branch of another.
        plan: what is to be done to it, when it replays another.
        """
        self.stopping = False
        self._ear = Ear(keeper.catalog, run)
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
        self._rechoice = Rechoice(trainer, keeper.hear)
        self._waiting = Waiting(trainer, keeper)
        self._ending: Ending | None = None
        self._edited = -1  # the step after which a weight was set by hand last
        self._lasted = 0.0  # seconds so far, pauses left out
        self._flushed = self._refreshed = -_REFRESH

    def conduct(self) -> Ending:
        """Lead the run until it ends, and return its ending, which is not stored yet. Raises Gone."""
        if self._again is not None:
            self._catch_up(self._again)
        else:
            self._begin()
        while self._ending is None:
            began, waited = time.monotonic(), self._waiting.now
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
        if not isinstance(self._ending, Diverged) and not self._trainer.verdict.replaced:
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
        if again.turbo:
            self._pin(again.turbo)
        self._change_again(again)
        while self._ending is None and (halt := again.next(trainer.step)) is not None:
            if self.stopping:  # an ending now would contradict what was told: it goes on another time
                raise Gone
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
            match change:
                case Changed():
                    self._trainer.change(change.setting, change.value)
                case WeightEdited():
                    self._trainer.edit_weight(change.node, change.parameter, change.index, change.value)
                case Repinned():
                    self._trainer.pin(change.threads)
                case TurboChanged():
                    self._pin(change.key)

    def _pin(self, key: str) -> None:
        """Take up the very steps that were compiled before; they may have to be compiled once more."""
        def meanwhile() -> bool:
            self._flush()
            return not self.stopping

        why = self._companion.pin(key, meanwhile)
        if why and self._again is not None:
            self._again.doubt(why)
        elif why:
            self._keeper.note(f"Not exact: {why}.")

    def _train(self) -> None:
        now = time.monotonic()
        self._follow_plan()
        if self._ending is not None:
            return
        if self._waiting.now:
            time.sleep(_HEED)
            return
        steps = self._pace.due(now)
        if steps == 0:
            time.sleep(min(self._pace.wait(now), _HEED))
            return
        before = self._trainer.step
        if self._waiting.slowly:
            self._step_slowly()
        else:
            left = [self._waiting.left, *(event.step - before for event in self._plan[:1])]
            self._take(self._trainer.advance(min(left if steps is None else [*left, steps]), _HEED))
        self._pace.did(self._trainer.step - before, time.monotonic())
        if self._waiting.now and self._ending is None:
            self._waiting.arrive()
            self._look()
            self._flush()

    def _step_slowly(self) -> None:
        """Take one step and tell it in stages; telling it takes more memory, and is given up if need be."""
        from core.engine.slow import slowly

        before = self._trainer.step
        try:
            happened, told = slowly(self._trainer)
        except Exception:  # an edge: what is only for the eye must not end hours of training
            if self._trainer.step != before:
                raise
            traceback.print_exc()
            self._keeper.note("This step could not be told in slow motion; it was taken all the same. "
                              "The run's log has the details.")
            happened, told = self._trainer.advance(1, 0.0), None
        self._take(happened)
        if told:
            self._eye.add(self._trainer.step, slow=told)

    def _follow_plan(self) -> None:
        """Do what the plan says for this step."""
        while self._plan and self._plan[0].step <= self._trainer.step:
            match event := self._plan.pop(0):
                case Changed():
                    self._change(event.setting, event.value)
                case WeightEdited():
                    self._keeper.hear(self._trainer.edit_weight(
                        event.node, event.parameter, event.index, event.value))
                case Repinned():
                    self._trainer.pin(event.threads)
                    self._keeper.hear(event)
                case TurboChanged():
                    self._pin(event.key)
                    self._keeper.hear(event)
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
        if now - self._flushed >= (_REFRESH if self._waiting.now and not self._keeper.waiting else _FLUSH):
            self._flush()
        if now - self._refreshed >= _REFRESH:
            self._refreshed = now
            self._keeper.refresh(self._trainer.seconds)
            self._mind_limits()
        free = self._pace.rate is None and not self._waiting.paused and self._again is None
        self._companion.glance(free=free)
        self._rechoice.glance(free, self._speed.value())
        self._eye.glance(self._trainer.step, self._trainer.epoch, self._pace.rate is not None)
        if self._again is None and self._ending is None:
            self._saver.glance(self._trainer)

    def _mind_limits(self) -> None:
        if self._ending is None and self._again is None:
            why = reached(self._trainer.experiment.training, self._trainer.seconds)
            if why:
                self._take(self._trainer.stop(why))

    def _flush(self) -> None:
        now = self._flushed = time.monotonic()
        if self._waiting.now:
            self._speed.forget()  # what comes after is not compared with what was before
        else:
            self._speed.see(self._trainer.step, now)
        self._keeper.flush(progress(self._trainer, self._speed.value(), self._pace.rate))

    def _look(self) -> None:
        trainer = self._trainer
        if self._edited == trainer.step and self._waiting.now:  # no scheduled judgement knows of it yet
            self._eye.add(trainer.step, now=trainer.judged())
        self._eye.look(trainer.step, trainer.epoch)

    def _heed(self) -> None:
        if not self._ear.due():
            return
        if self.stopping:
            self._take(self._trainer.stop())
            return
        for raw in self._ear.said():
            if self._ending is None:
                self._obey(raw)
        if self._keeper.waiting:
            self._flush()  # who moved something sees at once that it moved

    def _obey(self, raw: dict[str, object]) -> None:
        """Do what was said; what cannot be done becomes a note."""
        try:
            self._do(commands.read(raw))
        except Problems as problems:
            for problem in problems.problems:
                self._keeper.note(f"{problem.what} {problem.fix}")

    def _do(self, command: Command) -> None:
        if isinstance(command, Motion):
            self._move(command)
            return
        match command:
            case commands.Stop():
                self._take(self._trainer.stop())
            case commands.Pace():
                self._pace.set(command.value, time.monotonic())
                self._speed.forget()
            case commands.Set():
                self._change(command.setting, command.value)
                self._flush()
            case commands.Mark():
                step = self._trainer.step if command.step is None else command.step
                if self._saver.mark(self._trainer, step):
                    self._keeper.hear(Marked(step=step))
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

    def _move(self, command: Motion) -> None:
        """Go on or wait, and show where it stands."""
        paused = self._waiting.paused
        self._waiting.obey(command)
        if self._waiting.paused == paused:
            return
        self._speed.forget()
        if self._waiting.paused:
            self._flush()
            self._look()
        else:
            self._pace.set(self._pace.rate, time.monotonic())
