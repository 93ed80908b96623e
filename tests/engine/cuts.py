"""Runs cut at a checkpoint and gone on with elsewhere, and checkpoints damaged in every way."""

import random
import shutil
from pathlib import Path
from typing import Any

import torch

from core.engine.checkpoint import Checkpoints
from core.engine.exactness import key
from core.engine.packing import pack
from core.engine.trainer import Trainer
from core.events import Event
from core.experiment.model import Experiment
from tests.engine.runs import history
from tests.experiment.drafts import draft

SMALL = {"kind": "moons", "samples": 100}


def rich(**training: Any) -> Experiment:
    """Dropout, batch norm, matrices and others for Muon; three steps an epoch, the last one smaller."""
    return draft({"kind": "linear", "units": 6}, "batch_norm1d", "dropout", {"kind": "linear", "units": 5},
                 data=SMALL, **{"epochs": 6, "batch_size": 25, "regularization": {"kind": "l2"}, **training})


def to_end(trainer: Trainer) -> list[Event]:
    """What a run tells from here to its end."""
    told: list[Event] = []
    while not trainer.over:
        told += trainer.advance(1_000_000, 60.0)
    return told


def bits(trainer: Trainer) -> tuple[dict[str, tuple[str, bytes]], Any]:
    """All there is of a trainer but its times, as bytes and JSON."""
    tensors, structure = pack({**trainer.state(), "seconds": 0.0})
    return {name: (str(tensor.dtype), tensor.numpy().tobytes())
            for name, tensor in tensors.items()}, structure


def cut(trainer: Trainer, asked: Experiment, folder: Path) -> Trainer:
    """Another trainer of what was asked, which goes on from a checkpoint of this one."""
    assert not trainer.over
    kept = Checkpoints(folder)
    kept.write(trainer.step, 0, key(trainer), trainer.state())
    found, useless = kept.newest(0)
    assert found is not None
    assert (found.step, useless) == (trainer.step, [])
    other = Trainer(asked, pins=trainer.pins)
    torch.manual_seed(99)
    other.restore(found.state)
    return other


def proves(experiment: Experiment, at: int, folder: Path) -> None:
    """Fails unless a run cut after step `at` comes out as the one that was never cut."""
    whole = Trainer(experiment)
    whole.start()
    told = whole.advance(at, 60.0) + to_end(whole)
    broken = Trainer(experiment)
    first = broken.start()[2:] + broken.advance(at, 60.0)
    other = cut(broken, experiment, folder)
    assert bits(other) == bits(broken)
    assert history(first + to_end(other)) == history(told)
    assert bits(other) == bits(whole)


def mutated(folder: Path, chance: random.Random) -> str:
    """Damage one file of a checkpoint in some way; what was done."""
    path = chance.choice(sorted(folder.iterdir()))
    raw, way = path.read_bytes(), chance.choice(["flip", "flip", "flip", "cut", "drop", "grow", "swap"])
    place = chance.randrange(len(raw))
    match way:
        case "flip":
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1:])
        case "cut":
            path.write_bytes(raw[:place])
        case "drop":
            path.unlink()
        case "grow":
            path.write_bytes(raw[:place] + bytes([chance.randrange(256)]) + raw[place:])
        case _:
            shutil.copy(folder.parent / "ckpt-2" / path.name, path)
    return f"{way} {path.name} at {place}"
