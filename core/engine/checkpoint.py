"""Checkpoints: what a run needs to go on exactly, in folders that are whole or not there.

A folder `ckpt-<step>` holds `state.safetensors` (every tensor), `state.json` (how they belong together)
and `MANIFEST.json` (the hashes of both, what exactness depends on, and its own hash). Nothing in it can
run on load.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load

from core.disk import make_folder, sync
from core.engine import packing
from core.engine.tensors import save

_TENSORS, _STRUCTURE, _MANIFEST = "state.safetensors", "state.json", "MANIFEST.json"
_FORMAT = 3
_CHUNK = 1 << 20


class Damaged(Exception):
    """A checkpoint is not what was written."""


class Checkpoint(NamedTuple):
    """A run's state after a step."""

    step: int
    mark: int
    """Whatever the writer counted: here, how many events the run had told."""
    key: dict[str, Any]
    """What must be the same for the run to go on exactly."""
    state: Any
    """For `Trainer.restore`; None when it was not asked for."""


class Checkpoints:
    """The checkpoints of one run. One process writes them; any may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, step: int, mark: int, key: dict[str, Any], state: Any) -> None:
        """Put a checkpoint in its place as a whole. Raises OSError."""
        make_folder(self.folder)
        made = Path(tempfile.mkdtemp(prefix=".tmp-", dir=self.folder))
        try:
            _fill(made, {"format": _FORMAT, "step": step, "mark": mark, "key": key}, state)
            place = self._place(step)
            self._remove(place)
            os.rename(made, place)
            sync(self.folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def read(self, step: int) -> Checkpoint:
        """The checkpoint of a step. Raises Damaged, and OSError when there is none."""
        return self._read(step, state=True)

    def bytes(self, step: int) -> int:
        """How much room a checkpoint takes on the disk."""
        return sum(path.stat().st_size for path in self._place(step).iterdir())

    def newest(self, marked: int, *, state: bool = True) -> tuple[Checkpoint | None, list[int]]:
        """The newest whole checkpoint with a mark of at most `marked`; the steps of newer ones of no use."""
        useless: list[int] = []
        for step in reversed(self.steps()):
            try:
                found = self._read(step, state)
            except (Damaged, OSError):
                useless.append(step)
                continue
            if found.mark <= marked:
                return found, useless
            useless.append(step)
        return None, useless

    def steps(self) -> list[int]:
        """The steps there are checkpoints of, whole or not, oldest first."""
        names = [path.name for path in self.folder.glob("ckpt-*")]
        return sorted(int(name[5:]) for name in names if re.fullmatch("ckpt-(0|[1-9][0-9]*)", name))

    def remove(self, steps: Iterable[int]) -> None:
        """Remove these checkpoints."""
        for step in steps:
            self._remove(self._place(step))

    def sweep(self) -> None:
        """Remove what a writer left behind that was killed."""
        for left in self.folder.glob(".tmp-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _place(self, step: int) -> Path:
        return self.folder / f"ckpt-{step}"

    def _remove(self, place: Path) -> None:
        """Take a folder away as a whole: a kill in between leaves no half of it under its name."""
        if not place.exists():
            return
        away = self.folder / f".tmp-{secrets.token_hex(8)}"  # a name only: a full disk takes no folder more
        os.rename(place, away)
        shutil.rmtree(away, ignore_errors=True)

    def _read(self, step: int, state: bool) -> Checkpoint:
        place = self._place(step)
        manifest = _manifest((place / _MANIFEST).read_bytes())
        if (manifest["format"], manifest["step"]) != (_FORMAT, step):
            raise Damaged(f"{place} holds another checkpoint.")
        blocks = {name: (place / name).read_bytes() for name in (_TENSORS, _STRUCTURE)}
        for name, block in blocks.items():
            if hashlib.sha256(block).hexdigest() != manifest["files"][name]["sha256"]:
                raise Damaged(f"{place / name} is not what was written.")
        held = packing.unpack(load(blocks[_TENSORS]), json.loads(blocks[_STRUCTURE])) if state else None
        return Checkpoint(step, manifest["mark"], manifest["key"], held)


def _fill(folder: Path, facts: dict[str, Any], state: Any) -> None:
    tensors, structure = packing.pack(state)
    save(tensors, folder / _TENSORS)
    (folder / _STRUCTURE).write_text(json.dumps(structure), encoding="utf-8")
    files = {name: {"bytes": (folder / name).stat().st_size, "sha256": _hash(folder / name)}
             for name in (_TENSORS, _STRUCTURE)}
    (folder / _MANIFEST).write_bytes(_written({**facts, "files": files}))
    for name in (_TENSORS, _STRUCTURE, _MANIFEST):
        sync(folder / name)
    sync(folder)


def _written(facts: dict[str, Any]) -> bytes:
    """A manifest as it lies on the disk: the one way to write these facts, with their hash."""
    body = json.dumps(facts, sort_keys=True)
    return json.dumps({"hash": hashlib.sha256(body.encode()).hexdigest(), "manifest": facts},
                      sort_keys=True).encode()


def _manifest(raw: bytes) -> dict[str, Any]:
    """The facts a manifest holds. Raises Damaged when a single byte of it is another one."""
    try:
        facts: dict[str, Any] = json.loads(raw)["manifest"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Damaged("The manifest cannot be read.") from None
    if _written(facts) != raw:
        raise Damaged("The manifest is not what was written.")
    return facts


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            found.update(block)
    return found.hexdigest()
