"""What is new of one run since the last look, ready to be sent: numbers as one tick, arrays as one block."""

from bisect import bisect_right
from pathlib import Path
from typing import Any, NamedTuple

from core.events import (
    Branched,
    Changed,
    Continued,
    Diverged,
    Event,
    Failed,
    Finished,
    Marked,
    Repinned,
    Started,
    Stopped,
    TurboChanged,
    WeightEdited,
)
from core.records import RunState
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Curves, Reader

HISTORY = 2000
"""Points a series is thinned to when a whole run is sent at once."""
_LIMIT = 20_000
"""Points read at one look; what is left comes with the next."""


class News(NamedTuple):
    """A tick for the page, and the run's newest live snapshot when there is a newer one."""

    tick: dict[str, Any]
    live: bytes | None


class Feed:
    """Follows one run, for one thread at a time. Every point is told once, and the newest snapshot."""

    def __init__(self, store: Path, run: int, after: int = 0, told: int = 0) -> None:
        """Raises NoSuchRun. after: the cursor of the last tick a page has; 0 for all there is, thinned.

        told: the number of the event up to which the page knows what was changed.
        """
        self._catalog = Catalog(store, create=False)
        self._reader = Reader(files.run_folder(store, run))
        self._number = self._catalog.run(run).id
        self._cursor, self._known = after, told
        self._thinned: dict[str, int] = {}  # the last step of each series that came with the history
        self._versions: tuple[int, int] | None = None
        self._standing: tuple[RunState, str, int] | None = None
        self._event = self._note = self._snapshot = 0
        self._more = False
        self._moments: list[int] = []

    def moved(self) -> bool:
        """Whether anything may have changed since the last look. Takes microseconds."""
        return self._more or self._versions != (self._catalog.version(), self._reader.version())

    def news(self) -> News | None:
        """What is new, or None. Raises NoSuchRun when the run was removed."""
        before, self._versions = self._versions, (self._catalog.version(), self._reader.version())
        run = self._catalog.run(self._number)
        ahead = self._catalog.queue_position(run.id) if run.state is RunState.QUEUED else 0
        standing, self._standing = self._standing, (run.state, run.reason, ahead)
        same = before is not None and before[1] == self._versions[1] and standing == self._standing
        if same and not self._more:
            return None  # only other runs moved
        tick = {"push": "tick", "run": run.id, "first": before is None, "state": run.state,
                "reason": run.reason, "ahead": ahead, "progress": self._reader.progress(),
                "points": self._points(), "moments": self._new_moments(), **self._told()}
        return News({**tick, "cursor": self._cursor}, self._live())

    def close(self) -> None:
        """Let go of the databases."""
        self._reader.close()
        self._catalog.close()

    def _points(self) -> Curves:
        if self._cursor == 0:
            history, self._cursor = self._reader.history(HISTORY)
            self._thinned = {one.name: one.steps[-1] for one in history if one.steps}
            return {one.name: (list(one.steps), list(one.values)) for one in history}
        before = self._cursor
        curves, self._cursor = self._reader.curves(before, _LIMIT)
        self._more = self._cursor - before >= _LIMIT
        return {name: curve for name in curves if (curve := self._untold(name, *curves[name]))[0]}

    def _untold(self, name: str, steps: list[int], values: list[float]) -> tuple[list[int], list[float]]:
        """The curve without the points that were stored while the history was read, and told with it."""
        new = bisect_right(steps, self._thinned.get(name, -1))
        return steps[new:], values[new:]

    def _told(self) -> dict[str, Any]:
        """What the run said since the last look: how it started, ended, was steered, and could not be."""
        told: dict[str, Any] = {"started": None, "ended": None, "turbo": None, "marks": [], "notes": [],
                                "changes": []}
        for number, event in self._reader.events(self._event, points=False):
            self._event = number
            if isinstance(event, Started | TurboChanged):
                told["started" if isinstance(event, Started) else "turbo"] = event
            elif isinstance(event, Finished | Stopped | Diverged | Failed):
                told["ended"] = event
            elif mark := _mark(event):
                told["marks"].append(mark)
            if isinstance(event, Changed) and number > self._known:
                change = {"number": number, "setting": event.setting, "value": event.value}
                told["changes"].append(change)
        for number, text in self._reader.notes(self._note):
            self._note = number
            told["notes"].append(text)
        return told

    def _new_moments(self) -> list[int] | None:
        """The steps one can go back to, when they are others than those told last."""
        moments = self._reader.moments()
        if moments == self._moments:
            return None
        self._moments = moments
        return moments

    def _live(self) -> bytes | None:
        found = self._reader.snapshot("live", self._snapshot)
        if found is None:
            return None
        self._snapshot, block = found
        return block


def _at(value: Any) -> str:
    """The learning rate that came with a rule, which is the rule's own."""
    rate = value.get("learning_rate") if isinstance(value, dict) else None
    return "" if rate is None else f" at {rate:g}"


def _mark(event: Event) -> dict[str, Any] | None:
    if isinstance(event, Changed):
        setting = event.setting.rpartition(".")[2].replace("_", " ")
        return {"step": event.step, "text": f"{setting} {event.words()}{_at(event.value)}"}
    if isinstance(event, WeightEdited):
        return {"step": event.step, "text": f"a weight of {event.node} set to {event.value:g}"}
    if isinstance(event, Repinned):
        return {"step": event.step, "text": f"threads {event.threads}"}
    if isinstance(event, Marked):
        return {"step": event.step, "text": "marked"}
    if isinstance(event, Branched):
        return {"step": event.step, "text": f"branched from run {event.run}"}
    if isinstance(event, Continued):
        return {"step": event.step + event.again, "text": "resumed" if event.exact else "resumed, not exact"}
    return None
