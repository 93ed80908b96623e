"""Where the store is, where its processes keep what they share, and which version of the code this is."""

import hashlib
import os
import sys
from functools import cache
from pathlib import Path

from core.store import files

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `core`: where processes are started."""


def store() -> Path:
    """The store in use: $LAYERSCOPE_STORE, or `runs` in the current folder."""
    return Path(os.environ.get("LAYERSCOPE_STORE") or "runs").absolute()


def jobs_lock(store: Path) -> Path:
    """Held by the dispatcher."""
    return store / "jobs.lock"


def jobs_log(store: Path) -> Path:
    """What the dispatcher and its children have to say when something is wrong."""
    return store / "jobs.log"


def web_lock(store: Path) -> Path:
    """Shared by all who may want something of the dispatcher."""
    return store / "web.lock"


def run_lock(store: Path, run: int) -> Path:
    """Held by a run's worker."""
    return files.run_folder(store, run) / "run.lock"


def log(store: Path, run: int) -> Path:
    """What a run's worker has to say when something is wrong."""
    return files.run_folder(store, run) / "log.txt"


def reserve(store: Path, run: int) -> Path:
    """Room a run's worker keeps back on the disk."""
    return files.run_folder(store, run) / "reserve"


def weights(store: Path, run: int) -> Path:
    """What a run learned; there when it is over."""
    return files.run_folder(store, run) / "weights.safetensors"


def checkpoints(store: Path, run: int) -> Path:
    """What a run needs to go on when its process is gone, or to branch off later."""
    return files.run_folder(store, run) / "checkpoints"


def checkpoint(store: Path, run: int, step: int) -> Path:
    """The checkpoint of one step."""
    return checkpoints(store, run) / f"ckpt-{step}"


def origin(store: Path, run: int) -> Path:
    """The checkpoint that a branch begins with."""
    return files.run_folder(store, run) / "origin"


def plan(store: Path, run: int) -> Path:
    """What is to be done to a run that replays another."""
    return files.run_folder(store, run) / "plan.json"


def experiment(store: Path, run: int) -> Path:
    """What a run was asked, beside its weights."""
    return files.run_folder(store, run) / "experiment.json"


def compiled() -> Path:
    """Where this person's compiled steps lie: not in a store, for they are programs."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))  # one that is not absolute counts as not there
    return (named if named.is_absolute() else Path.home() / ".cache") / "layerscope" / "turbo"


@cache
def code_version() -> str:
    """A word for the code of `core` as it lies on the disk when first asked, and the Python that runs it."""
    code = hashlib.sha256(sys.version.encode())
    for path in sorted((ROOT / "core").rglob("*.py")):
        code.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return code.hexdigest()[:16]
