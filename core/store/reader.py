"""Reader: what a run said so far, read while it goes on."""

from pathlib import Path

import numpy as np

from core import events
from core.events import Event, Point
from core.records import Progress, Series
from core.store import files
from core.store.database import Database, Row
from core.store.moments import moment
from core.store.thinning import thinned, width_for
from core.store.trouble import StoreMissing
from core.store.writer import PLAN

Curves = dict[str, tuple[list[int], list[float]]]
"""For each series by its name: steps, and as many values."""


class Reader:
    """One read-only connection to a run's database; each thread and process opens its own.

    Whoever reads may rely on three things: what they got never changes, sequence numbers have no gaps,
    and a run that is over stays as it is. A run that has not begun has said nothing yet: everything is
    empty until its worker has made the database.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / files.RUN
        self._base: Database | None = None

    def version(self) -> int:
        """A number that is another one when the run has said something since; 0 before it began."""
        base = self._begun()
        return base.version() if base else 0

    def events(self, after: int = 0, *, points: bool = True) -> list[tuple[int, Event]]:
        """Events with a sequence number above `after`, each with its number.

        points: False leaves out those that are told as points too, however many there are.
        """
        only = "" if points else "AND type NOT IN ('steps_recorded', 'validated') "
        return [(seq, events.read(event)) for seq, event in self._rows(
            f"SELECT seq, event FROM events WHERE seq > ? {only}ORDER BY seq", (after,))]

    def last_number(self) -> int:
        """The sequence number of what the run said last; 0 before its first word."""
        rows = self._rows("SELECT seq FROM events ORDER BY seq DESC LIMIT 1")
        return rows[0][0] if rows else 0

    def last_event(self) -> Event | None:
        """What the run said last."""
        rows = self._rows("SELECT event FROM events ORDER BY seq DESC LIMIT 1")
        return events.read(rows[0][0]) if rows else None

    def names(self) -> tuple[str, ...]:
        """The names of all series, in order of first appearance."""
        return tuple(name for (name,) in self._rows("SELECT name FROM series ORDER BY id"))

    def last(self) -> dict[str, tuple[int, float]]:
        """The latest point of each series: its step and its value."""
        return {name: (step, _number(value)) for name, step, value in self._rows(
            "SELECT name, step, value FROM series ORDER BY id")}

    def last_point(self) -> int:
        """The cursor after all points there are: how many have been stored."""
        rows = self._rows("SELECT start + count FROM points ORDER BY start DESC LIMIT 1")
        return rows[0][0] if rows else 0

    def points(self, after: int = 0, limit: int = 20_000) -> tuple[list[Point], int]:
        """At most `limit` points of all series after the cursor `after`, and the cursor after them."""
        curves, cursor = self._blocks(after, limit)
        return [(name, int(step), float(value)) for name, steps, values in curves
                for step, value in zip(steps.tolist(), values.tolist(), strict=True)], cursor

    def curves(self, after: int = 0, limit: int = 20_000) -> tuple[Curves, int]:
        """The same as `points`, gathered by series."""
        blocks, cursor = self._blocks(after, limit)
        curves: Curves = {}
        for name, steps, values in blocks:
            known = curves.setdefault(name, ([], []))
            known[0].extend(steps.tolist())
            known[1].extend(values.tolist())
        return curves, cursor

    def series(self, name: str, points: int) -> Series:
        """At most `points` (3 or more) of a series: the lowest and highest of each stretch, and the latest.

        The same series gives the same points every time, and while it grows most of them stay.
        """
        base = self._begun()
        if base is None:
            return Series(name=name, steps=(), values=())
        with base.view():
            row = base.row("SELECT id, count, step, value FROM series WHERE name = ?", (name,))
            if row is None:
                return Series(name=name, steps=(), values=())
            id, count, step, value = row
            steps, values = thinned(base, id, count, width_for(count, points), (step, _number(value)))
        return Series(name=name, steps=tuple(steps), values=tuple(values))

    def history(self, points: int) -> tuple[list[Series], int]:
        """Every series, thinned; and the cursor from which `points` and `curves` go on.

        A point that is stored meanwhile may be told again by what follows the cursor, never left out.
        """
        cursor = self.last_point()
        return [self.series(name, points) for name in self.names()], cursor

    def progress(self) -> Progress | None:
        """How far the run is; None before its first word."""
        rows = self._rows("SELECT progress FROM progress")
        return Progress.model_validate_json(rows[0][0]) if rows else None

    def snapshot(self, name: str, newer_than: int = 0) -> tuple[int, bytes] | None:
        """The snapshot with its version; None when there is none newer than that version."""
        rows = self._rows("SELECT version, snapshot FROM snapshots WHERE name = ? AND version > ?",
                          (name, newer_than))
        return (rows[0][0], rows[0][1]) if rows else None

    def moments(self) -> list[int]:
        """The steps of the moments that are kept of a run, ascending; `snapshot(moment(step))` shows one."""
        first = moment("")
        rows = self._rows("SELECT name FROM snapshots WHERE name > ? AND name < ?", (first, f"{first}\uffff"))
        return sorted(int(name.removeprefix(first)) for (name,) in rows)

    def notes(self, after: int = 0) -> list[tuple[int, str]]:
        """Sentences for the person who steers the run, each with its number, above `after`."""
        return [(seq, text) for seq, text in self._rows(
            "SELECT seq, text FROM notes WHERE seq > ? ORDER BY seq", (after,))]

    def close(self) -> None:
        """Let go of the database."""
        if self._base is not None:
            self._base.close()

    def _begun(self) -> Database | None:
        """The database, as soon as the worker has made it."""
        if self._base is None:
            try:
                self._base = Database(self._path, PLAN, read_only=True)
            except StoreMissing:
                return None
        return self._base

    def _rows(self, sql: str, bindings: tuple[object, ...] = ()) -> list[Row]:
        base = self._begun()
        return base.rows(sql, bindings) if base else []

    def _blocks(self, after: int, limit: int) -> tuple[list[tuple[str, np.ndarray, np.ndarray]], int]:
        """Blocks of points after the cursor, the first and last cut to measure."""
        blocks: list[tuple[str, np.ndarray, np.ndarray]] = []
        cursor = after
        for start, name, steps, values in self._rows(
                'SELECT start, name, steps, "values" FROM points JOIN series ON series.id = points.series '
                "WHERE start >= coalesce((SELECT max(start) FROM points WHERE start <= ?), 0) AND start < ? "
                "ORDER BY start", (after, after + limit)):
            some = slice(max(0, after - start), after + limit - start)
            blocks.append((name, np.frombuffer(steps, "<i8")[some], np.frombuffer(values, "<f8")[some]))
            cursor += len(blocks[-1][1])
        return blocks, cursor


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
