"""Lock: a file held by a living process. The system lets go of it the moment that process is gone."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from core.store.trouble import told

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # the locked bytes lie behind the text, which stays readable
    _SHARES = 64

    def _grasp(file: BinaryIO, shared: bool) -> bool:
        """There are no shared locks here: sharing is holding one byte of many, alone is holding all."""
        for first, count in [(n, 1) for n in range(_SHARES)] if shared else [(0, _SHARES)]:
            file.seek(_FAR + first)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, count)
            except OSError:
                continue
            return True
        return False
else:
    import fcntl

    def _grasp(file: BinaryIO, shared: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Lock:
    """A held lock. It ends with `release`, or with this process."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def sign(self, **facts: Any) -> None:
        """Write who holds it: this process, and these facts."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({**identity(os.getpid()), **facts}).encode())
        self._file.flush()

    def release(self) -> None:
        """Let go."""
        self._file.close()


def take(path: Path, *, shared: bool = False, patience: float = 0.0) -> Lock | None:
    """The lock, or None when somebody else held it for `patience` seconds. shared: many may hold it so."""
    deadline = time.monotonic() + patience
    with told(path):
        file = path.open("a+b", buffering=0)
        try:
            while not _grasp(file, shared):
                if time.monotonic() >= deadline:
                    file.close()
                    return None
                time.sleep(0.002)
        except BaseException:
            file.close()
            raise
    return Lock(file)


def held(path: Path, *, shared: bool = False) -> bool:
    """Whether somebody holds this lock alone now; with `shared`, whether anybody holds it."""
    if not path.exists():
        return False
    lock = take(path, shared=not shared)
    if lock is not None:
        lock.release()
    return lock is None


def signature(path: Path) -> dict[str, Any]:
    """Who signed the lock last, holding it still or not; empty when nobody did."""
    try:
        signed = json.loads(path.read_bytes() or b"{}")
    except (FileNotFoundError, ValueError):
        return {}
    return signed if isinstance(signed, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def identity(process: int) -> dict[str, Any]:
    """What tells a process from a later one that was given the same number, whatever happens to the clock."""
    try:
        numbers = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return {"pid": process, "created": psutil.Process(process).create_time()}
    return {"pid": process, "created": int(numbers[19]), "boot": boot}  # created: clock ticks since the boot


def signer(path: Path) -> psutil.Process | None:
    """The living process that signed the lock; None when it is gone, whoever has its number now."""
    signed = signature(path)
    try:
        process = psutil.Process(signed["pid"])
        same = identity(process.pid).items() <= signed.items()
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, TypeError, ValueError, OSError, psutil.Error):
        return None
