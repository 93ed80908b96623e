"""Writes scripts as the app does, and runs them in this process: torch is imported once for all of them."""

import contextlib
import io
import runpy
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import torch

from core.engine.beginning import shuffle
from core.engine.modules import OWN
from core.engine.modules.first import initialized
from core.engine.rhythm import due
from core.engine.trainer import Trainer
from core.events import Event, StepsRecorded
from core.experiment.model import Experiment, read, write
from core.experiment.replay import History
from core.experiment.source import source

ENGINE = OWN | {"shuffle": shuffle, "due": due, "initialized": initialized}


class Ran(NamedTuple):
    """What a run or a script did first."""

    weights: dict[str, torch.Tensor]
    losses: list[float]


def pinned(experiment: Experiment, **training: Any) -> Experiment:
    """The experiment on one thread of the processor, so that nothing is measured."""
    raw = write(experiment)
    raw["training"] |= {"device": "cpu", "threads": 1, "layout": "plain", **training}
    return read(raw)


def few(experiment: Experiment) -> Experiment:
    """The same where its data is small; of data made in thousands few samples, in small batches."""
    raw = write(experiment)
    many = [key for key in ("samples", "blocks") if raw["data"].get(key, 0) > 1000]
    raw["data"] |= dict.fromkeys(many, 200)
    raw["training"] |= {"batch_size": 16} if many else {}
    return read(raw)


def script(experiment: Experiment, history: History | None = None) -> str:
    """The script of an experiment."""
    return source(experiment, history or History(), ENGINE)


def losses(events: list[Event]) -> list[float]:
    """The recorded losses."""
    return [loss for event in events if isinstance(event, StepsRecorded) for loss in event.losses]


def by_engine(experiment: Experiment, steps: int) -> Ran:
    """The first weights and losses, by the engine."""
    trainer = Trainer(experiment)
    weights = {name: tensor.clone() for name, tensor in trainer.network.tensors().items()}
    events = trainer.start()
    while trainer.step < steps and not trainer.over:
        events += trainer.advance(steps - trainer.step, 60)
    return Ran(weights, losses(events))


def by_script(text: str, path: Path, steps: int) -> Ran:
    """The first weights and losses, by a script."""
    path.write_text(text, encoding="utf-8")
    names = runpy.run_path(str(path))
    torch.manual_seed(names["SEED"])
    weights = names["Net"]().state_dict()
    return Ran(weights, [float(line) for line in said(names, str(path), "--losses", str(steps)).splitlines()])


def said(names: dict[str, Any], *arguments: str) -> str:
    """What a script prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), patch("sys.argv", list(arguments)):
        names["main"]()
    return out.getvalue()
