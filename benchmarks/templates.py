"""Every template trained once on one thread: what it reaches on the test split, against what was promised.

The promised seconds are of the machine the catalogue was measured on. How fast this one is beside it is told
by the loop of a tutorial, run before the first template and after the last.
"""

import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.figures import Figure
from benchmarks.learning import folds
from benchmarks.networks import cnn
from benchmarks.opponents import idiomatic
from core.engine.trainer import Trainer
from core.events import Finished
from core.experiment.model import Experiment
from core.experiment.templates import names, template

SLACK = {"accuracy": 0.01, "exact": 0.01, "r2": 0.01, "bits": 0.05}
"""How far from the promise a score may end; errors (rmse, mean squared loss) may be a tenth larger."""
LOWER_IS_BETTER = ("bits", "rmse", "loss")
LATE = 2.0
"""How many times as long as promised a template may take."""
THERE = 21_000
"""Samples a second of a tutorial's loop on the digits CNN, on the machine the promised times are of."""
OURS = "ours: the catalogue names no figure"


class Promise(NamedTuple):
    """What a template reaches: a score on the test split, within so many seconds of the processor."""

    score: str
    value: float
    seconds: float
    source: str = OURS
    """The row of the catalogue that says so."""
    folds: bool = False
    """Whether the score is the mean of 5 folds, as one small test split says too little."""

    def kept(self, reached: float) -> bool:
        """Whether this is what was promised, within the slack."""
        if self.score in LOWER_IS_BETTER:
            return reached <= self.value + SLACK.get(self.score, self.value / 10)
        return reached >= self.value - SLACK[self.score]

    def said(self, value: float) -> str:
        """A score as it is written for a reader."""
        return f"{value:.1%}" if self.score in ("accuracy", "exact") else f"{value:.3g}"


TABLES = "iris / wine / breast cancer MLP, mean of 5 folds"
RECURRENT = "RNN / LSTM / GRU reading digit rows"
SPIRALS = "Spiral MLP 2-32-32-32-k"
PROMISES = {
    "one-neuron": Promise("accuracy", 0.95, 2),
    "circle": Promise("accuracy", 0.95, 2),
    "xor": Promise("accuracy", 0.95, 2),
    "moons": Promise("accuracy", 0.95, 4),
    "two-spirals": Promise("accuracy", 0.993, 1, SPIRALS),
    "three-spirals": Promise("accuracy", 0.95, 4),
    "checkerboard": Promise("accuracy", 0.95, 4),
    "deep-linear": Promise("accuracy", 0.0, 4, "ours: it shows that lines alone cannot do it"),
    "plane": Promise("r2", 0.95, 2),
    "hills": Promise("r2", 0.95, 4),
    "iris": Promise("accuracy", 0.960, 0.5, TABLES, folds=True),
    "wine": Promise("accuracy", 0.972, 0.5, TABLES, folds=True),
    "breast-cancer": Promise("accuracy", 0.975, 0.5, TABLES, folds=True),
    "diabetes": Promise("r2", 0.35, 2),
    "digits-mlp": Promise("accuracy", 0.96, 2),
    "digits-cnn": Promise("accuracy", 0.994, 3, "Digits CNN 16-32-32, BatchNorm, OneCycle, AdamW"),
    "lenet-5": Promise("accuracy", 0.97, 8),
    "shapes-cnn": Promise("accuracy", 0.987, 8, "Shapes CNN, 6 classes, 32×32"),
    "vgg": Promise("accuracy", 0.97, 15),
    "small-resnet": Promise("accuracy", 0.97, 15),
    "digits-vit": Promise("accuracy", 0.969, 10, "ViT on digits, 2×2 patches"),
    "mlp-mixer": Promise("accuracy", 0.96, 4),
    "tones": Promise("accuracy", 0.96, 2, "Tones → spectrogram CNN (at least 95 %)"),
    "autoencoder": Promise("loss", 0.0385, 1.5, "Autoencoder, 2-D code"),
    "denoiser": Promise("loss", 0.0035, 15),
    "digits-rnn": Promise("accuracy", 0.983, 1, RECURRENT),
    "digits-lstm": Promise("accuracy", 0.975, 1, RECURRENT),
    "digits-gru": Promise("accuracy", 0.978, 1, RECURRENT),
    "mackey-glass": Promise("rmse", 0.0115, 6, "Mackey-Glass GRU-48"),
    "names-lstm": Promise("accuracy", 0.96, 20),
    "grokking": Promise("accuracy", 0.999, 7, "Grokking (a+b) mod 59, 40 % shown"),
    "char-gru": Promise("bits", 1.88, 60, "Char GRU-256 language model"),
    "char-gpt": Promise("bits", 1.89, 45, "Char GPT: Transformer d96×2, causal conv-4, RMSNorm, Muon"),
    "dates": Promise("exact", 1.0, 20, "Date → ISO Transformer 1+1 layers d64, conv stem"),
    "english-french": Promise("exact", 0.997, 30, "EN→FR grammar Transformer 2+2 d96"),
    "headlines": Promise("exact", 1.0, 10, "Paragraph → headline"),
}


class Reached(NamedTuple):
    """One run's score on the test split, its seconds of the processor, and the numbers it learned."""

    score: float
    seconds: float
    parameters: int


def measure() -> Iterator[Figure]:
    """One figure per template, in the order of the menu: score, time and size in one row."""
    before = _speed()
    found = {name: reached(name) for name in names()}
    share = (before + _speed()) / 2
    yield Figure(
        "speed of this machine ÷ that of the promised times (a tutorial's loop on the digits CNN)",
        f"{share:.2f} ({before:.2f} before the first template)",
        "told, not judged",
        True,
    )
    for name, one in found.items():
        yield _figure(name, PROMISES[name], one, share)


def _figure(name: str, promise: Promise, found: "Reached", share: float) -> Figure:
    way = "≤" if promise.score in LOWER_IS_BETTER else "≥"
    seconds = found.seconds * share
    mean = ", mean of 5 folds" if promise.folds else ""
    return Figure(
        f"{name}, test {promise.score}{mean}",
        f"{promise.said(found.score)} in {found.seconds:.1f} CPU s here, {seconds:.1f} s there, "
        f"{found.parameters:,} parameters",
        f"{way} {promise.said(promise.value)} in {promise.seconds:g} s ({promise.source})",
        promise.kept(found.score) and seconds <= LATE * promise.seconds,
    )


def _speed() -> float:
    """How fast a tutorial's loop is here, as a share of its speed where the promised times were measured."""
    loop = idiomatic(cnn())
    loop(1)
    return median(loop(2) for _ in range(5)) / THERE


def reached(name: str) -> Reached:
    """Train a template to its end, or its five folds, and judge it."""
    if not PROMISES[name].folds:
        return _run(Trainer(pinned(name)), PROMISES[name].score)
    runs = [_run(trainer, PROMISES[name].score) for trainer in folds(pinned(name))]
    return Reached(float(np.mean([run.score for run in runs])), float(np.mean([run.seconds for run in runs])),
                   runs[0].parameters)


def pinned(name: str) -> Experiment:
    """A template on one thread of the processor, so that nothing has to be measured first."""
    ready = template(name).experiment
    where = ready.training.model_copy(update={"device": "cpu", "threads": 1})
    return ready.model_copy(update={"training": where})


def _run(trainer: Trainer, score: str) -> Reached:
    """The seconds are of training and judging, not of making the data."""
    began = time.process_time()
    events = trainer.start()
    while not trainer.over:
        events = trainer.advance(1_000_000, 1)
    ended = events[-1]
    assert isinstance(ended, Finished), f"{trainer.experiment.name} did not finish: {ended}"
    learned = sum(parameter.numel() for parameter in trainer.network.parameters())
    return Reached(ended.test[score], time.process_time() - began, learned)
