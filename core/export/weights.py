"""What a run learned as safetensors, its experiment beside it as JSON; proved by reading both back."""

import json
from pathlib import Path

from core.engine import weights
from core.engine.beginning import initial
from core.experiment.model import write
from core.export.place import into, put
from core.export.proof import of_weights
from core.export.subject import Proof, Subject


def export(subject: Subject, path: Path) -> Proof:
    """Write the weights to `path` and the experiment to `path`.json, read them back, and compare.

    Raises Problems.
    """
    assert subject.weights is not None, "only what has learned is exported"
    beside = path.with_name(f"{path.name}.json")
    network = initial(subject.experiment)
    weights.read(subject.weights, network)
    with into(path):
        weights.write(path, network)
    put(beside, json.dumps(write(subject.experiment), indent=1) + "\n")
    return of_weights(path, beside, subject)
