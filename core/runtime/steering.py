"""Steering: carries out what a person says to a run, and what was done to a run that it repeats."""

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from core.events import Changed, Marked, Repinned, TurboChanged, WeightEdited
from core.problems import Problems
from core.runtime import commands
from core.runtime.commands import Command, Motion
from core.runtime.eye import Eye
from core.runtime.going import Going
from core.runtime.keeper import Keeper
from core.runtime.past import Steer
from core.runtime.saver import Saver
from core.runtime.telling import Telling
from core.runtime.turbo import Companion

if TYPE_CHECKING:
    from core.engine.trainer import Trainer


class Steering:
    """What can be done to one run under way."""

    def __init__(self, trainer: "Trainer", keeper: Keeper, eye: Eye, saver: Saver, telling: Telling,
                 going: Going) -> None:
        self.companion = Companion(trainer, keeper.hear)
        self._trainer, self._keeper, self._eye, self._saver = trainer, keeper, eye, saver
        self._telling, self._going = telling, going

    def obey(self, raw: dict[str, object]) -> None:
        """Do what was said; what cannot be done becomes a note."""
        try:
            self._do(commands.read(raw))
        except Problems as problems:
            for problem in problems.problems:
                self._keeper.note(f"{problem.what} {problem.fix}")

    def redo(self, event: Steer, meanwhile: Callable[[], bool]) -> str:
        """Do what was done to the run that this repeats; why that cannot be the same, or nothing.

        meanwhile: called while steps are compiled for it; False gives up.
        """
        match event:
            case Changed():
                self._trainer.change(event.setting, event.value)
            case WeightEdited():
                self._trainer.edit_weight(event.node, event.parameter, event.index, event.value)
            case Repinned():
                self._trainer.pin(event.threads)
            case TurboChanged():
                return self.companion.pin(event.key, meanwhile)
            case _:
                assert_never(event)
        return ""

    def _do(self, command: Command) -> None:
        match command:
            case commands.Stop():
                self._telling.take(self._trainer.stop())
            case commands.Pace():
                self._going.set_pace(command.value)
            case commands.Set():
                self._change(command.setting, command.value)
                self._telling.flush()
            case commands.Mark():
                step = self._trainer.step if command.step is None else command.step
                if self._saver.mark(self._trainer, step):
                    self._keeper.hear(Marked(step=step))
            case commands.Look():
                self._eye.sample, self._eye.gaze = command.sample, command.gaze
                self._telling.look()
            case commands.Weight():
                self._edit(command)
            case _:
                self._move(command)

    def _edit(self, command: commands.Weight) -> None:
        self._keeper.hear(self._trainer.edit_weight(
            command.node, command.parameter, command.index, command.value))
        self._telling.edited = self._trainer.step
        self._telling.look()

    def _change(self, setting: str, value: object) -> None:
        """Change a setting; compiled steps that do not know it are used no more, and that is told."""
        compiled = self._trainer.turbo is not None
        self._keeper.hear(self._trainer.change(setting, value))
        if compiled and self._trainer.turbo is None:
            off = self._trainer.experiment.training.turbo == "off"
            why = ("It was switched off." if off else
                   "A change asks for other steps; they are compiled anew.")
            self._keeper.hear(TurboChanged(step=self._trainer.step, state="off", reason=why))

    def _move(self, command: Motion) -> None:
        """Go on or wait, and show where it stands."""
        if self._going.obey(command) and self._going.waiting.paused:
            self._telling.flush()
            self._telling.look()
