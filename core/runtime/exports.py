"""Joins the store and the exports: a run by its number, taken away with its proof."""

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from core.events import Event, Point
from core.experiment import model
from core.export import Subject, ways
from core.export import export as exported
from core.export.ways import Way
from core.records import Run, Snapshot
from core.runtime import paths
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader

FIRST = 20
"""How many first losses are told of a run."""


def export(store: Path, run: Run, to: str, path: Path) -> dict[str, Any]:
    """Write a run to `path` and say as JSON what using the file showed. Raises Problems and StoreTrouble."""
    asked = ways.way(to)
    with closing(Reader(files.run_folder(store, run.id))) as reader:
        losses = first_losses(reader)  # before the events: what changed these losses is among them
        events: tuple[Event, ...] = tuple(event for _, event in reader.events(points=False))
        points = _points(reader) if asked.needs == "run" else ()
        progress = reader.progress()
    pace = progress.seconds / progress.step if progress and progress.step else None
    subject = Subject(model.read(run.experiment), events, losses, run.state.over,
                      paths.weights(store, run.id), pace, points, run)
    return json.loads(exported(subject, to, path).model_dump_json())


def _points(reader: Reader) -> tuple[Point, ...]:
    """Every recorded point so far."""
    told: list[Point] = []
    some, cursor = reader.points()
    while some:
        told += some
        some, cursor = reader.points(cursor)
    return tuple(told)


def predict(store: Path, run: Run, path: Path) -> list[dict[str, Any]]:
    """What a run's network says of the samples in a file. Raises Problems and StoreTrouble."""
    from core.export.predict import predict as predicted

    return predicted(learned(store, run), path)


def learned(store: Path, run: Run) -> Subject:
    """A run as far as it takes to use what it learned."""
    return Subject(model.read(run.experiment), over=run.state.over, weights=paths.weights(store, run.id),
                   run=run)


def first_losses(reader: Reader) -> tuple[float, ...]:
    """The losses of the first steps, from step 1; none of a branch, which begins later."""
    points, _ = reader.points(0, 100 * FIRST)
    losses = {step: value for name, step, value in points if name == "train_loss" and step <= FIRST}
    return tuple(losses.values()) if 1 in losses else ()


def answer(store: Path, payload: dict[str, Any]) -> Snapshot:
    """The answer to a page's question {run, to} or, for what is not a run yet, {experiment, to}.

    Facts: `proof`, `files` (full names; none for a draft), `text` of a script or notebook, `passing` while it
    trains.
    """
    way = ways.way(str(payload["to"]))
    if payload.get("run") is None:
        return _draft(payload["experiment"], way)
    with closing(Catalog(store, create=False)) as catalog:
        run = catalog.run(payload["run"])
    folder = files.make_folder(files.run_folder(store, run.id) / "exports")
    proof = export(store, run, way.kind, folder / way.file)
    written = [folder / name for name in proof["files"]]
    text = written[0].read_text(encoding="utf-8") if way.needs == "draft" else ""
    return Snapshot(0, 0, {"proof": proof, "files": [str(path) for path in written], "text": text,
                           "passing": not run.state.over})


def _draft(experiment: dict[str, Any], way: Way) -> Snapshot:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / way.file
        proof = exported(Subject(model.read(experiment)), way.kind, path)
        text = path.read_text(encoding="utf-8")
    facts = {"proof": json.loads(proof.model_dump_json()), "files": [], "text": text, "passing": False}
    return Snapshot(0, 0, facts)
