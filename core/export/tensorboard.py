"""Every recorded point of a run as an event file that TensorBoard reads; proved by reading it back."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorboardX.crc32c import crc32c
from tensorboardX.proto import event_pb2, summary_pb2

from core.events import Point
from core.export.metrics import compared
from core.export.place import into, put
from core.export.subject import Proof, Subject

# Their classes are made when they are loaded, where no type checker sees them.
Event: Any = getattr(event_pb2, "Event")  # noqa: B009
Summary: Any = getattr(summary_pb2, "Summary")  # noqa: B009
_MARK = "tfevents"
"""What TensorBoard knows its files by."""


def export(subject: Subject, path: Path) -> Proof:
    """Write the points to `path`, or into the folder `path` when its name is not one TensorBoard knows; read
    them back, and compare. Raises Problems."""
    file = path
    if _MARK not in path.name:
        file = path / f"events.out.{_MARK}.layerscope"
        with into(path):
            path.mkdir(exist_ok=True)
    at = subject.run.created if subject.run else 0.0
    put(file, b"".join(_record(event.SerializeToString()) for event in _events(subject.points, at)))
    told = tuple((name, step, _single(value)) for name, step, value in subject.points)
    proof = compared("tensorboard", file, told, list(_read(file)), " in the 32 bits that TensorBoard keeps")
    return proof if file == path else proof.model_copy(update={"files": (f"{path.name}/{file.name}",)})


def _events(points: tuple[Point, ...], at: float) -> Iterator[Any]:
    """The version first, then one event per point. at: seconds since 1970; points have no clock."""
    yield Event(wall_time=at, file_version="brain.Event:2")
    for name, step, value in points:
        summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
        yield Event(wall_time=at, step=step, summary=summary)


def _record(content: bytes) -> bytes:
    """A record as TFRecord frames it: length, its checksum, content, its checksum."""
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    """CRC-32C, turned and shifted as TFRecord has it."""
    sum = crc32c(content)
    return struct.pack("<I", (((sum >> 15) | (sum << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _read(path: Path) -> Iterator[Point]:
    """The points of an event file. Raises AssertionError when a checksum is wrong."""
    file = io.BytesIO(path.read_bytes())
    while head := file.read(12):
        (count,) = struct.unpack("<Q", head[:8])
        assert _checksum(head[:8]) == head[8:], "a length is as it was written"
        content = file.read(count)
        assert _checksum(content) == file.read(4), "a record is as it was written"
        event = Event.FromString(content)
        for value in event.summary.value:
            yield value.tag, event.step, value.simple_value


def _single(value: float) -> float:
    """The nearest number of 32 bits; beyond its range infinity, as the file has it."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
