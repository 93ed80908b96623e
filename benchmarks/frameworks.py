"""The engine against the frameworks a person would pick instead, each used as its own tutorial shows it.

Needs `pip install -r benchmarks/requirements.txt`. All train the same layers on the same digits, with batches
of 32 and Adam, on one thread; the time of a first epoch, in which a framework makes ready, is left out.
"""

import logging
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.figures import Figure, ratio
from benchmarks.networks import NETWORKS
from benchmarks.opponents import Loop, bare, idiomatic
from benchmarks.turbo import started
from core.engine.beginning import initial
from core.engine.data import split
from core.engine.trainer import Trainer
from core.experiment.model import Experiment

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is loaded
REPEATS, EPOCHS = 5, {"MLP 64-64-10": 8, "CNN 16-32": 3}
TARGETS = {
    "best bare loop": {"MLP 64-64-10": 0.95, "CNN 16-32": 0.95},
    "idiomatic loop": {"MLP 64-64-10": 1.8, "CNN 16-32": 1.45},
    "skorch": {"MLP 64-64-10": 1.8, "CNN 16-32": 2.0},
    "Lightning": {"MLP 64-64-10": 4.0, "CNN 16-32": 2.9},
    "Keras on torch": {"MLP 64-64-10": 6.0, "CNN 16-32": 3.6},
}


def measure() -> Iterator[Figure]:
    """One ratio per network and opponent: the engine's samples per second over theirs, in turn."""
    missing = [name for name in ("skorch", "lightning", "keras") if find_spec(name) is None]
    if missing:
        raise SystemExit(f"Not installed: {', '.join(missing)}. pip install -r benchmarks/requirements.txt")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        for name, make in NETWORKS.items():
            yield from _against(name, make(), Path(folder) / f"{name}.steps")


def _against(name: str, experiment: Experiment, path: Path) -> Iterator[Figure]:
    """Plain and compiled steps against every opponent, all three in turn."""
    ways = {"engine": engine(Trainer(experiment)), "engine with Turbo": engine(started(experiment, path)[0])}
    others = _opponents(experiment)
    for loop in (*ways.values(), *others.values()):
        loop(1)
    for other, loop in others.items():
        speeds: dict[str, list[float]] = {way: [] for way in (*ways, other)}
        for _ in range(REPEATS):
            for way, one in {**ways, other: loop}.items():
                speeds[way].append(one(EPOCHS[name]))
        for way in ways:
            note = f"; ours {median(speeds[way]) / 1000:.0f} k samples/s"
            yield ratio(f"{name}: {way} ÷ {other}", speeds[way], speeds[other], TARGETS[other][name], note)


def _opponents(experiment: Experiment) -> dict[str, Loop]:
    return {
        "best bare loop": bare(experiment),
        "idiomatic loop": idiomatic(experiment),
        "skorch": skorch(experiment),
        "Lightning": lightning(experiment),
        "Keras on torch": keras(experiment),
    }


def engine(trainer: Trainer) -> Loop:
    """The engine as a worker pulls it, recording and judging as always."""
    if not trainer.step:
        trainer.start()

    def loop(epochs: int) -> float:
        steps, began = epochs * trainer.course.steps_per_epoch, time.perf_counter()
        trainer.advance(steps, 1e9)
        return epochs * len(trainer.training_set[0]) / (time.perf_counter() - began)

    return loop


def skorch(experiment: Experiment) -> Loop:
    """A NeuralNetClassifier without a split of its own, trained on by partial fits."""
    from skorch import NeuralNetClassifier

    inputs, targets = split(experiment.data).part("train")
    net = NeuralNetClassifier(
        _layers(experiment),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=experiment.training.optimizer.learning_rate,
        batch_size=experiment.training.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).initialize()
    x, y = inputs.numpy(), targets.numpy()

    def loop(epochs: int) -> float:
        net.partial_fit(x, y)
        net.set_params(max_epochs=epochs)
        began = time.perf_counter()
        net.partial_fit(x, y)
        return epochs * len(x) / (time.perf_counter() - began)

    return loop


def lightning(experiment: Experiment) -> Loop:
    """A LightningModule with a training step, no logger, no checkpoints, no progress bar."""
    import lightning as pl

    inputs, targets = split(experiment.data).part("train")
    rate, batch = experiment.training.optimizer.learning_rate, experiment.training.batch_size

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _layers(experiment)
            self.loss_of = nn.CrossEntropyLoss()
            self.ends: list[float] = []

        def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
            x, y = batch
            return self.loss_of(self.layers(x), y)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=rate)

        def on_train_epoch_end(self) -> None:
            self.ends.append(time.perf_counter())

    def loop(epochs: int) -> float:
        module = Module()
        loader = DataLoader(TensorDataset(inputs, targets), batch_size=batch, shuffle=True)
        trainer = pl.Trainer(
            max_epochs=epochs + 1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, loader)
        return epochs * len(inputs) / (module.ends[-1] - module.ends[0])

    return loop


def keras(experiment: Experiment) -> Loop:
    """A Sequential model, compiled with an optimizer and a loss, and fitted."""
    import keras as k

    inputs, targets = (part.numpy() for part in split(experiment.data).part("train"))
    model: Any = k.Sequential([k.Input(inputs.shape[1:]), *_keras_layers(experiment, k)])
    model.compile(
        optimizer=k.optimizers.Adam(experiment.training.optimizer.learning_rate),
        loss=k.losses.SparseCategoricalCrossentropy(from_logits=True),
    )

    def loop(epochs: int) -> float:
        ends: list[float] = []
        told = k.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
        batch = experiment.training.batch_size
        model.fit(inputs, targets.astype(np.int64), batch_size=batch, epochs=epochs + 1, verbose=0,
                  callbacks=[told])
        return epochs * len(inputs) / (ends[-1] - ends[0])

    return loop


def _layers(experiment: Experiment) -> nn.Module:
    torch.set_num_threads(1)
    return nn.Sequential(*(part for block in initial(experiment).blocks for part in block))  # type: ignore[attr-defined]


def _keras_layers(experiment: Experiment, k: Any) -> list[Any]:
    """The same layers in Keras' words; pictures keep their channels first."""
    made: list[Any] = []
    for part in _layers(experiment):
        match part:
            case nn.Flatten():
                made.append(k.layers.Flatten())
            case nn.Linear():
                made.append(k.layers.Dense(part.out_features))
            case nn.ReLU():
                made.append(k.layers.ReLU())
            case nn.Conv2d():
                made.append(k.layers.Conv2D(part.out_channels, part.kernel_size, padding="same",
                                            data_format="channels_first"))
            case nn.MaxPool2d():
                made.append(k.layers.MaxPooling2D(part.kernel_size, data_format="channels_first"))
            case _:
                raise AssertionError(f"The benchmark's networks have no {type(part).__name__}.")
    return made
