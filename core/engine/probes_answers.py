"""What the network answers to many samples: a surface, a grid of pictures, a table."""

from typing import Any

import numpy as np
from torch import Tensor

from core.catalog.base import Loss, Task
from core.catalog.metrics import confusion
from core.engine.data import Split
from core.engine.evaluate import shares, unscaled
from core.engine.preview import EXTENT, picture_bytes
from core.engine.probes_seen import Seen, share_bytes, signed_bytes, told

SIDE = 48
"""Points along one side of the surface; neuron maps take every second one."""


class Answers:
    """Reads outputs for the eye, in the unit of the data."""

    def __init__(self, data: Split, loss: Loss) -> None:
        self._split, self._loss = data, loss
        self._target_scale = float(np.abs(data.samples.targets).max()) or 1.0

    @property
    def task(self) -> Task:
        """What is to be answered."""
        return self._split.task

    def one(self, put_out: Tensor, sample: int | None) -> dict[str, Any]:
        """What is said of one sample beside what is true, where anything is known to be. put_out: (1, ...)"""
        target = None if sample is None else self._split.samples.targets[sample]
        if self.task.kind == "classification":
            share = shares(put_out, self._loss)[0]
            return {"target": None if target is None else int(target),
                    "predicted": int(share.nan_to_num().argmax()), "scores": told(share.tolist())}
        if self.task.kind == "multi_label":
            share = put_out.sigmoid()[0]
            return {"target": None if target is None else target.astype(int).tolist(),
                    "predicted": (share > 0.5).int().tolist(), "scores": told(share.tolist())}
        if self.task.kind not in ("regression", "forecast"):
            return {"target": None, "predicted": None, "scores": []}
        values = told(unscaled(put_out.numpy(), self._split)[0].tolist())
        truth = None if target is None else target.tolist()
        several = self.task.outputs > 1
        return {"target": truth if several or truth is None else truth[0],
                "predicted": values if several else values[0], "scores": values}

    def surface(self, put_out: Tensor, seen: Seen) -> None:
        """The answer over the plane. put_out: (SIDE * SIDE, outputs)"""
        extent, classes = [-EXTENT, EXTENT], len(self.task.classes)
        if classes > 2:
            confidence, predicted = shares(put_out, self._loss).max(1)
            seen.facts["surface"] = {"kind": "classes", "scale": 1.0, "extent": extent}
            predicted[confidence.isnan()] = 255
            seen.arrays["surface"] = predicted.numpy().astype("u1").reshape(SIDE, SIDE)
            seen.arrays["confidence"] = share_bytes(confidence.numpy()).reshape(SIDE, SIDE)
            return
        if classes:
            share, scale = shares(put_out, self._loss), 1.0
            values = (share[:, 1] - share[:, 0]).numpy()
        else:
            values, scale = unscaled(put_out.numpy(), self._split)[:, 0], self._target_scale
        seen.facts["surface"] = {"kind": "signed", "scale": scale, "extent": extent}
        surface = np.where(np.isfinite(values), signed_bytes(values / scale), np.int8(-128))
        seen.arrays["surface"] = surface.reshape(SIDE, SIDE)

    def grid(self, put_out: Tensor, seen: Seen) -> None:
        """What is said of test samples one by one: a class, labels, or a picture given back."""
        if self.task.kind == "reconstruction":
            seen.arrays["grid/made"] = picture_bytes(put_out.nan_to_num().numpy())
        elif self.task.kind == "multi_label":
            seen.arrays["grid/predicted"] = (put_out > 0).numpy().astype("u1")
        else:
            confidence, predicted = shares(put_out, self._loss).max(1)
            seen.arrays |= {"grid/predicted": predicted.numpy().astype("u1"),
                            "grid/confidence": share_bytes(confidence.numpy())}

    def table(self, put_out: Tensor, rows: np.ndarray, seen: Seen) -> None:
        """How often each class was taken for each, or predicted beside true values."""
        true = self._split.samples.targets[rows]
        if self.task.kind == "classification":
            seen.arrays["confusion"] = confusion(put_out.numpy(), true).astype(np.int32)
            return
        seen.arrays["predicted"] = unscaled(put_out.numpy(), self._split)[:, 0]
        seen.arrays["true"] = true[:, 0]
