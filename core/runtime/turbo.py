"""Companion: has a run's steps compiled in a process beside it, and joins them when they are faster."""

import contextlib
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from core.events import TurboChanged
from core.experiment.model import Experiment
from core.problems import Problems
from core.runtime import paths, spare
from core.runtime.compiling import Compiling, own

if TYPE_CHECKING:
    from core.engine.native.compiler import Compiled
    from core.engine.trainer import Trainer

_LOOK = 0.25
"""Seconds between two looks at how the run goes."""
_AFTER_SECONDS, _AFTER_STEPS = 0.5, 100
"""How long a run goes at full speed before anything is compiled for it."""
_LEFT, _LEFT_LOADED, _LEFT_READY = 15.0, 6.0, 3.0
"""Seconds of training that must lie ahead: to compile for, with a compiler to be started first or with
one that is ready, and to use what is compiled already."""
_TRIES = 4
"""How often a run has its steps compiled: each time a change made them other steps."""


class Terms(NamedTuple):
    """When steps are worth compiling, in seconds."""

    after: float
    """How long a run has gone at full speed."""
    left: float
    """Of training that lies ahead, to compile for."""
    left_ready: float
    """The same to use what is compiled already."""


class Companion:
    """Watches one run from its own loop. Whatever goes wrong here costs the run nothing but the gain."""

    def __init__(self, trainer: "Trainer", hear: Callable[[TurboChanged], None],
                 folder: Path | None = None) -> None:
        """hear: takes what there is to tell. folder: where compiled steps are kept."""
        self._trainer, self._hear = trainer, hear
        self._folder = folder or paths.compiled()
        self._compiling: Compiling | None = None
        self._considered: Experiment | None = None
        self._tried: set[str] = set()
        self._useless: set[str] = set()
        self._looked = 0.0
        self._since: tuple[float, int] | None = None  # when it last came to full speed, and the step then

    def glance(self, free: bool) -> None:
        """Do what there is to do now. free: whether the run goes as fast as it can."""
        now = time.monotonic()
        if not self._asked():
            return self._leave_off()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        if self._compiling is not None and self._compiling.over:
            self._collect(self._compiling)
        if not free or self._since is None:
            self._since = (now, self._trainer.step) if free else None
        elif self._compiling is None and self._trainer.experiment is not self._considered:
            self._consider(now - self._since[0], self._trainer.step - self._since[1])

    def pin(self, key: str, meanwhile: Callable[[], bool]) -> str:
        """Use the compiled steps of this name, as the run did before; why that cannot be, or nothing.

        meanwhile: called while they are compiled once more, if they are gone; False gives up.
        """
        if self._wanted() != key:
            return self._without("the compiled steps it used are of another version, machine or batch size")
        path = self._folder / f"{key}.steps"
        why = "" if self._there(path) else self._compiled(key, path, meanwhile)
        return self._without(why) if why else self._took(key, path)

    def _compiled(self, key: str, path: Path, meanwhile: Callable[[], bool]) -> str:
        """Wait for steps to be compiled; why there are none, or nothing."""
        self._compile(key, path)
        while self._compiling is not None and not self._compiling.over:
            if not meanwhile():
                self.end()
            time.sleep(_LOOK)
        done, self._compiling = self._compiling, None
        why = done.reason() if done else "the run was ended"
        return why and f"the compiled steps it used could not be made again ({why})"

    def _took(self, key: str, path: Path) -> str:
        """Use what is compiled without measuring it."""
        from core.engine import turbo

        try:
            self._trainer.turbo = turbo.Turbo(self._trainer, self._steps(path))
        except Exception:  # an edge: whatever it is, plain steps go on
            traceback.print_exc()
            return self._without("the compiled steps it used could not be loaded")
        return ""

    def _without(self, why: str) -> str:
        self._tell("off", reason=f"It goes on with plain steps: {why}.")
        return why

    def end(self) -> None:
        """Compile no more."""
        if self._compiling is not None:
            self._compiling.end()
            self._compiling = None

    def _leave_off(self) -> None:
        """Nobody asks for compiled steps any more; the trainer let go of those it used."""
        self._since = None
        if self._compiling is not None:
            self._tried.discard(self._compiling.key)
            self.end()
            self._tell("off", reason="It was switched off.")

    def _consider(self, seconds: float, steps: int) -> None:
        """See whether the steps can be had as they are now. seconds, steps: at full speed so far."""
        terms = self._terms()
        if seconds < terms.after or self._trainer.step < _AFTER_STEPS or not steps:
            return
        total = self._trainer.total_steps
        left = (total - self._trainer.step) * seconds / steps if total is not None else float("inf")
        if left < terms.left_ready:
            return
        key = self._wanted()
        path = self._folder / f"{key}.steps"
        ready = self._there(path)
        if key and not ready and left < terms.left:
            return
        self._considered = self._trainer.experiment
        used = self._trainer.turbo is not None and self._trainer.turbo.key == key
        if not key or key in self._useless or used:
            return
        if ready:
            self._join(key, path, 0.0)
        elif key not in self._tried and len(self._tried) < _TRIES:
            self._compile(key, path)

    def _wanted(self) -> str:
        from core.engine import turbo

        try:
            return turbo.wanted(self._trainer)
        except Problems as problems:
            if not self._useless:
                self._tell("off", reason=problems.problems[0].what)
            self._useless.add("")
            return ""

    def _compile(self, key: str, path: Path) -> None:
        self._tried.add(key)
        try:
            for folder in (path.parent.parent, path.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            own(path.parent.parent, path.parent)
            self._compiling = Compiling(self._trainer, key, path)
        except OSError as error:
            self._tell("off", reason=f"Nothing can be compiled here ({error.strerror}: {path.parent}).")
            return
        except Problems as problems:
            self._tell("off", reason=str(problems.problems[0]))
            return
        self._tell("compiling")

    def _collect(self, done: Compiling) -> None:
        self._compiling = None
        reason = done.reason()
        if reason:
            self._tell("off", reason=reason, seconds=done.seconds)
        else:
            self._join(done.key, done.path, done.seconds)

    def _join(self, key: str, path: Path, seconds: float) -> None:
        """Use the compiled steps, if they are those wanted now and measurably faster."""
        from core.engine import turbo

        if self._wanted() != key:
            self._considered = None
            self._tell("off", reason="A change made while it was compiled asks for other steps.")
            return
        self._useless.add(key)
        try:
            gain = self._use(lambda: self._steps(path))
            if gain >= turbo.LEAST_GAIN:
                self._useless.discard(key)
                assert self._trainer.turbo is not None
                self._tell("on", key=key, gain=gain, seconds=seconds, steps=self._trainer.turbo.most)
            else:
                said = f"Compiled steps are only {gain:.2f} times as fast as plain ones."
                self._tell("off", reason=said, seconds=seconds)
        except Problems as problems:
            self._tell("off", reason=problems.problems[0].what, seconds=seconds)
        except Exception:  # an edge: it is gone, or torch does not take it; plain steps go on
            traceback.print_exc()
            with contextlib.suppress(OSError):  # only room is lost
                path.unlink()
            self._tell("off", reason="The compiled steps could not be loaded. The run's log has the details.")

    def _asked(self) -> bool:
        """Whether compiled steps are wanted."""
        return self._trainer.experiment.training.turbo != "off"

    def _terms(self) -> Terms:
        return Terms(_AFTER_SECONDS, _LEFT_LOADED if spare.ready() else _LEFT, _LEFT_READY)

    def _use(self, steps: "Callable[[], Compiled]") -> float:
        """Use compiled steps if they are worth it; how many times as fast they are. Raises Problems."""
        from core.engine import turbo

        run = steps()
        gain = turbo.gain(self._trainer, run)
        if gain >= turbo.LEAST_GAIN:
            self._trainer.turbo = turbo.Turbo(self._trainer, run)
        return gain

    def _there(self, path: Path) -> bool:
        """Whether steps need not be compiled first: a graphics processor records them within moments."""
        # Also false where it cannot be seen.
        return self._trainer.pins.device != "cpu" or os.path.exists(path)

    def _steps(self, path: Path) -> "Compiled":
        """The compiled steps in a file, or those that are recorded where there is none."""
        from core.engine import turbo_made, turbo_recorded

        if self._trainer.pins.device != "cpu":
            return turbo_recorded.recorded(self._trainer)
        own(path.parent.parent, path.parent, path)  # it is a program: loading it is running it
        return turbo_made.loaded(path)

    def _tell(self, state: Literal["compiling", "on", "off"], **facts: Any) -> None:
        self._hear(TurboChanged(step=self._trainer.step, state=state, **facts))
