"""A small experiment around any layer and any data set, without naming what it does not have to."""

from typing import Any

from core.catalog.base import TOKENS, Dataset, Layer
from core.experiment.check import walk
from core.experiment.model import Experiment, read
from tests.experiment.written import pinned

OUT = {"id": "out", "layer": {"kind": "output"}}
HIDDEN = [{"id": "hidden", "layer": {"kind": "linear", "units": 6}}, OUT]
FLAT = {"id": "flat", "layer": {"kind": "flatten"}}
LINEAR = {"id": "hidden", "layer": {"kind": "linear", "units": 6, "activation": "none"}}
ROWS = {"id": "rows", "layer": {"kind": "image_to_sequence"}}
BEFORE: list[tuple[Any, list[Any]]] = [
    (None, [LINEAR]), ({"kind": "digits"}, [{"id": "conv", "layer": {"kind": "conv2d", "filters": 4}}]),
    ({"kind": "digits"}, [{"id": "conv", "layer": {"kind": "conv2d", "filters": 8}}]),
    ({"kind": "digits"}, [ROWS]),
    ({"kind": "digits"}, [ROWS, {"id": "swap", "layer": {"kind": "swap_axes"}}]),
    ({"kind": "modular_addition"}, [])]
"""Data and first layers that end in every form of shape."""


def experiment(data: Any = None, nodes: Any = None, **training: Any) -> Experiment:
    """A small experiment on one thread."""
    return pinned(read({
        "data": data or {"kind": "spiral", "samples": 90}, "network": {"nodes": nodes or HIDDEN},
        "training": {"epochs": 8, "batch_size": 16} | training}))


def for_layer(entry: type[Layer]) -> Experiment:
    """A network with the layer at its defaults, on data it can read."""
    if type(entry(kind=entry.name())).for_task is not Layer.for_task:
        return experiment(nodes=[OUT])
    sized = {"id": "sized", "layer": {"kind": "linear", "units": min(1024, entry.example.count)}}
    tried = [experiment(data, [*before, *branched(entry, before), *after])
             for data, before in [(None, [sized]), *BEFORE] for after in ([OUT], [FLAT, OUT])]
    fits = next((found for found in tried if not walk(found).problems), None)
    assert fits, f"{entry.name()} fits into none of our networks: {[walk(one).problems for one in tried]}"
    return fits


def branched(entry: type[Layer], before: list[Any]) -> list[Any]:
    """The layer, reading as many layers of the same shape as it needs."""
    layer = {"kind": entry.name()}
    if entry.arity[0] == 1:
        return [{"id": "made", "layer": layer}]
    last = before[-1]["id"] if before else "input"
    return [{"id": "aside", "layer": {"kind": "identity"}, "inputs": [last]},
            {"id": "made", "layer": layer, "inputs": [last, "aside"]}]


def for_data(entry: type[Dataset], **training: Any) -> Experiment:
    """A small network for a data set: what its samples and its task ask for."""
    data = entry(kind=entry.name())
    first: list[Any] = [FLAT]
    if data.shape.dtype == "integer":
        whole = next((f"input.{name}" for name, field in data.fields.items()
                      if data.task.shape and field.shape.sizes == data.task.shape.sizes), "input")
        first = [{"id": "embed", "layer": {"kind": "embedding", "features": 4}, "inputs": [whole]}]
    if data.task.kind not in TOKENS and data.shape.dtype == "integer":
        first.append(FLAT)
    hidden = [OUT] if data.task.kind in TOKENS else HIDDEN
    small = {"samples": 200} if "samples" in entry.model_fields else {}
    return experiment({"kind": entry.name(), **small}, [*first, *hidden], **training)
