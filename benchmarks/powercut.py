"""Power cuts: what a worker does to its files is recorded, and the disk made as it could be after any moment.

On every such disk the run must be found whole: databases sound, no event missing, no checkpoint lost that was
made safe. Every other disk is a strict one (see `disk.py`).
"""

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from benchmarks.disk import Act, Disk, Folder, Kind
from benchmarks.figures import Figure
from benchmarks.kills import left
from core.engine.checkpoint import Checkpoints
from core.events import Point
from core.experiment import templates
from core.experiment.model import write
from core.runtime import paths
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader
from tests.runtime.conftest import ROOT

STATES, PLANTED, RESUMED, SEED = 1_000, 300, 20, 20261129
HEAD = struct.Struct("<IIIQQQ")
WORKER = """
import sys
from pathlib import Path
from core.runtime import saver, worker
from core.store.writer import Writer
saver._FIRST, saver._FEWEST, saver._SHARE, saver.MOST = 0.02, 0.05, 1.0, 6
if sys.argv[3] == "planted":
    Writer.barrier = lambda writer: None
worker.train([int(sys.argv[1])], Path(sys.argv[2]))
"""


@dataclass
class Recording:
    """What a worker did to a store, and what it left."""

    start: Path
    acts: list[Act]
    run: int
    left: tuple[list[Point], bytes]
    """Its points and weights at the end."""

    @property
    def end(self) -> int:
        """The step it ended with."""
        return max(step for _, step, _ in self.left[0])


def recorded(folder: Path, planted: bool) -> Recording:
    """Have a run trained while everything it does to its files is recorded."""
    store, start = folder / "store", folder / "start"
    raw = write(templates.template("two-spirals").experiment)
    raw["training"].update(epochs=150, device="cpu", threads=1)
    with closing(Catalog(store)) as catalog:
        run = catalog.add_run(raw, "cut", uuid.uuid4().hex, None, "accuracy")
        catalog.claim()
    shutil.copytree(store, start)
    inodes = {str(path.relative_to(store)): path.stat().st_ino for path in [store, *store.rglob("*")]}
    recorder = folder / "recorder.so"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-w", "-o", recorder, Path(__file__).with_suffix(".c"),
                    "-ldl"], check=True)
    log = folder / "log"
    told = {"LD_PRELOAD": str(recorder), "RECORD_LOG": str(log), "RECORD_ROOT": str(store)}
    subprocess.run([sys.executable, "-c", WORKER, str(run), str(store), "planted" if planted else "as it is"],
                   cwd=ROOT, check=True, env=os.environ | told)
    same = {inode: (start / name).stat().st_ino for name, inode in inodes.items()}
    acts = [act._replace(inode=same.get(act.inode, act.inode + (1 << 40))) for act in _read(log, store)]
    return Recording(start, acts, run, left(store, run)[:2])


def _read(log: Path, root: Path) -> Iterator[Act]:
    raw, at = log.read_bytes(), 0
    while at < len(raw):
        kind, one, two, inode, offset, length = HEAD.unpack_from(raw, at)
        at += HEAD.size
        path, other = (os.path.relpath(part.decode(), root) if part else ""
                       for part in (raw[at:at + one], raw[at + one:at + one + two]))
        at += one + two
        data = raw[at:at + length] if kind == Kind.WRITE else b""
        at += len(data)
        yield Act(Kind(kind), path, other, inode, offset, data)


def cut(recording: Recording, place: int, strict: bool, chance: random.Random, into: Path) -> int:
    """Make a disk as it may be after `place` acts and a cut; the newest checkpoint that was safe, or 0.

    That of the end is not counted: it is of use only with the ending, which is stored after it.
    """
    disk, kept = Disk(recording.start, strict), str(paths.checkpoints(Path(), recording.run))
    safe = {0}
    for act in recording.acts[:place]:
        if act.kind is Kind.RENAME and os.path.dirname(act.path) == kept and "ckpt-" in act.path:
            safe.discard(_step(act.path))  # it is let go
        disk.do(act)
        folder = disk.at(kept)
        if act.kind is Kind.SYNC and isinstance(folder, Folder) and disk.node(act.inode) is folder:
            safe |= {_step(name) for name in folder.safe if name.startswith("ckpt-")}
    disk.after(chance, into)
    return max(safe - {recording.end})


def _step(path: str) -> int:
    return int(path.rpartition("-")[2])


def trouble(store: Path, run: int, safe: int) -> str:
    """What is wrong with a run found on such a disk; nothing when it is whole."""
    folder = files.run_folder(store, run)
    for path in (store / files.CATALOG, folder / files.RUN):
        if path.exists():
            with closing(apsw.Connection(str(path))) as base:
                if base.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    return f"{path.name} is damaged"
    with closing(Reader(folder)) as reader:
        numbers = [number for number, _ in reader.events(points=False)]
        last = reader.last_number()
    if numbers != sorted(numbers) or (numbers and last < numbers[-1]):
        return "events are missing"
    found, _ = Checkpoints(paths.checkpoints(store, run)).newest(last)
    if (found.step if found else 0) < safe:
        return f"the checkpoint of step {safe} was safe, and the newest of use is {found and found.step}"
    return ""


def tried(recording: Recording, count: int, chance: random.Random) -> Iterator[tuple[str, Path]]:
    """What is wrong after each of so many cuts, and the store as it then is."""
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            place, store = chance.randrange(len(recording.acts) + 1), Path(folder) / "store"
            safe = cut(recording, place, number % 2 == 1, chance, store)
            yield trouble(store, recording.run, safe), store


def goes_on(recording: Recording, store: Path) -> bool:
    """Whether the run found there, trained on, ends as the one that was never cut."""
    subprocess.run([sys.executable, "-m", "core.runtime.worker", str(recording.run), str(store)], cwd=ROOT,
                   check=True)
    return left(store, recording.run)[:2] == recording.left


def measure() -> Iterator[Figure]:
    """Record, cut, look; then the same with a fault planted."""
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        recording = recorded(Path(folder), planted=False)
        bad, equal, every = list[str](), 0, STATES // RESUMED
        for number, (wrong, store) in enumerate(tried(recording, STATES, chance)):
            bad += [wrong] if wrong else []
            equal += number % every == 0 and goes_on(recording, store)
    first = f"; the first: {bad[0]}" if bad else ""
    yield Figure(f"power cut after any of {len(recording.acts):,} writes, syncs and new names: found whole",
                 f"{STATES - len(bad):,}/{STATES:,} (seed {SEED}){first}", f"{STATES:,}/{STATES:,}", not bad)
    yield Figure("runs that went on after such a cut and ended as the one never cut, to the last bit",
                 f"{equal}/{RESUMED}", f"{RESUMED}/{RESUMED}", equal == RESUMED)
    with tempfile.TemporaryDirectory() as folder:
        recording = recorded(Path(folder), planted=True)
        found = sum(bool(wrong) for wrong, _ in tried(recording, PLANTED, chance))
    yield Figure("the same with a fault planted, no barrier before a checkpoint: found", f"{found}/{PLANTED}",
                 "≥ 1", found > 0)
