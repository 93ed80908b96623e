"""What a run's network says of samples it is given: a class with the share of each, or a value."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.engine import weights
from core.engine.data import split
from core.engine.evaluate import outputs, shares, unscaled
from core.engine.trainer import initial
from core.export.given import samples
from core.export.subject import Subject
from core.problems import Problem, Problems


def predict(subject: Subject, path: Path) -> list[dict[str, Any]]:
    """One row per sample in the file: {class, shares} or {value}, scaled as in training. Raises Problems."""
    experiment = subject.experiment
    if subject.weights is None or not subject.weights.exists():
        raise Problems(Problem(where="run", what="The run has left no weights behind to predict with.",
                               fix="Wait until it ends, or train it again."))
    given = samples(path, experiment.data)
    network = initial(experiment)
    weights.read(subject.weights, network)
    ready = split(experiment.data)
    if experiment.data.scaled:
        given = ((given - ready.scaling.mean) / ready.scaling.std).astype(np.float32)
    put_out = outputs(network, torch.from_numpy(np.ascontiguousarray(given))).float()
    task = experiment.data.task
    if not task.classes:
        return [{"value": float(row[0])} for row in unscaled(put_out.numpy(), ready)]
    parts = shares(put_out, experiment.training.loss.for_task(task))
    return [{"class": task.classes[int(row.argmax())], "shares": dict(zip(task.classes, part, strict=True))}
            for row, part in zip(put_out, parts.tolist(), strict=True)]
