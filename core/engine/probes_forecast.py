"""What the network foretells: the window it saw, what came, what it says, and "it stays"."""

from typing import Any

import numpy as np
from torch import Tensor

from core.catalog.base import Dataset
from core.catalog.metrics import rmse
from core.engine.baseline import persistence
from core.engine.data import Split
from core.engine.evaluate import unscaled
from core.engine.probes_seen import Seen, told


def window(data: Dataset, ready: Split, put_out: Tensor, sample: int, seen: Seen) -> None:
    """One sample's curves: (steps, values) seen, then (horizon, values) true, said, and as it was."""
    values = len(data.foretold)
    inputs = ready.samples.inputs[sample]
    said = unscaled(put_out.numpy(), ready)[0].reshape(-1, values)
    true = ready.samples.targets[sample].reshape(-1, values)
    stays = persistence(data, inputs[None])[0]
    seen.arrays |= {"curves/seen": inputs[:, list(data.foretold)], "curves/true": true,
                    "curves/said": said.astype(np.float32), "curves/stays": stays.astype(np.float32)}
    seen.facts["forecast"] = {"horizon": len(true), "values": values, "window": _errors(said, true, stays)}


def stretch(data: Dataset, ready: Split, put_out: Tensor, rows: np.ndarray, seen: Seen) -> None:
    """A stretch of the test series, every step said from the ones before it. (steps, values)"""
    values = len(data.foretold)
    said = unscaled(put_out.numpy(), ready).reshape(-1, values)
    true = ready.samples.targets[rows].reshape(-1, values)
    stays = persistence(data, ready.samples.inputs[rows]).reshape(-1, values)
    seen.facts["forecast"]["test"] = _errors(said, true, stays)
    if data.ordered:
        seen.arrays |= {"stretch/true": true, "stretch/said": said.astype(np.float32)}


def _errors(said: np.ndarray, true: np.ndarray, stays: np.ndarray) -> dict[str, Any]:
    """The network's RMSE, and that of saying that the last value stays."""
    with np.errstate(over="ignore"):
        return {"said": told([rmse(said, true)])[0], "stays": told([rmse(stays, true)])[0]}
