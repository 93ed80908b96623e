"""Conductor: leads one run: pulls its events, has them stored, heeds commands, looks by the clock."""

import time
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.events import Branched, Diverged, Stopped
from core.records import RunState
from core.runtime.ear import Ear
from core.runtime.eye import Eye
from core.runtime.going import Going
from core.runtime.keeper import Gone, Keeper
from core.runtime.past import Again
from core.runtime.rechoice import Rechoice
from core.runtime.replaying import Step
from core.runtime.saver import Saver
from core.runtime.steering import Steering
from core.runtime.telling import Ending, Telling

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

_HEED = 0.01
"""Seconds of training, or of waiting, between two looks for commands."""


class Conductor:
    """One run from its first step to its ending."""

    def __init__(self, run: int, trainer: "Trainer", keeper: Keeper, eye: Eye, saver: Saver) -> None:
        self.stopping = False
        """Whether the process was told to end."""
        self._trainer, self._keeper, self._eye, self._saver = trainer, keeper, eye, saver
        self._ear = Ear(keeper.catalog, run)
        self._unheeded: list[dict[str, object]] = []  # what was said while it waited for compiled steps
        self._going = Going(trainer, keeper)
        self._telling = Telling(trainer, keeper, eye, saver, self._going)
        self._steering = Steering(trainer, keeper, eye, saver, self._telling, self._going)
        self._rechoice = Rechoice(trainer, keeper.hear)
        self._plan: list[Step] = []
        self._lasted = 0.0  # seconds so far, pauses left out

    def begin(self, branched: Branched | None) -> None:
        """Start the run. branched: where it comes from, when it is the branch of another."""
        self._telling.take(self._trainer.start())
        if branched is not None:
            self._keeper.hear(branched)
        self._lasted = self._trainer.seconds
        self._saver.begin(self._trainer)

    def catch_up(self, again: Again) -> None:
        """Compute again what was told before. Nobody is heeded meanwhile: nothing told is contradicted.

        again: what that was. Raises Gone when the process is to end meanwhile, or the run while it waits for
        its compiled steps.
        """
        trainer, self._telling.again = self._trainer, again
        if again.anew:
            self._telling.take(trainer.start())
        if again.turbo and (why := self._steering.companion.pin(again.turbo, self._meanwhile)):
            again.doubt(why)
        self._leave_if_told()
        self._change_again(again)
        while self._telling.ending is None and (halt := again.next(trainer.step)) is not None:
            self._leave_if_told()
            self._telling.take(trainer.advance(halt - trainer.step, _HEED))
            self._change_again(again)
            self._telling.by_the_clock()
        self._caught_up(again)

    def conduct(self, plan: Sequence[Step]) -> Ending:
        """Lead the run until it ends, and return its ending, which is not stored yet. Raises Gone.

        plan: what is to be done to it, when it replays another.
        """
        self._plan = list(plan)
        while self._telling.ending is None:
            began, waited = time.monotonic(), self._going.waiting.now
            self._heed()
            if self._telling.ending is None:
                self._train()
            self._telling.by_the_clock()
            self._steering.companion.glance(free=self._going.free)
            self._rechoice.glance(self._going.free, self._going.speed)
            if not waited and self._telling.ending is None:  # what lies between paced steps is training too
                self._lasted += time.monotonic() - began
                self._trainer.seconds = self._lasted
        return self._telling.ending

    def finish(self) -> None:
        """Show how it ended: all that was heard, the last figures, a last look."""
        self._steering.companion.end()
        self._telling.look()
        self._telling.flush()
        if not isinstance(self._telling.ending, Diverged) and not self._trainer.verdict.replaced:
            self._saver.end(self._trainer)

    def _change_again(self, again: Again) -> None:
        for change in again.changes(self._trainer.step):
            if why := self._steering.redo(change, self._meanwhile):
                again.doubt(why)

    def _leave_if_told(self) -> None:
        """Go before it has caught up: an ending would contradict what was told. It goes on another time."""
        if self._told_to_stop and not self.stopping:
            self._keeper.state(RunState.INTERRUPTED, "Stopped before it went on.")
        if self._told_to_stop:
            raise Gone

    @property
    def _told_to_stop(self) -> bool:
        return self.stopping or any(said.get("kind") == "stop" for said in self._unheeded)

    def _caught_up(self, again: Again) -> None:
        self._telling.again = None
        self._lasted = self._trainer.seconds
        told = again.continued(self._trainer.step)
        self._keeper.hear(told)
        if told.why:
            self._keeper.note(told.why)
        self._telling.flush()

    def _meanwhile(self) -> bool:
        """What goes on while steps are compiled that the run waits for; whether to wait on.

        What is said is heeded only afterwards, because it could ask for other steps; Stop ends the wait.
        """
        self._telling.flush()
        self._unheeded += self._ear.said()
        return not self._told_to_stop

    def _train(self) -> None:
        self._follow_plan()
        if self._telling.ending is not None or self._told_to_stop:
            return
        waiting, steps = self._going.waiting, self._going.due()
        if waiting.now or steps == 0:
            time.sleep(_HEED if waiting.now else self._going.pause_between(_HEED))
            return
        before = self._trainer.step
        if waiting.slowly:
            self._step_slowly()
        else:
            left = [waiting.left, *(event.step - before for event in self._plan[:1])]
            self._telling.take(self._trainer.advance(min(left if steps is None else [*left, steps]), _HEED))
        self._going.went(self._trainer.step - before)
        if waiting.now and self._telling.ending is None:
            waiting.arrive()
            self._telling.look()
            self._telling.flush()

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
        self._telling.take(happened)
        if told:
            self._eye.add(self._trainer.step, slow=told)

    def _follow_plan(self) -> None:
        """Do what the plan says for this step."""
        while self._plan and self._plan[0].step <= self._trainer.step:
            event = self._plan.pop(0)
            if isinstance(event, Stopped):
                self._telling.take(self._trainer.stop())
                continue
            why = self._steering.redo(event, self._meanwhile)
            if self._told_to_stop:
                return
            if why:
                self._keeper.note(f"Not exact: {why}.")
            else:
                self._keeper.hear(event)

    def _heed(self) -> None:
        if not self._ear.due():
            return
        if self.stopping:
            self._telling.take(self._trainer.stop())
            return
        said, self._unheeded = [*self._unheeded, *self._ear.said()], []
        for raw in said:
            if self._telling.ending is None:
                self._steering.obey(raw)
        if self._keeper.waiting:
            self._telling.flush()  # who moved something sees at once that it moved
