"""Joins the store and the exports: a run by its number, taken away with its proof."""

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from core.events import Event
from core.experiment import model
from core.records import Run, Snapshot
from core.runtime import paths
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader

FIRST = 20
"""How many first losses are told of a run."""
_NAMES = {"script": "script.py", "safetensors": "weights.safetensors"}
"""What a run's exports are called in its folder."""


def export(store: Path, run: Run, to: str, path: Path) -> dict[str, Any]:
    """Write a run to `path` and say as JSON what using the file showed. Raises Problems and StoreTrouble."""
    from core.export import Subject
    from core.export import export as exported

    with closing(Reader(files.run_folder(store, run.id))) as reader:
        losses = first_losses(reader)  # before the events: what changed these losses is among them
        events: tuple[Event, ...] = tuple(event for _, event in reader.events(points=False))
        progress = reader.progress()
    weights = paths.weights(store, run.id)
    pace = progress.seconds / progress.step if progress and progress.step else None
    subject = Subject(model.read(run.experiment), events, losses, run.state.over, weights, pace)
    said: dict[str, Any] = json.loads(exported(subject, to, path).model_dump_json())
    return said


def predict(store: Path, run: Run, path: Path) -> list[dict[str, Any]]:
    """What a run's network says of the samples in a file. Raises Problems and StoreTrouble."""
    from core.export import Subject
    from core.export.predict import predict as predicted

    weights = paths.weights(store, run.id)
    return predicted(Subject(model.read(run.experiment), over=run.state.over, weights=weights), path)


def first_losses(reader: Reader) -> tuple[float, ...]:
    """The losses of the first steps, from step 1."""
    points, _ = reader.points(0, 100 * FIRST)
    return tuple(value for name, step, value in points if name == "train_loss" and step <= FIRST)


def answer(store: Path, payload: dict[str, Any]) -> Snapshot:
    """The answer to a page's question {run, to} or, for a draft's script, {experiment}.

    Facts: `proof`, `files` (full names; none for a draft), `text` of a script, `passing` while it trains.
    """
    if payload.get("run") is None:
        return _draft(payload["experiment"])
    with closing(Catalog(store, create=False)) as catalog:
        run = catalog.run(payload["run"])
    to = str(payload["to"])
    folder = files.make_folder(files.run_folder(store, run.id) / "exports")
    proof = export(store, run, to, folder / _NAMES.get(to, "nothing"))
    written = [folder / name for name in proof["files"]]
    text = written[0].read_text(encoding="utf-8") if to == "script" else ""
    return Snapshot(0, 0, {"proof": proof, "files": [str(path) for path in written], "text": text,
                           "passing": not run.state.over})


def _draft(experiment: dict[str, Any]) -> Snapshot:
    from core.export import Subject
    from core.export import export as exported

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _NAMES["script"]
        proof = exported(Subject(model.read(experiment)), "script", path)
        text = path.read_text(encoding="utf-8")
    facts = {"proof": json.loads(proof.model_dump_json()), "files": [], "text": text, "passing": False}
    return Snapshot(0, 0, facts)
