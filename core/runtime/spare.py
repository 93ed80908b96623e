"""Spare: a compiling process forked from a worker at its start, which has loaded all it needs when asked.

Loading takes longer than compiling a small network. A fork after the worker's first computation would inherit
locks of threads it has not.
"""

import contextlib
import os
import signal
import sys
import tempfile
import traceback
from typing import IO, NoReturn

_DESCRIPTORS = 256

_waiting: "list[Forked]" = []


class Forked:
    """A process that compiles what its standard input says, and ends when that does."""

    def __init__(self) -> None:
        self.said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who uses it
        reader, writer = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:
            os.close(reader)
            os.close(writer)
            self.said.close()
            raise
        if not self._pid:
            _work(reader, self.said.fileno())
        os.close(reader)
        self.stdin: IO[bytes] = os.fdopen(writer, "wb")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, a signal's number below zero; None while it goes on."""
        if self.returncode is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def keep() -> None:
    """Have one ready, if this process can fork; it must not have computed anything yet."""
    if sys.platform not in ("win32", "darwin"):
        with contextlib.suppress(OSError):  # no room for one more process; one is begun when it is needed
            _waiting.append(Forked())


def ready() -> bool:
    """Whether there is one."""
    return bool(_waiting) and _waiting[0].poll() is None


def take() -> Forked | None:
    """The one that is ready, to be used once."""
    return _waiting.pop() if ready() else None


def _work(reader: int, said: int) -> NoReturn:
    """Be that process."""
    code = 1
    try:
        os.dup2(reader, 0)
        os.dup2(said, 1)
        os.closerange(3, _DESCRIPTORS)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        from core.runtime import turbo_compile

        code = turbo_compile.main()
    except Exception:  # an edge: whoever waits is told by the exit code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
