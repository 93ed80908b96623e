"""Ready-made experiments, one JSON file each: what it shows, what to try, and the experiment itself."""

import json
from pathlib import Path
from typing import Any

from core.experiment.model import Experiment, read
from core.plain import Plain
from core.problems import Problem, Problems, closest

_FOLDER = Path(__file__).parent


class Template(Plain):
    """A ready-made experiment and two sentences about it."""

    name: str
    title: str
    what: str
    try_this: str
    experiment: Experiment


def names() -> tuple[str, ...]:
    """Every template, in the order of the menu."""
    order: list[str] = json.loads((_FOLDER / "order.json").read_text(encoding="utf-8"))
    return tuple(order)


def template(name: str) -> Template:
    """The template of this name. Raises Problems when there is none."""
    if name not in names():
        raise Problems(Problem(where="template", what=f"There is no template {name!r}.",
                               fix=closest(name, names())))
    raw: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Template(name=name, title=raw["title"], what=raw["what"], try_this=raw["try_this"],
                    experiment=read(raw["experiment"]))
