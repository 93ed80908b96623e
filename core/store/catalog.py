"""Catalog: the runs of a store, the queue, what runs are told, and what pages ask."""

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.records import Run, RunState
from core.store import files
from core.store.database import Database, Plan, Row
from core.store.trouble import NoSuchRun, RunIsOver, StoreTrouble

_PLAN = Plan("catalog.sql",
             "ALTER TABLE runs ADD COLUMN parent INTEGER; ALTER TABLE runs ADD COLUMN parent_step INTEGER",
             "ALTER TABLE runs ADD COLUMN family TEXT; ALTER TABLE runs ADD COLUMN turn REAL")
_TURN = "coalesce(turn, id), id"
"""The order of the queue."""
_COLUMNS = ("id, name, state, experiment, created, started, ended, best, metric, seconds, reason, "
            "parent, parent_step, family")

_REMEMBERED = 86_400
"""Seconds for which a question is remembered that was answered."""


class Origin(NamedTuple):
    """Where a run comes from: the moment of another it goes on from, if any, and what is to be put ready."""

    run: int | None
    step: int | None
    prepare: Callable[[int], object]


class Question(NamedTuple):
    """Something a page wants to know; `key` names the file the answer will lie in."""

    key: str
    kind: str
    payload: dict[str, Any]


class Catalog:
    """One connection to a store's catalog. Any number of processes may have one; each opens its own.

    Readers may rely on three things: a run's number is never given twice, a run that is over stays in
    that state unless it is resumed, and what a call returned was on the disk (another process, or this
    one killed the next moment, finds it there).
    """

    def __init__(self, store: Path, *, create: bool = True) -> None:
        """create: make the store when it is not there; otherwise StoreMissing is raised."""
        self.store = store
        if create:
            files.make_folder(files.make_folder(store) / "runs")
        self._base = Database(store / files.CATALOG, _PLAN, create=create)

    def close(self) -> None:
        """Let go of the database."""
        self._base.close()

    def version(self) -> int:
        """A number that is another one when somebody else has written since. Takes microseconds."""
        return self._base.version()

    # Runs

    def add_run(self, experiment: dict[str, Any], name: str, key: str, pace: float | None, metric: str,
                *, origin: Origin | None = None, first: Sequence[dict[str, Any]] = ()) -> int:
        """Queue a run and return its number; the same key again returns that number and queues nothing.

        origin: where it comes from; `prepare` is called with the new number before anybody sees it.
        first: what it is told besides its pace before its first step.
        """
        with self._base.durable(), self._base.transaction():
            known = self._base.row("SELECT id FROM runs WHERE key = ?", (key,))
            if known is not None:
                return known[0]
            run = self._base.rows(
                "INSERT INTO runs (key, name, state, experiment, created, metric, parent, parent_step) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (key, name, RunState.QUEUED.value, json.dumps(experiment), time.time(), metric,
                 *((origin.run, origin.step) if origin else (None, None))))[0][0]
            files.make_way(files.run_folder(self.store, run))
            if origin is not None:
                origin.prepare(run)
            for command in ({"kind": "pace", "value": pace}, *first):
                self._tell(run, command)
            return run

    def add_family(self, asked: Sequence[tuple[dict[str, Any], str]], key: str, metric: str) -> list[int]:
        """Queue runs to be trained as one, all or none; their numbers. The same key again queues nothing.

        asked: each one's experiment and name.
        """
        keys = [f"{key} {place}" for place in range(len(asked))]
        with self._base.durable(), self._base.transaction():
            marks = ", ".join("?" for _ in keys)  # by keys: one that trains alone by now has no family
            known = self._base.rows(f"SELECT id FROM runs WHERE key IN ({marks}) ORDER BY id", keys)
            if known:
                return [row[0] for row in known]
            return [self._add_member(own, key, *one, metric) for own, one in zip(keys, asked, strict=True)]

    def _add_member(self, key: str, family: str, experiment: dict[str, Any], name: str, metric: str) -> int:
        run = self._base.rows(
            "INSERT INTO runs (key, name, state, experiment, created, metric, family) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (key, name, RunState.QUEUED.value, json.dumps(experiment), time.time(), metric, family))[0][0]
        files.make_way(files.run_folder(self.store, run))
        return run

    def disband(self, runs: Sequence[int], reason: str) -> None:
        """Put runs that cannot be trained as one back into the queue, each by itself."""
        with self._base.durable(), self._base.transaction():
            for run in runs:
                self._base.rows("UPDATE runs SET state = 'queued', family = NULL, reason = ? "
                                "WHERE id = ? AND state IN ('starting', 'running')", (reason, run))

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        return [_run(row) for row in self._base.rows(f"SELECT {_COLUMNS} FROM runs ORDER BY id DESC")]

    def run(self, id: int) -> Run:
        """The run of this number. Raises NoSuchRun."""
        row = self._base.row(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", (_kept(id),))
        if row is None:
            raise NoSuchRun(id)
        return _run(row)

    def last_number(self) -> int:
        """The highest number a run was ever given here, removed runs included; 0 before the first."""
        row = self._base.row("SELECT seq FROM sqlite_sequence WHERE name = 'runs'")
        return row[0] if row else 0

    def in_state(self, *states: RunState) -> list[Run]:
        """The runs in any of these states, oldest first."""
        marks = ", ".join("?" for _ in states)
        return [_run(row) for row in self._base.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE state IN ({marks}) ORDER BY id",
            [state.value for state in states])]

    def count(self, *states: RunState) -> int:
        """How many runs are in any of these states."""
        marks = ", ".join("?" for _ in states)
        return self._base.rows(f"SELECT count(*) FROM runs WHERE state IN ({marks})",
                               [state.value for state in states])[0][0]

    def at_work(self) -> int:
        """How many processes train: a family is trained by one."""
        return self._base.rows("SELECT count(DISTINCT coalesce(family, id)) FROM runs "
                               "WHERE state IN ('starting', 'running')")[0][0]

    def claim(self) -> list[Run]:
        """Take the oldest queued run, and with it all queued ones of its family: they are starting now, and
        nobody else gets them."""
        if not self.count(RunState.QUEUED):
            return []  # looking costs no writer's turn
        with self._base.transaction():
            rows = self._base.rows(
                "WITH first AS (SELECT id, family FROM runs WHERE state = 'queued' "
                f"ORDER BY {_TURN} LIMIT 1) "
                "UPDATE runs SET state = 'starting' WHERE state = 'queued' AND (id = (SELECT id FROM first) "
                f"OR family = (SELECT family FROM first)) RETURNING {_COLUMNS}")
            return sorted(map(_run, rows), key=lambda run: run.id)

    def requeue(self, id: int) -> None:
        """Put a run that was claimed but never begun back into the queue."""
        with self._base.transaction():
            self._base.rows("UPDATE runs SET state = 'queued' WHERE id = ? AND state = 'starting'", (id,))

    def resume(self, id: int) -> None:
        """Put a run whose process was gone back into the queue. Raises NoSuchRun, RunIsOver for any other.

        What it was told before is forgotten, but for its pace: it is not told to pause or stop again.
        """
        with self._base.durable(), self._base.transaction():
            run = self.run(id)
            if run.state not in (RunState.INTERRUPTED, RunState.FAILED):
                raise RunIsOver(f"Run {id} is {run.state.value} and was not interrupted. Nothing to resume.")
            self._base.rows("UPDATE runs SET state = 'queued', reason = '', ended = NULL, "
                            "family = NULL WHERE id = ?", (id,))
            paces = [seq for seq, command in self.commands(id) if command.get("kind") == "pace"]
            self._base.rows("DELETE FROM commands WHERE run = ? AND seq != ?", (id, max(paces, default=0)))

    def set_state(self, id: int, state: RunState, *, reason: str = "", best: float | None = None,
                  seconds: float | None = None) -> None:
        """Say where a run stands. Raises RunIsOver when it was over before, NoSuchRun when it is gone."""
        if not state.over:
            return self._set_state(id, state, reason, best, seconds)
        with self._base.durable():
            return self._set_state(id, state, reason, best, seconds)

    def _set_state(self, id: int, state: RunState, reason: str, best: float | None, seconds: float | None,
                   ) -> None:
        now = time.time()
        with self._base.transaction():
            self._open(id, "changes no more")
            self._base.rows(
                "UPDATE runs SET state = ?, reason = ?, "
                "best = coalesce(?, best), seconds = coalesce(?, seconds), "
                "started = CASE WHEN ? THEN coalesce(started, ?) ELSE started END, "
                "ended = CASE WHEN ? THEN ? ELSE NULL END WHERE id = ?",
                (state.value, reason, best if best is None or math.isfinite(best) else None, seconds,
                 state is RunState.RUNNING, now, state.over, now, id))

    def rename(self, id: int, name: str) -> None:
        """Call a run something else."""
        with self._base.transaction():
            if not self._base.rows("UPDATE runs SET name = ? WHERE id = ? RETURNING id", (name, _kept(id))):
                raise NoSuchRun(id)

    def delete(self, id: int) -> None:
        """Remove a run that is queued or over, then its folder."""
        with self._base.transaction():
            run = self.run(id)
            if not run.state.over and run.state is not RunState.QUEUED:
                raise StoreTrouble(f"Run {id} is {run.state.value} and cannot be removed. Stop it first.")
            self._base.rows("DELETE FROM runs WHERE id = ?", (id,))
        files.remove(files.run_folder(self.store, id))

    def queue_position(self, id: int) -> int:
        """How many queued runs are before this one."""
        return self._base.rows(f"SELECT count(*) FROM runs WHERE state = 'queued' AND ({_TURN}) < "
                               f"(SELECT {_TURN} FROM runs WHERE id = ?)", (id,))[0][0]

    def hurry(self, id: int) -> None:
        """Have a queued run begin before all others. Raises StoreTrouble when it is not queued any more."""
        with self._base.transaction():
            if self.run(id).state is not RunState.QUEUED:
                raise StoreTrouble(f"Run {id} is not in the queue any more. Nothing to bring forward.")
            self._base.rows("UPDATE runs SET turn = (SELECT min(coalesce(turn, id)) - 1 FROM runs "
                            "WHERE state = 'queued') WHERE id = ?", (id,))

    # Commands

    def command(self, id: int, command: dict[str, Any]) -> int:
        """Tell a run something; it is heeded in order of arrival. Raises RunIsOver and NoSuchRun.

        A run that is told to stop while it is still queued is stopped at once; one that was to be resumed
        is interrupted as before.
        """
        with self._base.transaction():
            state = self._open(id, "takes no more commands")
            if state is RunState.QUEUED and command.get("kind") == "stop":
                self._base.rows(
                    "UPDATE runs SET ended = ?, "
                    "state = CASE WHEN started IS NULL THEN 'stopped' ELSE 'interrupted' END, "
                    "reason = CASE WHEN started IS NULL THEN 'Stopped before it began.' "
                    "ELSE 'Stopped before it went on.' END WHERE id = ?", (time.time(), id))
            return self._tell(id, command)

    def commands(self, id: int, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """What a run was told since the command numbered `after`, oldest first."""
        return [(seq, json.loads(command)) for seq, command in self._base.rows(
            "SELECT seq, command FROM commands WHERE run = ? AND seq > ? ORDER BY seq", (id, after))]

    def _tell(self, id: int, command: dict[str, Any]) -> int:
        return self._base.rows("INSERT INTO commands (run, command) VALUES (?, ?) RETURNING seq",
                               (id, json.dumps(command)))[0][0]

    def _open(self, id: int, refusal: str) -> RunState:
        """The state of a run that is not over."""
        row = self._base.row("SELECT state FROM runs WHERE id = ?", (_kept(id),))
        if row is None:
            raise NoSuchRun(id)
        state = RunState(row[0])
        if state.over:
            raise RunIsOver(f"Run {id} is over ({state.value}) and {refusal}. Train again to make a new run.")
        return state

    # Questions

    def ask(self, key: str, kind: str, payload: dict[str, Any]) -> None:
        """Leave a question; one that waits or is being answered already stays one."""
        with self._base.transaction():
            self._base.rows(
                "INSERT INTO questions (key, kind, payload, state, asked) VALUES (?, ?, ?, 'asked', ?) "
                "ON CONFLICT (key) DO UPDATE SET asked = excluded.asked, "
                "state = CASE WHEN state = 'answered' THEN 'asked' ELSE state END",
                (key, kind, json.dumps(payload), time.time()))

    def claim_question(self) -> Question | None:
        """Take the question asked last, for somebody looks at that one."""
        if not self.waiting_questions():
            return None  # looking costs no writer's turn
        with self._base.transaction():
            row = self._base.row(
                "UPDATE questions SET state = 'claimed' WHERE key = "
                "(SELECT key FROM questions WHERE state = 'asked' ORDER BY asked DESC LIMIT 1) "
                "RETURNING key, kind, payload")
            return Question(row[0], row[1], json.loads(row[2])) if row else None

    def question(self, key: str) -> Question | None:
        """The question with this key, if there is one."""
        row = self._base.row("SELECT key, kind, payload FROM questions WHERE key = ?", (key,))
        return Question(row[0], row[1], json.loads(row[2])) if row else None

    def waiting_questions(self) -> bool:
        """Whether any question waits to be taken."""
        return self._base.row("SELECT 1 FROM questions WHERE state = 'asked' LIMIT 1") is not None

    def answered(self, key: str) -> None:
        """The answer lies in its file. What was answered a day ago is forgotten."""
        with self._base.transaction():
            self._base.rows("UPDATE questions SET state = 'answered' WHERE key = ?", (key,))
            self._base.rows("DELETE FROM questions WHERE state = 'answered' AND asked < ?",
                            (time.time() - _REMEMBERED,))

    def reopen_questions(self) -> None:
        """Ask again what somebody claimed who is gone."""
        with self._base.transaction():
            self._base.rows("UPDATE questions SET state = 'asked' WHERE state = 'claimed'")


def _kept(id: int) -> int:
    """The number, if SQLite can hold it. Raises NoSuchRun."""
    if not 0 < id < 2**63:
        raise NoSuchRun(id)
    return id


def _run(row: Row) -> Run:
    names = (name.strip() for name in _COLUMNS.split(","))
    values = dict(zip(names, row, strict=True))
    return Run(**{**values, "experiment": json.loads(values["experiment"])})
