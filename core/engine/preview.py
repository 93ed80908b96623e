"""A data set for the eye, before any network: points, pictures, rows, texts or curves, with their counts."""

from typing import Any

import numpy as np

from core.catalog.base import TOKENS, Dataset, Task
from core.engine.data import SPLITS, Split, split
from core.engine.reading import said, texts
from core.records import Snapshot

LISTED = 200
"""Test rows of a table, or texts, that are written out; all of them can be chosen by number."""
PICTURES, CURVES = 64, 16
EXTENT = 1.1
"""The plane is drawn from -EXTENT to EXTENT on both axes."""

Arrays = dict[str, np.ndarray]


def preview(data: Dataset) -> Snapshot:
    """The data for the eye. `grid/index` says which samples are shown, and so can be chosen."""
    ready = split(data)
    facts: dict[str, Any] = {
        "picture": data.picture, "counts": _counts(ready), "sizes": data.sizes()._asdict(),
        "classes": list(data.task.classes), "columns": list(data.columns)}
    tests = ready.rows["test"].cpu().numpy().astype(np.int32)
    match data.picture:
        case "plane":
            return Snapshot(0, 0, facts | {"extent": [-EXTENT, EXTENT]}, _points(ready))
        case "image":
            shown = tests[:PICTURES]
            return Snapshot(0, 0, facts, {"grid/index": shown, **pictures(ready, shown)})
        case "table":
            rows = [[f"{value:g}" for value in ready.samples.inputs[row]]
                    + [said(data.task, ready.samples.targets[row])] for row in tests[:LISTED]]
            facts |= {"rows": rows, "summary": _summary(ready)}
            return Snapshot(0, 0, facts, {"grid/index": tests})
        case "text":
            facts |= {"texts": texts(data, ready, tests[:LISTED])}
            return Snapshot(0, 0, facts, {"grid/index": tests})
        case "series":
            shown = tests[:CURVES]
            return Snapshot(0, 0, facts | {"answers": _answers(data.task, ready, shown)},
                            {"grid/index": tests, **curves(ready, shown)})


def pictures(ready: Split, rows: np.ndarray) -> Arrays:
    """Pictures as bytes, (pictures, height, width) or with 3 colours last, with what is true of them."""
    targets = ready.samples.targets[rows]
    shown = {"grid/images": picture_bytes(ready.samples.inputs[rows])}
    if ready.task.kind == "reconstruction":
        return shown | {"grid/wanted": picture_bytes(targets)}
    return shown | {"grid/true": targets.astype(np.uint8)}


def curves(ready: Split, rows: np.ndarray) -> Arrays:
    """Curves as (samples, time, features), and where numbers are to be foretold, these: (samples, values)."""
    inputs = ready.samples.inputs[rows]
    inputs = inputs.swapaxes(1, 2) if inputs.shape[1] < inputs.shape[2] else inputs
    wanted = {"curves/wanted": ready.samples.targets[rows]} if ready.task.kind == "forecast" else {}
    return {"curves/inputs": inputs.astype(np.float32), **wanted}


def picture_bytes(images: np.ndarray) -> np.ndarray:
    """(samples, channels, height, width) from 0 to 1 as bytes; other than 3 channels are averaged."""
    shown = images.transpose(0, 2, 3, 1) if images.shape[1] == 3 else images.mean(1)
    return (shown.clip(0, 1) * 255).round().astype(np.uint8)


def _points(ready: Split) -> Arrays:
    samples = ready.samples
    splits = np.full(len(samples.targets), len(SPLITS), np.uint8)  # this number: left out of training
    for number, name in enumerate(SPLITS):
        splits[ready.rows[name].numpy()] = number
    points = samples.points if samples.points is not None else np.zeros((0, 2), np.float32)
    return {"points": points, "targets": samples.targets.reshape(-1).astype(np.float32), "split": splits}


def _counts(ready: Split) -> dict[str, int]:
    if ready.task.kind != "classification":
        return {}
    counted = np.bincount(ready.samples.targets, minlength=len(ready.task.classes)).tolist()
    return dict(zip(ready.task.classes, counted, strict=True))


def _answers(task: Task, ready: Split, rows: np.ndarray) -> list[str]:
    return [] if task.kind in TOKENS else [said(task, ready.samples.targets[row]) for row in rows]


def _summary(ready: Split) -> list[dict[str, float]]:
    return [{"low": float(column.min()), "mean": float(column.mean()), "high": float(column.max())}
            for column in ready.samples.inputs.T]
