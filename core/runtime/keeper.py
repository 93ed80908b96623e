"""Keeper: stores what a run says, and has the run wait while the disk is full."""

import json
import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from core.catalog.all import METRICS
from core.events import Event, Validated
from core.problems import StoreTrouble
from core.records import Progress, Run, RunState
from core.runtime import paths
from core.runtime.ear import Ear
from core.runtime.reserve import Reserve
from core.store import files
from core.store.catalog import Catalog
from core.store.moments import moment
from core.store.trouble import NoSuchRun, RunIsOver, StoreBusy, StoreFull, StoreMissing
from core.store.writer import Writer

_RETRY = 0.25
"""Seconds between two tries to store something."""
_TRIES = 20
"""How often something is tried again that neither a full disk refused nor a busy one."""
_LOOK = 1.0
"""Seconds between two looks whether the store is still there."""


class Gone(Exception):
    """The run was ended or removed from outside, or its store was: there is nothing left to do."""


class Keeper:
    """A run's database and its row in the catalog, for the worker."""

    def __init__(self, store: Path, run: Run, given_up: Callable[[], bool]) -> None:
        """given_up: whether to stop waiting for the disk."""
        self.catalog = Catalog(store, create=False)
        self._writer = Writer(files.run_folder(store, run.id))
        self._reserve = Reserve(paths.reserve(store, run.id))
        self._store = store
        self._run = run
        self._given_up = given_up
        self._ear = Ear(self.catalog, run.id)
        self._told_to_stop = False  # while it waited
        self._pending: list[Event] = []
        self._state = RunState.STARTING
        self._reason = ""
        self._said: tuple[float | None, float] | None = None
        self._told: Progress | None = None
        self._looked = time.monotonic()
        self.best: float | None = run.best
        self.best_step: int | None = None
        """The step that `best` was judged after, as far as this process knows."""

    def hear(self, *happened: Event) -> None:
        """Take events to be stored with the next `flush`."""
        self._pending.extend(happened)
        for event in happened:
            if isinstance(event, Validated):
                self._judge(event.step, event.scores.get(self._run.metric))

    @property
    def waiting(self) -> bool:
        """Whether something was heard that is not stored."""
        return bool(self._pending)

    @property
    def stored(self) -> int:
        """How many events are stored."""
        return self._writer.stored

    def barrier(self) -> None:
        """Store what was heard; it and all before it outlives a power cut. Raises Gone."""
        self.flush()
        self._patiently(self._writer.barrier)

    def flush(self, progress: Progress | None = None) -> None:
        """Store what was heard, and how far the run is. Raises Gone."""
        self._look()

        def store() -> None:
            self._writer.append(*self._pending)
            self._pending.clear()
            if progress is not None and progress != self._told:
                self._writer.progress(progress)
                self._told = progress

        self._patiently(store)

    def state(self, state: RunState, reason: str = "", seconds: float | None = None) -> None:
        """Say in the catalog where the run stands, and its best value so far. Raises Gone."""
        self._state, self._reason = state, reason
        self._patiently(lambda: self._say(seconds))

    def refresh(self, seconds: float) -> None:
        """Say in the catalog how well and how long it trained, if that is new. Raises Gone."""
        if self._said != (self.best, seconds):
            self._patiently(lambda: self._say(seconds))
            self._said = self.best, seconds

    def note(self, text: str) -> None:
        """Leave a sentence for the person who steers."""
        self._patiently(lambda: self._writer.note(text))

    def snapshot(self, block: bytes) -> None:
        """Show this in the place of what was shown before."""
        self._patiently(lambda: self._writer.snapshot("live", block))

    def moment(self, step: int, block: bytes) -> None:
        """Keep what there was to see after a step."""
        self._patiently(lambda: self._writer.snapshot(moment(step), block))

    def forget(self, steps: Iterable[int]) -> None:
        """Let go of what there was to see after these steps."""
        self._patiently(lambda: self._writer.forget(map(moment, steps)))

    def keep(self, write_weights: Callable[[Path], object]) -> None:
        """Put the weights and the experiment in their files, after making safe what was stored before."""
        document = json.dumps(self._run.experiment, indent=1).encode()
        self._patiently(self._writer.barrier)
        self._patiently(lambda: files.place(paths.weights(self._store, self._run.id), write_weights))
        self._patiently(lambda: files.put(paths.experiment(self._store, self._run.id), document))

    def end(self, ending: Event, state: RunState, reason: str, seconds: float | None) -> None:
        """Store the last event, and only then say in the catalog that the run is over."""
        self.hear(ending)
        self.barrier()
        self.state(state, reason, seconds)

    def close(self) -> None:
        """Let go of the databases."""
        self._reserve.give_up()
        self._writer.close()
        self.catalog.close()

    def _judge(self, step: int, value: float | None) -> None:
        if value is None or not math.isfinite(value):
            return
        higher = any(entry.name() == self._run.metric and entry.higher_is_better for entry in METRICS)
        if self.best is None or (value > self.best if higher else value < self.best):
            self.best, self.best_step = value, step

    def _say(self, seconds: float | None) -> None:
        self.catalog.set_state(self._run.id, self._state, reason=self._reason, best=self.best,
                               seconds=seconds)

    def _look(self) -> None:
        """A removed file can be written on without a word, so look whether it is still there."""
        if time.monotonic() - self._looked > _LOOK:
            self._looked = time.monotonic()
            if not paths.run_lock(self._store, self._run.id).exists():
                raise Gone

    def _patiently(self, store: Callable[[], object]) -> None:
        """Store something; while the disk does not take it, the run waits and the catalog says why.

        Raises StoreTrouble when that does not pass, and when waiting was given up; Gone when the run was told
        to stop meanwhile, and its ending cannot be stored either.
        """
        told, tries = False, 0
        while True:
            try:
                store()
                break
            except (RunIsOver, NoSuchRun, StoreMissing) as gone:
                raise Gone from gone
            except StoreTrouble as trouble:
                tries += 1
                if tries == 1:
                    self._ear.said()  # what was said before is heeded as ever, and does not end this wait
                    self._told_to_stop = False
                if tries > self._patience(trouble):
                    self._leave_if_told(trouble)
                    raise
                self._reserve.give_up()
                told = told or self._tell(trouble)
                self._wait(trouble)
        if told:
            self._patiently(lambda: self._say(None))

    def _patience(self, trouble: StoreTrouble) -> float:
        """How often to try again: a disk is freed some time, other trouble passes soon or never."""
        if self._given_up() or self._told_to_stop:
            return 1
        return math.inf if isinstance(trouble, StoreFull | StoreBusy) else _TRIES

    def _wait(self, trouble: StoreTrouble) -> None:
        """Until there is room for more than to say that there is none."""
        self._pause()
        while not self._reserve.hold() and not self._told_to_stop:
            if self._given_up():
                raise trouble
            self._pause()

    def _pause(self) -> None:
        """A moment of waiting, in which the store may go and somebody may press Stop."""
        time.sleep(_RETRY)
        self._look()
        self._told_to_stop |= any(said.get("kind") == "stop" for said in self._ear.said())

    def _leave_if_told(self, trouble: StoreTrouble) -> None:
        """Leave a run that was told to stop while it waited as it is stored, to be resumed or not."""
        if self._told_to_stop:
            self.catalog.set_state(self._run.id, RunState.INTERRUPTED, best=self.best,
                                   reason=f"Stopped while it waited. {trouble}")
            raise Gone

    def _tell(self, trouble: StoreTrouble) -> bool:
        """Say why the run waits, if the disk takes at least that."""
        try:
            self.catalog.set_state(self._run.id, RunState.PAUSED, best=self.best,
                                   reason=f"{trouble} It then goes on by itself.")
        except (RunIsOver, NoSuchRun) as gone:
            raise Gone from gone
        except StoreTrouble:
            return False
        return True
