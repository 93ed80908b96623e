"""What a run's network says of samples it is given: a class with the share of each, or a value."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.catalog.base import TOKENS
from core.engine import weights
from core.engine.data import split
from core.engine.evaluate import outputs, shares, unscaled
from core.engine.trainer import initial
from core.export.given import samples
from core.export.subject import Subject
from core.problems import Problem, Problems


def predict(subject: Subject, path: Path) -> list[dict[str, Any]]:
    """One row per sample in the file, as Predictor.rows gives them. Raises Problems."""
    predictor = Predictor(subject)
    return predictor.rows(samples(path, subject.experiment.data))


class Predictor:
    """What a run learned, ready to be asked. Raises Problems when it left no weights."""

    def __init__(self, subject: Subject) -> None:
        if subject.weights is None or not subject.weights.exists():
            raise Problems(Problem(where="run", what="The run has left no weights behind to predict with.",
                                   fix="Wait until it ends, or train it again."))
        self.experiment = subject.experiment
        self._network = initial(self.experiment).eval()
        weights.read(subject.weights, self._network)
        self._ready = split(self.experiment.data)

    def rows(self, given: np.ndarray) -> list[dict[str, Any]]:
        """One row per sample, scaled as in training. given: (samples, *shape)

        A row is {class, shares}, {tokens}, {value}, or {values} when there are several.
        """
        task, ready, shape = self.experiment.data.task, self._ready, self.experiment.data.shape
        if self.experiment.data.scaled:
            given = ((given - ready.scaling.mean) / ready.scaling.std).astype(np.float32)
        if shape.dtype == "integer":
            given = given.astype(np.int64)
        put_out = outputs(self._network, torch.from_numpy(np.ascontiguousarray(given))).float()
        if task.kind in TOKENS:
            return [{"tokens": row} for row in put_out.argmax(-1).tolist()]
        if not task.classes:
            return [{"values": row.tolist()} if row.size > 1 else {"value": row.item()}
                    for row in unscaled(put_out.numpy(), ready)]
        parts = shares(put_out, self.experiment.training.loss.for_task(task)).tolist()
        best = [task.classes[place] for place in put_out.argmax(1).tolist()]
        return [{"class": one, "shares": dict(zip(task.classes, part, strict=True))}
                for one, part in zip(best, parts, strict=True)]

    def example(self) -> list[Any]:
        """A sample of the test split, as a person would bring it."""
        held = self._ready.samples
        brought = held.inputs if held.points is None else held.points
        return brought[int(self._ready.rows["test"][0])].tolist()
