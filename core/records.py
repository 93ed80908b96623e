"""What the store gives back: Run, RunState, Progress, Series, Snapshot. Plain values, never connections."""

import json
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from core.plain import Plain


class RunState(StrEnum):
    """Where a run stands. From `running` on its worker says so; once that is gone, the dispatcher says what
    it left behind. A run that is told to stop while it is queued is over at once."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to this run, unless it was interrupted and is resumed."""
        return self not in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING, RunState.PAUSED)


class Run(Plain):
    """One execution of an experiment, as the catalog database knows it. Times are seconds since 1970."""

    id: int
    name: str
    state: RunState
    experiment: dict[str, Any]
    created: float
    started: float | None = None
    ended: float | None = None
    best: float | None = None
    """The best scheduled validation value of `metric`."""
    metric: str = ""
    seconds: float = 0.0
    """Time spent training, pauses left out."""
    reason: str = ""
    """Why it ended, waits or was put back into the queue, for a reader; empty where nothing is to be said."""
    parent: int | None = None
    """The run it is a branch of."""
    parent_step: int | None = None
    """The step of that run it goes on from."""
    family: str | None = None
    """What runs have in common that are to be trained by one process, as one batched network."""


class Progress(Plain):
    """How far a run is, rewritten about ten times a second."""

    step: int = 0
    epoch: int = 0
    steps_per_epoch: int = 0
    epochs: int | None = None
    seconds: float = 0.0
    steps_per_second: float | None = None
    samples_per_second: float | None = None
    remaining: float | None = None
    """Seconds left at this speed; None while unknown."""
    pace: float | None = None
    """Steps a second the person asked for; None is full speed."""
    at: float | None = None
    """When this was so, in seconds since 1970."""


class Series(Plain):
    """One curve: steps ascending, and as many values."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Snapshot:
    """Small arrays for the eye with the facts about them, packed as one block of bytes.

    Layout, little-endian: u32 length of the header, the header (JSON, padded with spaces so that what
    follows starts at a multiple of 8), then the arrays, each starting at a multiple of 8.
    """

    step: int
    epoch: int
    facts: dict[str, Any] = field(default_factory=lambda: {})
    arrays: dict[str, np.ndarray] = field(default_factory=lambda: {})

    def pack(self) -> bytes:
        """The snapshot as bytes."""
        blocks = {name: np.asarray(array, order="C") for name, array in self.arrays.items()}
        entries: list[dict[str, Any]] = []
        offset = 0
        for name, block in blocks.items():
            entries.append(
                {"name": name, "dtype": block.dtype.str[1:], "shape": list(block.shape), "offset": offset}
            )
            offset += _padded(block.nbytes)
        header = json.dumps(
            {"step": self.step, "epoch": self.epoch, "facts": self.facts, "arrays": entries}, allow_nan=False
        ).encode()
        header += b" " * (_padded(4 + len(header)) - 4 - len(header))
        body = b"".join(
            block.tobytes() + b"\0" * (_padded(block.nbytes) - block.nbytes) for block in blocks.values()
        )
        return struct.pack("<I", len(header)) + header + body

    @staticmethod
    def unpack(data: bytes) -> "Snapshot":
        """The snapshot these bytes hold."""
        (length,) = struct.unpack_from("<I", data)
        header = json.loads(data[4 : 4 + length])
        arrays: dict[str, np.ndarray] = {}
        for entry in header["arrays"]:
            dtype = np.dtype("<" + entry["dtype"])
            count = int(np.prod(entry["shape"], dtype=np.int64))
            arrays[entry["name"]] = np.frombuffer(data, dtype, count, 4 + length + entry["offset"]).reshape(
                entry["shape"]
            )
        return Snapshot(header["step"], header["epoch"], header["facts"], arrays)


def _padded(size: int) -> int:
    return (size + 7) // 8 * 8
