"""Writer: the one hand that writes what a run says."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core import events
from core.events import Ended, Event, Failed, Point
from core.records import Progress
from core.store import files
from core.store.database import Database, Plan, Row
from core.store.folds import Folds
from core.store.trouble import RunIsOver

PLAN = Plan("run.sql")


class Writer:
    """Writes one run's database; made by its worker, and by nobody else while that lives.

    Readers may rely on three things: what they got never changes, sequence numbers have no gaps, and a
    run that is over takes no more events.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the run's database, making it when it is not there."""
        files.make_folder(folder)
        self._base = Database(folder / files.RUN, PLAN)
        last = self._base.row("SELECT seq, type FROM events ORDER BY seq DESC LIMIT 1") or (0, "")
        self._seq: int = last[0]
        self._over = last[1] in _ENDINGS
        row = self._base.row("SELECT start + count FROM points ORDER BY start DESC LIMIT 1")
        self._start: int = row[0] if row else 0
        self._series = self._tails()

    @property
    def stored(self) -> int:
        """How many events are stored."""
        return self._seq

    def append(self, *happened: Event) -> None:
        """Store events in order, with their points, all or nothing. Raises RunIsOver after an ending."""
        if not happened:
            return
        if self._over:
            raise RunIsOver(f"This run is over and takes no more events (got {happened[0].type}). "
                            "Make a new run.")
        rows: list[Row] = []
        curves: dict[str, list[Point]] = {}
        for seq, event in enumerate(happened, self._seq + 1):
            rows.append((seq, event.type, events.write(event)))
            for point in events.points(event):
                curves.setdefault(point[0], []).append(point)
        try:
            with self._base.transaction():
                self._base.many("INSERT INTO events (seq, type, event) VALUES (?, ?, ?)", rows)
                start = self._start
                for name, points in curves.items():
                    start = self._add(name, points, start)
        except BaseException:
            self._series = self._tails()  # forget what came to nothing
            raise
        self._start = start
        self._seq += len(rows)
        self._over = happened[-1].type in _ENDINGS

    def progress(self, progress: Progress) -> None:
        """Say how far the run is."""
        with self._base.transaction():
            self._base.rows("INSERT OR REPLACE INTO progress (id, progress) VALUES (1, ?)",
                            (progress.model_dump_json(),))

    def snapshot(self, name: str, snapshot: bytes) -> None:
        """Put a packed snapshot in the place of the one before."""
        with self._base.transaction():
            self._base.rows(
                "INSERT INTO snapshots (name, version, snapshot) VALUES (?, 1, ?) "
                "ON CONFLICT (name) DO UPDATE SET version = version + 1, snapshot = excluded.snapshot",
                (name, snapshot))

    def forget(self, names: Iterable[str]) -> None:
        """Remove the snapshots of these names."""
        with self._base.transaction():
            self._base.many("DELETE FROM snapshots WHERE name = ?", [(name,) for name in names])

    def note(self, text: str) -> None:
        """Leave a sentence for the person who steers the run."""
        with self._base.transaction():
            self._base.rows("INSERT INTO notes (seq, text) SELECT coalesce(max(seq), 0) + 1, ? FROM notes",
                            (text,))

    def barrier(self) -> None:
        """Everything stored before outlives a power cut."""
        with self._base.durable(), self._base.transaction():
            self._base.rows("INSERT INTO barriers (id, count) VALUES (1, 1) "
                            "ON CONFLICT (id) DO UPDATE SET count = count + 1")

    def close(self) -> None:
        """Let go of the database."""
        self._base.close()

    def _add(self, name: str, points: list[Point], start: int) -> int:
        """Store one block of one series; returns how many points there are after it."""
        tail = self._series.get(name)
        steps = np.array([step for _, step, _ in points], "<i8")
        values = np.array([value for _, _, value in points], "<f8")
        count = len(points)
        if tail is None:
            id: int = self._base.rows("INSERT INTO series (name, count, step, value) VALUES (?, 0, 0, NULL) "
                                      "RETURNING id", (name,))[0][0]
            tail = self._series[name] = _Tail(id, 0, Folds(id))
        self._base.rows('INSERT INTO points (start, series, first, count, steps, "values") '
                        "VALUES (?, ?, ?, ?, ?, ?)",
                        (start, tail.id, tail.count, count, steps.tobytes(), values.tobytes()))
        tail.folds.add(self._base, tail.count, steps, values)
        tail.count += count
        self._base.rows("UPDATE series SET count = ?, step = ?, value = ? WHERE id = ?",
                        (tail.count, int(steps[-1]), float(values[-1]), tail.id))
        return start + count

    def _tails(self) -> "dict[str, _Tail]":
        """Every series, as far as it is stored."""
        return {name: _Tail(id, count, Folds.read(self._base, id))
                for id, name, count in self._base.rows("SELECT id, name, count FROM series")}


class _Tail:
    """Where the next block of a series goes."""

    def __init__(self, id: int, count: int, folds: Folds) -> None:
        self.id = id
        self.count = count
        self.folds = folds


_ENDINGS = {kind.model_fields["type"].default for kind in (*Ended.__subclasses__(), Failed)}
