"""Replaying: a run once more, with what was changed by hand at the same steps, to the same numbers."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any, TypeGuard

from core import events
from core.events import Changed, Event, Started, Stopped
from core.experiment import model
from core.experiment.model import Experiment
from core.problems import Problem, Problems
from core.records import Run
from core.runtime import branching, client, paths
from core.runtime.past import Steer, steers
from core.store import files
from core.store.catalog import Catalog, Origin
from core.store.reader import Reader
from core.store.trouble import NoSuchRun

_PINNED = ("device", "threads", "precision", "layout", "turbo")
"""Settings in which a replay's experiment differs from that of the run it does again."""

Step = Steer | Stopped
"""What is to be done to a run that replays another."""


def replay(store: Path, run: int, key: str) -> int:
    """Queue a run again as it went, where it went; the number of the new run.

    Raises Problems when it has not begun or goes on still, and NoSuchRun.
    """
    with closing(Catalog(store, create=False)) as catalog:
        row = catalog.run(run)
    told = _told(store, run)
    started = next((event for event in told if isinstance(event, Started)), None)
    if started is None or not row.state.over:
        what = f"Run {run} is not over yet." if started else f"Run {run} never began."
        raise Problems(Problem(where="run", what=what, fix="Replay a run that is over."))
    plan = [_as_repeated(event) for event in told if _decides(event)]

    def prepare(child: int) -> None:
        files.make_folder(files.run_folder(store, child))
        lines = json.dumps({"run": run, "events": [events.write(event) for event in plan]}).encode()
        files.put(paths.plan(store, child), lines)
        if row.parent is not None and row.parent_step is not None:
            branching.take_along(store, run, row.parent_step, child)

    return client.submit(store, _pinned(row, started), f"{row.name} · again"[:200], key, None, row.metric,
                         origin=Origin(row.parent, row.parent_step, prepare))


def plan(store: Path, run: int) -> list[Step]:
    """What is still to be done to a run that is a replay, in order; nothing for any other run."""
    asked = [events.read(line) for line in _written(store, run)["events"]]
    done = _told(store, run) if asked else []
    return [event for event in asked if _decides(event) and event not in done]


def original(store: Path, run: int) -> int | None:
    """The run that this one does again; None for one that does none, or does not know which."""
    return _written(store, run)["run"]


def as_asked(store: Path, run: int, experiment: Experiment) -> Experiment:
    """What a person goes on with from a run: of a replay, without the pins that made it one.

    experiment: the run's own, changes included.
    """
    asked = model.write(experiment)
    with closing(Catalog(store, create=False)) as catalog:
        while (other := original(store, run)) is not None:
            run = other
            try:
                training = model.write(branching.now(store, catalog.run(run))[0])["training"]
            except NoSuchRun:
                break
            asked["training"] |= {name: training[name] for name in _PINNED}
    return model.read(asked)


def _written(store: Path, run: int) -> dict[str, Any]:
    """The run that is done again, and its events to be repeated; a version before kept only these."""
    path = paths.plan(store, run)
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return {"run": None, "events": held} if isinstance(held, list) else held


def _decides(event: Event) -> TypeGuard[Step]:
    return isinstance(event, Stopped) or steers(event)


def _as_repeated(event: Step) -> Step:
    """A replay uses compiled steps where the run did, and asks for none by itself."""
    asks = isinstance(event, Changed) and event.setting == "training.turbo"
    return event.model_copy(update={"value": "off"}) if asks else event


def _told(store: Path, run: int) -> list[Event]:
    with closing(Reader(files.run_folder(store, run))) as reader:
        return [event for _, event in reader.events(points=False)]


def _pinned(row: Run, started: Started) -> dict[str, object]:
    """What the run was asked, on the device and threads it was given; compiled steps only as it used them."""
    pins = {"device": started.device, "threads": started.threads, "precision": started.precision,
            "layout": started.layout, "turbo": "off"}
    return {**row.experiment, "training": {**row.experiment.get("training", {}), **pins}}
