"""The networks speed is measured on: the digits with batches of 32 and Adam, until stopped."""

from typing import Any

from core.experiment.model import Experiment, read, write


def mlp() -> Experiment:
    """64-64-10."""
    return _digits(
        {"id": "flat", "layer": {"kind": "flatten"}},
        {"id": "hidden", "layer": {"kind": "linear", "units": 64}},
    )


def wide() -> Experiment:
    """64-128-128-10."""
    return _digits(
        {"id": "flat", "layer": {"kind": "flatten"}},
        {"id": "one", "layer": {"kind": "linear", "units": 128}},
        {"id": "two", "layer": {"kind": "linear", "units": 128}},
    )


def tiny() -> Experiment:
    """2-8-8-1 on points of the plane with batches of 10."""
    return points("plane", 8, 8)


def points(data: str, *units: int, activation: str = "relu", **training: Any) -> Experiment:
    """A network on points of the plane with batches of 10, a hidden layer for each of `units`."""
    digits = write(mlp())
    layers = [{"id": f"hidden{place}", "layer": {"kind": "linear", "units": wide, "activation": activation}}
              for place, wide in enumerate(units)]
    return read(
        {
            **digits,
            "data": {"kind": data},
            "network": {"nodes": [*layers, {"id": "out", "layer": {"kind": "output"}}]},
            "training": {**digits["training"], "batch_size": 10, **training},
        }
    )


def turbo(experiment: Experiment) -> Experiment:
    """The same with compiled steps wherever they are faster."""
    asked = write(experiment)
    return read({**asked, "training": {**asked["training"], "turbo": "auto"}})


def cnn() -> Experiment:
    """Two convolutions of 16 and 32 filters, each followed by pooling."""
    return _digits(
        *(
            {"id": f"{kind}{number}", "layer": {"kind": kind, **settings}}
            for number, filters in ((1, 16), (2, 32))
            for kind, settings in (("conv2d", {"filters": filters}), ("max_pool2d", {}))
        ),
        {"id": "flat", "layer": {"kind": "flatten"}},
    )


NETWORKS = {"MLP 64-64-10": mlp, "CNN 16-32": cnn}


def _digits(*nodes: dict[str, Any]) -> Experiment:
    return read(
        {
            "name": "benchmark",
            "data": {"kind": "digits"},
            "network": {"nodes": [*nodes, {"id": "out", "layer": {"kind": "output"}}]},
            "training": {
                "optimizer": {"kind": "adam"},
                "batch_size": 32,
                "epochs": None,
                "device": "cpu",
                "threads": 1,
            },
        }
    )
