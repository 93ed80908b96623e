"""Small arrays for the eye: surfaces, neuron maps, feature maps, filters, weights, at a bounded cost."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.catalog.datasets.points import Points
from core.catalog.metrics import confusion
from core.engine import weights
from core.engine.build import Net, Trace
from core.engine.data import Split, split
from core.engine.evaluate import shares, unscaled
from core.engine.preview import EXTENT
from core.engine.trainer import initial
from core.experiment.check import INPUT
from core.experiment.model import Experiment
from core.records import Snapshot

SIDE = 48
"""Points along one side of the surface; neuron maps take every second one."""
MOST_NODES, MOST_UNITS, MOST_VALUES, MOST_WEIGHTS, MOST_SAMPLES = 100, 64, 1024, 4096, 500

Arrays = dict[str, np.ndarray]


class Probe:
    """Looks into a network without touching it: no weight, statistic or random number changes."""

    def __init__(self, net: Net, data: Split, experiment: Experiment) -> None:
        self._net, self._split, self._experiment = net, data, experiment
        self._loss = experiment.training.loss.for_task(data.task)
        self._batch, self._rows = self._probe_batch()
        self._target_scale = float(np.abs(data.samples.targets).max()) or 1.0

    def snapshot(self, step: int, epoch: int, sample: int) -> Snapshot:
        """Everything a Studio draws of the network after `step`; `sample` is a row of the data set."""
        sample = min(max(sample, 0), len(self._split.inputs) - 1)
        batch = torch.cat([self._split.inputs[sample:sample + 1], self._batch])
        facts: dict[str, Any] = {"scales": {}}
        arrays: Arrays = {}
        put_out = self._look_through(batch, arrays, facts["scales"])
        facts["sample"] = self._sample(sample, put_out[:1])
        facts["weights"] = self._look_at_weights(arrays, facts["scales"])
        self._look_at_answers(put_out[1:], arrays, facts)
        return Snapshot(step, epoch, facts, {name: array for name, array in arrays.items() if array.size})

    def _look_through(self, batch: Tensor, arrays: Arrays, scales: dict[str, float]) -> Tensor:
        """Look at node after node; the network's outputs. Only the first MOST_NODES nodes are drawn."""
        was_training, put_out = self._net.training, batch
        self._net.eval()
        with torch.inference_mode():
            for place, (id, trace) in enumerate(self._net.traces(batch)):
                put_out = trace.output.cpu()
                if place <= MOST_NODES:
                    self._look_at_node(id, Trace(trace.sums.cpu(), put_out), arrays, scales)
        self._net.train(was_training)
        return put_out

    def _probe_batch(self) -> tuple[Tensor, np.ndarray]:
        """The fixed samples looked at each time: the plane as a grid, or a part of a split."""
        data = self._experiment.data
        if isinstance(data, Points):
            line = np.linspace(-EXTENT, EXTENT, SIDE)
            x1, x2 = np.meshgrid(line, line)
            grid = data.inputs(np.stack([x1.ravel(), x2.ravel()], axis=1))
            return torch.from_numpy(grid).to(self._split.inputs.device), np.zeros(0, np.int64)
        name, most = ("test", 64) if data.picture == "image" else ("validation", MOST_SAMPLES)
        rows = self._split.rows[name][:most]
        return self._split.inputs[rows], rows.cpu().numpy()

    def _look_at_node(self, id: str, trace: Trace, arrays: Arrays, scales: dict[str, float]) -> None:
        output = trace.output
        if output.ndim == 4:
            quantise = _unsigned if id == INPUT and float(output[0].min()) >= 0 else _signed
            quantise(f"maps/{id}", output[0, :MOST_UNITS].numpy(), arrays, scales)
        elif output.ndim == 2:
            arrays[f"values/{id}"] = output[0, :MOST_VALUES].numpy()
            arrays[f"sums/{id}"] = trace.sums[0, :MOST_VALUES].numpy()
            if self._experiment.data.picture == "plane":
                maps = output[1:, :MOST_UNITS].T.reshape(-1, SIDE, SIDE)[:, ::2, ::2]
                _signed(f"maps/{id}", maps.numpy(), arrays, scales)
        if id != INPUT and id != self._net.ids[-1] and self._may_die(id):
            silent = (output[1:].movedim(1, 0).flatten(1) == 0).all(1)
            arrays[f"dead/{id}"] = silent[:MOST_VALUES].numpy().astype("u1")

    def _may_die(self, id: str) -> bool:
        """Whether silence means anything: only where something is learned, or bent by an activation."""
        named = next(node.layer for node in self._experiment.network.nodes if node.id == id)
        return named.group == "activation" or any(True for _ in self._net.block(id).parameters())

    def _look_at_weights(self, arrays: Arrays, scales: dict[str, float]) -> dict[str, str]:
        """Look at what was learned; the name of the weights inside each node whose weights are shown."""
        named: dict[str, str] = {}
        for id, block in list(zip(self._net.ids, self._net.blocks, strict=True))[:MOST_NODES]:
            first = block[0]  # type: ignore[index]
            if isinstance(first, nn.Linear) and first.weight.numel() <= MOST_WEIGHTS:
                arrays[f"weights/{id}"] = first.weight.detach().cpu().numpy().copy()
                arrays[f"bias/{id}"] = first.bias.detach().cpu().numpy().copy()
                named[id] = next(name for name, one in block.named_parameters() if one is first.weight)
            elif isinstance(first, nn.Conv2d):
                shown = first.weight.detach()[:MOST_UNITS, :4].cpu().numpy()
                _signed(f"filters/{id}", shown, arrays, scales)
        return named

    def _look_at_answers(self, put_out: Tensor, arrays: Arrays, facts: dict[str, Any]) -> None:
        task, picture = self._split.task, self._experiment.data.picture
        if picture == "plane":
            arrays |= self._surface(put_out, facts)
        elif picture == "image" and task.classes:
            confidence, predicted = shares(put_out, self._loss).max(1)
            arrays |= {"grid/predicted": predicted.numpy().astype("u1"), "grid/confidence": _byte(confidence)}
        elif task.classes:
            true = self._split.samples.targets[self._rows]
            arrays["confusion"] = confusion(put_out.numpy(), true).astype(np.int32)
        else:
            arrays["predicted"] = unscaled(put_out.numpy(), self._split)[:, 0]
            arrays["true"] = self._split.samples.targets[self._rows, 0]

    def _surface(self, put_out: Tensor, facts: dict[str, Any]) -> Arrays:
        task, extent = self._split.task, [-EXTENT, EXTENT]
        if len(task.classes) > 2:
            confidence, predicted = shares(put_out, self._loss).max(1)
            facts["surface"] = {"kind": "classes", "scale": 1.0, "extent": extent}
            predicted[confidence.isnan()] = 255
            return {"surface": predicted.numpy().astype("u1").reshape(SIDE, SIDE),
                    "confidence": _byte(confidence).reshape(SIDE, SIDE)}
        if task.classes:
            share, scale = shares(put_out, self._loss), 1.0
            values = (share[:, 1] - share[:, 0]).numpy()
        else:
            values, scale = unscaled(put_out.numpy(), self._split)[:, 0], self._target_scale
        facts["surface"] = {"kind": "signed", "scale": scale, "extent": extent}
        surface = np.where(np.isfinite(values), _quantised(values / scale), np.int8(-128))
        return {"surface": surface.reshape(SIDE, SIDE)}

    def _sample(self, sample: int, put_out: Tensor) -> dict[str, Any]:
        target = self._split.samples.targets[sample]
        facts: dict[str, Any] = {"index": sample, "split": self._split.split_of(sample)}
        if self._split.task.classes:
            share = shares(put_out, self._loss)[0]
            return facts | {"target": int(target), "predicted": int(share.argmax()),
                            "scores": _said(share.tolist())}
        predicted = float(unscaled(put_out.numpy(), self._split)[0, 0])
        return facts | {"target": float(target[0]), "predicted": _said([predicted])[0],
                        "scores": _said([predicted])}


def look(experiment: Experiment, weights_path: Path | None, sample: int) -> Snapshot:
    """What a Studio draws of a network at rest: untrained, or with the weights of a run."""
    net = initial(experiment)
    if weights_path is not None:
        weights.read(weights_path, net)
    return Probe(net, split(experiment.data), experiment).snapshot(0, 0, sample)


def _signed(name: str, values: np.ndarray, arrays: Arrays, scales: dict[str, float]) -> None:
    """Values as signed bytes: value = byte / 127 · scale."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    scale = float(np.abs(finite).max()) if finite.size else 0.0
    arrays[name], scales[name] = _quantised(finite / (scale or 1.0)), scale


def _unsigned(name: str, values: np.ndarray, arrays: Arrays, scales: dict[str, float]) -> None:
    """Values of 0 and above as bytes: value = byte / 255 · scale."""
    scale = float(values.max())
    arrays[name], scales[name] = _byte(torch.from_numpy(values) / (scale or 1.0)), scale


def _quantised(values: np.ndarray) -> np.ndarray:
    return (np.clip(np.nan_to_num(values), -1, 1) * 127).round().astype(np.int8)


def _byte(shares: Tensor) -> np.ndarray:
    return (shares.nan_to_num() * 255).round().to(torch.uint8).numpy()


def _said(values: list[float]) -> list[float | None]:
    """Numbers as JSON can hold them; what is not finite is unknown."""
    return [value if np.isfinite(value) else None for value in values]
