"""Small experiments to try things on."""

from typing import Any

from core.experiment.model import Experiment, read


def draft(*layers: Any, data: Any = "moons", **training: Any) -> Experiment:
    """An experiment with these hidden layers (kinds or objects), an output, and these training settings."""
    nodes = [{"id": f"hidden{place}", "layer": {"kind": layer} if isinstance(layer, str) else layer}
             for place, layer in enumerate(layers, 1)]
    nodes.append({"id": "out", "layer": {"kind": "output"}})
    return read({"data": {"kind": data} if isinstance(data, str) else data, "network": {"nodes": nodes},
                 "training": {"device": "cpu", "threads": 1, "layout": "plain", **training}})
