"""The catalogues by name, and the whole of them as plain JSON for forms, the command line and the docs."""

from typing import Any

import numpy as np

from core.catalog.base import Entry
from core.catalog.datasets import DATASETS
from core.catalog.fields import settings
from core.catalog.layers import LAYERS
from core.catalog.layers.activation import Activation
from core.catalog.losses import LOSSES
from core.catalog.metrics import METRICS
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.regularizations import REGULARIZATIONS
from core.catalog.schedules import SCHEDULES

CATALOGUES: dict[str, tuple[type[Entry], ...]] = {
    "layers": LAYERS, "datasets": DATASETS, "optimizers": OPTIMIZERS, "losses": LOSSES,
    "schedules": SCHEDULES,
    "regularizations": REGULARIZATIONS, "metrics": METRICS}


def described(entry: type[Entry]) -> dict[str, Any]:
    """One entry as JSON: kind, title, help, group, settings, and what else a reader can be shown of it."""
    facts: dict[str, Any] = {
        "kind": entry.name(), "title": entry.title, "help": " ".join((entry.__doc__ or "").split()),
        "group": getattr(entry, "group", ""),
        "settings": [setting.model_dump() for setting in settings(entry)]}
    for name in ("tasks", "unit", "higher_is_better", "picture", "needs_end"):
        if hasattr(entry, name):
            facts[name] = getattr(entry, name)
    return facts | (_curve(entry) if issubclass(entry, Activation) else {})


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """Every catalogue as JSON."""
    return {name: [described(entry) for entry in entries] for name, entries in CATALOGUES.items()}


def _curve(entry: type[Activation]) -> dict[str, Any]:
    """The function and its slope from -4 to 4, 81 points, for drawing."""
    x = np.linspace(-4, 4, 81)
    y = entry(kind=entry.name()).curve(x)
    return {"curve": {"x": x.round(3).tolist(), "y": y.round(4).tolist(),
                      "slope": np.gradient(y, x).round(4).tolist(),
                      "shows": entry.drawn}}
