"""What a run learned as safetensors, its experiment beside it as JSON; proved by reading both back."""

import json
from pathlib import Path

from core.engine import weights
from core.engine.trainer import initial
from core.experiment.model import write
from core.export.place import into, put
from core.export.proof import of_weights
from core.export.subject import Proof, Subject
from core.problems import Problem, Problems


def export(subject: Subject, path: Path) -> Proof:
    """Write the weights to `path` and the experiment to `path`.json, read them back, and compare.

    Raises Problems when there are no weights yet, or none at all.
    """
    stored = _weights(subject)
    beside = path.with_name(f"{path.name}.json")
    network = initial(subject.experiment)
    weights.read(stored, network)
    with into(path):
        weights.write(path, network)
    put(beside, json.dumps(write(subject.experiment), indent=1) + "\n")
    return of_weights(path, beside, subject)


def _weights(subject: Subject) -> Path:
    if not subject.over:
        raise Problems(Problem(where="run", what="The run is not over yet, so its weights still change.",
                               fix="Stop it, or wait until it ends. The script can be had at any time."))
    if subject.weights is None or not subject.weights.exists():
        raise Problems(Problem(where="run", what="The run ended without leaving weights behind.",
                               fix="Train it again, or export the script."))
    return subject.weights
