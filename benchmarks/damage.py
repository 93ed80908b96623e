"""Checkpoints: every rule and schedule goes on exactly from anywhere, and no damage passes unnoticed."""

import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.figures import Figure
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.engine import checkpoint
from core.engine.checkpoint import Checkpoints
from core.engine.exactness import key
from core.engine.trainer import Trainer
from core.experiment.model import Experiment
from tests.engine.cuts import mutated, proves, rich

CUTS, MUTATIONS, SEED = 3, 3_000, 20261129
NEWEST, BEFORE = 5, 2
"""The steps of the two checkpoints there are."""


def measure() -> Iterator[Figure]:
    """Cut, damage, count."""
    chance, moving = random.Random(SEED), {"kind": "sgd", "momentum": 0.9}
    yield _exact("optimizer", [rich(optimizer={"kind": entry.name()}) for entry in OPTIMIZERS], chance)
    yield _exact("schedule", [rich(schedule={"kind": entry.name()}, optimizer=moving) for entry in SCHEDULES],
                 chance)
    found, all_of_them = _noticed(chance), f"{MUTATIONS:,}/{MUTATIONS:,}"
    yield Figure("damages of a checkpoint that are noticed, and the one before it used",
                 f"{found:,}/{MUTATIONS:,} (seed {SEED})", all_of_them, found == MUTATIONS)
    with patch.object(checkpoint, "_manifest", _believed):
        missed = MUTATIONS - _noticed(chance)
    yield Figure("the same with a fault planted, manifests believed without their hash: missed", f"{missed}",
                 "≥ 1", missed > 0)


def _exact(of: str, experiments: list[Experiment], chance: random.Random) -> Figure:
    """Each cut at random steps and gone on with in another trainer, against the run that was never cut."""
    tries = [(experiment, chance.randrange(1, 17)) for experiment in experiments for _ in range(CUTS)]
    equal = sum(_holds(lambda one=one, at=at: _cut(one, at)) for one, at in tries)
    return Figure(f"every {of} of the catalogue, cut at {CUTS} random steps: equal to the last bit",
                  f"{equal}/{len(tries)} (seed {SEED})", f"{len(tries)}/{len(tries)}", equal == len(tries))


def _cut(experiment: Experiment, at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        proves(experiment, at, Path(folder))


def _holds(proof: Callable[[], Any]) -> bool:
    try:
        proof()
    except AssertionError:
        return False
    return True


def _noticed(chance: random.Random) -> int:
    """How many of so many damages of the newest of two checkpoints lead to the one before it."""
    with tempfile.TemporaryDirectory() as folder:
        kept, whole = Checkpoints(Path(folder) / "kept"), Path(folder) / "whole"
        trainer = Trainer(rich(optimizer={"kind": "muon"}))
        for step in (BEFORE, NEWEST):
            trainer.advance(step - trainer.step, 60.0)
            kept.write(step, step, key(trainer), trainer.state())
        newest = kept.folder / f"ckpt-{NEWEST}"
        shutil.copytree(newest, whole)
        noticed = 0
        for _ in range(MUTATIONS):
            mutated(newest, chance)
            found, _ = kept.newest(NEWEST)
            noticed += found is not None and found.step == BEFORE
            shutil.rmtree(newest)
            shutil.copytree(whole, newest)
        return noticed


def _believed(raw: bytes) -> dict[str, Any]:
    """A manifest as it says it is: the fault that is planted."""
    try:
        facts = json.loads(raw)["manifest"]
        assert {"format", "step", "mark", "key"} <= facts.keys()
        assert all("sha256" in facts["files"][name] for name in ("state.safetensors", "state.json"))
    except (AssertionError, AttributeError, ValueError, KeyError, TypeError):
        raise checkpoint.Damaged("The manifest cannot be read.") from None
    return facts
