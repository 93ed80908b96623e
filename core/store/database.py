"""Database: one SQLite file through one connection, for the thread and process that opened it."""

import os
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from core.store.trouble import NewerStore, StoreMissing, told

_PATIENCE = 5.0
"""Seconds to wait for another writer."""
_CHECKPOINT = 4000
"""Pages after which what was written moves from the log to the file itself."""

Row = tuple[Any, ...]


class Plan:
    """The tables of a kind of database. `steps[n]` is the SQL that leads from version n + 1 to n + 2."""

    def __init__(self, name: str, *steps: str) -> None:
        self.schema = Path(__file__).with_name(name).read_text(encoding="utf-8")
        self.steps = steps
        self.version = 1 + len(steps)


class Database:
    """Write-ahead logged, so that readers never wait for the writer. Never carried across a fork."""

    def __init__(self, path: Path, plan: Plan, *, read_only: bool = False, create: bool = True) -> None:
        """Raises StoreTrouble. read_only: StoreMissing while the file has no tables yet."""
        self.path = path
        self._process = os.getpid()
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
        if create and not read_only:
            flags |= apsw.SQLITE_OPEN_CREATE
        elif not path.exists():
            raise StoreMissing(f"{path} is not there. Choose another store folder, or make the folder again.")
        with told(path):
            self._connection: Any = apsw.Connection(str(path), flags)
            try:
                self._connection.set_busy_timeout(int(_PATIENCE * 1000))
                self._connection.execute("PRAGMA foreign_keys = ON")
                if read_only:
                    self._expect(plan)
                else:
                    self._make_ready(plan)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; nobody else writes meanwhile."""
        self._check()
        with told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    @contextmanager
    def view(self) -> Generator[None]:
        """Everything read inside is of one moment."""
        self._check()
        with told(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._roll_back()

    @contextmanager
    def durable(self) -> Generator[None]:
        """What is committed inside, and everything before it, outlives a power cut."""
        self._check()
        self._connection.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def rows(self, sql: str, bindings: Sequence[Any] = ()) -> list[Row]:
        """All rows of the answer. Outside of a transaction this is one of its own."""
        self._check()
        with told(self.path):
            return self._connection.execute(sql, bindings).fetchall()

    def row(self, sql: str, bindings: Sequence[Any] = ()) -> Row | None:
        """The first row of the answer, or None."""
        found = self.rows(sql, bindings)
        return found[0] if found else None

    def many(self, sql: str, bindings: list[Row]) -> None:
        """The statement once for each of the bindings."""
        self._check()
        with told(self.path):
            self._connection.executemany(sql, bindings)

    def version(self) -> int:
        """A number that is another one when somebody else has written since. Takes microseconds."""
        return self.rows("PRAGMA data_version")[0][0]

    def close(self) -> None:
        """Let go of the file."""
        if self._process == os.getpid():
            self._connection.close()

    def _check(self) -> None:
        if self._process != os.getpid():
            raise TypeError("A database connection was carried into another process: open it there anew.")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _expect(self, plan: Plan) -> None:
        version = self._version()
        if version == 0:
            raise StoreMissing(f"{self.path} has nothing in it yet. Try again in a moment.")
        self._refuse_newer(version, plan)

    def _make_ready(self, plan: Plan) -> None:
        self._log_ahead()
        self._connection.execute(f"PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        self._refuse_newer(self._version(), plan)
        if self._version() == plan.version:
            return
        with self.durable(), self.transaction():
            version = self._version()  # another process may have been faster
            if version == 0:
                self._connection.execute(plan.schema)
            for step in plan.steps[version - 1:] if version else ():
                self._connection.execute(step)
            self._connection.execute(f"PRAGMA user_version = {plan.version}")

    def _log_ahead(self) -> None:
        """Switch to a write-ahead log; for that a new file must be had alone, and SQLite does not wait."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                if self._connection.pragma("journal_mode") != "wal":
                    self._connection.pragma("journal_mode", "wal")
                return
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    def _version(self) -> int:
        return int(self._connection.pragma("user_version") or 0)

    def _refuse_newer(self, version: int, plan: Plan) -> None:
        if version > plan.version:
            raise NewerStore(f"{self.path} is version {version}; this app reads up to {plan.version}. "
                             "Update the app.")
