"""Probe: a look into a network for the eye: its layers, what they learned, its answers, at a bounded cost."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.catalog.base import TOKENS
from core.catalog.datasets.points import Points
from core.engine import probes_forecast, weights
from core.engine.baseline import baseline
from core.engine.beginning import initial
from core.engine.build import Net
from core.engine.data import Split, split
from core.engine.preview import EXTENT
from core.engine.probes_answers import SIDE, Answers
from core.engine.probes_layers import MOST_NODES, MOST_UNITS, Layers, may_fall_silent, silent
from core.engine.probes_seen import Seen
from core.engine.probes_text import Reader
from core.experiment.check import INPUT, check
from core.experiment.model import Experiment
from core.gaze import Gaze
from core.records import Snapshot

MOST_SAMPLES, PICTURES = 500, 64
MOST_NUMBERS = 16_000_000
"""What all layers together may give for the samples looked at at once; fewer are, if need be."""
LIVE_TOKENS, RESTING_TOKENS = 32, 240
"""How much text is written at a look while training waits for it, and at rest."""


class Probe:
    """Looks into a network without touching it: no weight, statistic or random number changes."""

    def __init__(self, net: Net, data: Split, experiment: Experiment, tokens: int = LIVE_TOKENS) -> None:
        """tokens: how long a text is written at one look."""
        self._net, self._split, self._data = net, data, experiment.data
        self._walked = check(experiment)
        self._layers = Layers(net, self._walked)
        self._answers = Answers(data, experiment.training.loss.for_task(data.task))
        reads = experiment.data.shape.dtype == "integer"
        self._reader = Reader(net, experiment.data, data, tokens) if reads else None
        self._groups = {node.id: node.layer.group for node in experiment.network.nodes}
        self._many, self._rows = self._probe_batch()
        self._baseline = baseline(experiment.data, data)

    def snapshot(self, step: int, epoch: int, sample: int, gaze: Gaze | None = None) -> Snapshot:
        """Everything a Studio draws of the network after `step`; `sample` is a row of the data set."""
        sample = min(max(sample, 0), len(self._split.inputs) - 1)
        seen = Seen()
        with _resting(self._net):
            self._look_at_one(sample, gaze or Gaze(), seen)
            self._layers.look_at_weights(seen)
            if len(self._many):
                self._look_at_many(seen)
        seen.facts["baseline"] = self._baseline
        return seen.snapshot(step, epoch)

    def _look_at_one(self, sample: int, gaze: Gaze, seen: Seen) -> None:
        """One sample, or a text that was typed, on its way through the network."""
        typed = bool(gaze.typed) and self._reader is not None
        facts: dict[str, Any] = {"index": sample, "split": self._split.split_of(sample), "typed": typed}
        seen.facts["sample"] = facts
        given, known = self._split.inputs[sample:sample + 1], {}
        if self._reader:
            given, facts["unknown"] = self._reader.given(sample, gaze)
            match self._split.task.kind:
                case "next_token":
                    given, seen.facts["written"] = self._reader.carried_on(given, gaze)
                case "sequence_to_sequence":
                    given, seen.facts["asked"] = self._reader.answered(given, None if typed else sample, gaze)
                    seen.facts["answers"] = self._reader.held_out()
                case _:
                    pass
            facts["words"], known = self._reader.in_words(given, seen.facts.get("written", {}).get("tokens"))
        put_out = self._layers.follow(given, known, seen)
        facts |= self._answers.one(put_out, None if typed else sample)
        if self._split.task.kind == "forecast":
            probes_forecast.window(self._data, self._split, put_out, sample, seen)

    def _look_at_many(self, seen: Seen) -> None:
        """What many samples tell: the answers, the units that are silent to all, neurons over the plane."""
        plane, put_out = isinstance(self._data, Points), self._many
        for place, (id, trace) in enumerate(self._net.traces(self._many)):
            put_out = trace.output
            if place > MOST_NODES:
                continue
            if plane and put_out.ndim == 2:
                maps = put_out[:, :MOST_UNITS].T.reshape(-1, SIDE, SIDE)[:, ::2, ::2]
                seen.signed(f"maps/{id}", maps.cpu().numpy())
            if id not in (INPUT, self._net.ids[-1]) and may_fall_silent(
                    self._walked.shapes[id], self._groups[id], self._net.block(id)):
                silent(id, put_out, seen)
        self._look_at_answers(put_out.float().cpu(), seen)

    def _look_at_answers(self, put_out: Tensor, seen: Seen) -> None:
        match self._data.picture, self._split.task.kind:
            case "plane", _:
                self._answers.surface(put_out, seen)
            case ("image", _) | ("text", "classification"):
                self._answers.grid(put_out, seen)
            case _, "forecast":
                probes_forecast.stretch(self._data, self._split, put_out, self._rows, seen)
            case _:
                self._answers.table(put_out, self._rows, seen)

    def _probe_batch(self) -> tuple[Tensor, np.ndarray]:
        """The fixed samples looked at each time: the plane as a grid, or a part of a split; none for texts
        that are written, which say it all."""
        data, task = self._data, self._split.task.kind
        if isinstance(data, Points):
            line = np.linspace(-EXTENT, EXTENT, SIDE)
            x1, x2 = np.meshgrid(line, line)
            grid = data.inputs(np.stack([x1.ravel(), x2.ravel()], axis=1))
            return torch.from_numpy(grid).to(self._split.inputs.device), np.zeros(0, np.int64)
        single = data.picture in ("image", "text")
        name = "test" if single or task == "forecast" else "validation"
        fits = max(8, MOST_NUMBERS // sum(shape.count for shape in self._walked.shapes.values()))
        most = 0 if task in TOKENS else min(PICTURES if single else MOST_SAMPLES, fits)
        rows = self._split.rows[name][:most]
        return self._split.inputs[rows], rows.cpu().numpy()


@contextmanager
def _resting(net: Net) -> Generator[None]:
    """The network as it answers: without dropout, with remembered statistics, and no gradients."""
    was_training = net.training
    net.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        net.train(was_training)


def look(experiment: Experiment, weights_path: Path | None, sample: int,
         gaze: Gaze | None = None) -> Snapshot:
    """What a Studio draws of a network at rest: untrained, or with the weights of a run."""
    net = initial(experiment)
    if weights_path is not None:
        weights.read(weights_path, net)
    return _at_rest(net, experiment, sample, gaze)


def look_at(experiment: Experiment, tensors: dict[str, Tensor], sample: int, gaze: Gaze) -> Snapshot:
    """The same with these tensors in the network, as `Net.tensors` names them."""
    net = initial(experiment)
    with torch.no_grad():
        for name, tensor in net.tensors().items():
            tensor.copy_(tensors[name])
    return _at_rest(net, experiment, sample, gaze)


def _at_rest(net: Net, experiment: Experiment, sample: int, gaze: Gaze | None) -> Snapshot:
    probe = Probe(net, split(experiment.data), experiment, RESTING_TOKENS)
    return probe.snapshot(0, 0, sample, gaze)
