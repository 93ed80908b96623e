"""Commands that tell what there is: experiments, choices, runs."""

import json
from contextlib import closing
from typing import Any

from core.catalog.all import CATALOGUES, described
from core.command.words import DONE, Arguments, experiment, meant_run
from core.experiment import model
from core.experiment.check import steps_per_epoch, walk
from core.experiment.templates import names, template
from core.problems import Problems
from core.runtime import follow
from core.store.catalog import Catalog


def shapes(arguments: Arguments) -> int:
    """Print every layer's shape and parameters. Raises Problems."""
    asked = experiment(arguments)
    walked = walk(asked)
    if walked.problems:
        raise Problems(*walked.problems)
    facts = {
        "parameters": sum(walked.parameters.values()),
        "steps_per_epoch": steps_per_epoch(asked),
        "shapes": {id: list(shape.sizes) for id, shape in walked.shapes.items()},
    }
    if arguments.json:
        print(follow.as_json(facts))
    else:
        for id, shape in walked.shapes.items():
            print(f"{id:<20} {shape!s:<14} {walked.parameters.get(id, 0):>9,} parameters")
        print(f"{'all':<20} {'':<14} {facts['parameters']:>9,} parameters")
    return DONE


def choices(arguments: Arguments) -> int:
    """Print what the catalogue, or the templates, have to choose from."""
    rows: list[dict[str, Any]]
    if arguments.what == "templates":
        ready = [template(name) for name in names()]
        rows = [
            {"name": one.name, "title": one.title, "what": one.what, "try_this": one.try_this}
            for one in ready
        ]
    else:
        rows = [described(entry) for entry in CATALOGUES[arguments.what]]
    if arguments.json:
        print(follow.as_json(rows))
    else:
        for row in rows:
            print(f"{row.get('kind', row.get('name')):<18} {row.get('help', row.get('what'))}")
    return DONE


def ready_made(arguments: Arguments) -> int:
    """Print a template's experiment as JSON."""
    print(json.dumps(model.write(template(arguments.name).experiment), indent=2, ensure_ascii=False))
    return DONE


def runs(arguments: Arguments) -> int:
    """Print every run, newest first."""
    with closing(Catalog(arguments.store)) as catalog:
        rows = catalog.runs()
    if arguments.json:
        print(follow.as_json(rows))
        return DONE
    for run in rows:
        best = f"{run.metric} {run.best:.4g}" if run.best is not None else ""
        print(f"{run.id:>5}  {run.state:<12} {best:<20} {run.seconds:>8.1f} s  {run.name}")
    if not rows:
        print(
            "No runs yet. Start one: python -m core template two-spirals > spirals.json; "
            "python -m core train spirals.json"
        )
    return DONE


def one_run(arguments: Arguments) -> int:
    """Print one run. Raises NoSuchRun."""
    told = follow.told(arguments.store, meant_run(arguments))
    if arguments.json:
        print(follow.as_json(told))
        return DONE
    for name in ("id", "name", "state", "reason", "steps", "seconds", "metrics", "first_losses"):
        print(f"{name:<14} {told[name]}")
    return DONE
