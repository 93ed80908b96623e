"""Compiling: the process that compiles a run's steps, and who may have put compiled steps where they lie."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.experiment.model import write
from core.problems import Problem, Problems
from core.runtime import paths, spare

if TYPE_CHECKING:
    from core.engine.trainer import Trainer


def own(*places: Path) -> None:
    """Raises Problems unless each is a file or folder of this person's that nobody else can change."""
    if sys.platform == "win32":  # a person's folders are closed to others there
        return
    for place in places:
        about = place.lstat()
        strange = about.st_uid != os.getuid() or stat.S_ISLNK(about.st_mode)
        if strange or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Problems(Problem(
                where="turbo", what=f"Others can change {place}, so no compiled steps are taken from there.",
                fix="Make it yours alone (chmod 700), or name another folder in $XDG_CACHE_HOME."))


class Compiling:
    """The process that compiles. It ends when this one does, because its standard input ends then."""

    def __init__(self, trainer: "Trainer", key: str, path: Path) -> None:
        self.key, self.path = key, path
        self._began = time.monotonic()
        self._process, self._said = _begun()
        assert self._process.stdin is not None
        asked = {"path": str(path), "threads": trainer.pins.threads, "experiment": write(trainer.experiment)}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()

    @property
    def over(self) -> bool:
        """Whether there is a result."""
        return self._process.poll() is not None

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self._began

    def reason(self) -> str:
        """Why there are no compiled steps; empty when there are."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        self.end()
        if self._process.returncode == 0 and self.path.exists():
            return ""
        told = lines[-1] if lines and self._process.returncode == 1 else ""
        return told or f"The compiler's process ended with {self._process.returncode}."

    def end(self) -> None:
        """Have the process put its things away and end, if it is not over."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._said.close()


def _begun() -> "tuple[subprocess.Popen[bytes] | spare.Forked, IO[bytes]]":
    """A process that waits to be told what to compile, and the file it answers into."""
    waiting = spare.take()
    if waiting is not None:
        return waiting, waiting.said
    said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `Compiling.end`
    command = [sys.executable, "-m", "core.runtime.turbo_compile"]
    return subprocess.Popen(command, cwd=paths.ROOT, stdin=subprocess.PIPE, stdout=said), said
