"""Protects predicting: what is said of a data set's own samples is the engine's word; bad files are told."""

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core import __main__ as command_line
from core.engine import weights
from core.engine.evaluate import outputs, unscaled
from core.engine.trainer import Trainer
from core.experiment import templates
from core.experiment.model import write
from core.export import Subject
from core.export.given import columns
from core.export.predict import predict
from core.problems import Problems
from core.runtime import paths
from core.store import files
from core.store.catalog import Catalog
from tests.experiment.written import pinned


def trained(name: str, folder: Path) -> tuple[Subject, Trainer]:
    """A short run's weights, and its trainer."""
    trainer = Trainer(pinned(templates.template(name).experiment, epochs=2))
    trainer.start()
    trainer.advance(20, 60)
    weights.write(folder / "weights", trainer.network)
    return Subject(trainer.experiment, weights=folder / "weights"), trainer


@pytest.mark.parametrize("name", ["iris", "diabetes", "moons", "digits-cnn"])
def test_its_own_samples_are_predicted_as_in_training(name: str, tmp_path: Path) -> None:
    subject, trainer = trained(name, tmp_path)
    held, data = trainer.split.samples, subject.experiment.data
    given = held.inputs if held.points is None else held.points
    path = tmp_path / "given.json"
    path.write_text(json.dumps(given[:9].tolist()))
    told = predict(subject, path)
    said = unscaled(outputs(trainer.network, trainer.split.inputs[:9]).numpy(), trainer.split)
    if data.task.classes:
        assert [row["class"] for row in told] == [data.task.classes[best] for best in said.argmax(1)]
        assert all(sum(row["shares"].values()) == pytest.approx(1) for row in told)
    else:
        assert np.allclose([row["value"] for row in told], said[:, 0], rtol=1e-5)
    if columns(data):
        table = tmp_path / "given.csv"
        rows = [",".join(columns(data)), *(",".join(map(repr, row)) for row in given[:9].tolist())]
        table.write_text("\n".join(rows))
        assert predict(subject, table) == told


@pytest.mark.parametrize(("name", "text", "word"), [
    ("x.csv", "a,b\n1,2\n", "Name the columns in the first line"), ("x.csv", "", "Name the columns"),
    ("x.csv", "HEADER\n1,2,tall,4\n", "Row 1, column .*'tall' is not a number"),
    ("x.csv", "HEADER\n1,2\n", "'' is not a number"), ("x.csv", "HEADER\n", "no samples"),
    ("x.csv", "HEADER\n1,2,nan,4\n", "not finite"), ("x.json", "[[1, 2]]", "2 numbers, not 4"),
    ("x.json", "[[1, 2, 3, 4], [1]]", "not of one size"), ("x.json", "[[1, 2, 3, 1e300]]", "too large"),
    ("x.json", '[["a", 1, 2, 3]]', "not a number"), ("x.json", "{", "not JSON"),
    ("x.json", "3", "no samples")])
def test_a_file_that_does_not_fit_is_told(name: str, text: str, word: str, tmp_path: Path) -> None:
    subject, _ = trained("iris", tmp_path)
    path = tmp_path / name
    path.write_text(text.replace("HEADER", ",".join(columns(subject.experiment.data))))
    with pytest.raises(Problems, match=word):
        predict(subject, path)
    with pytest.raises(Problems, match="cannot be read"):
        predict(subject, tmp_path / "nowhere.csv")


def test_the_command_line_predicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subject, trainer = trained("iris", tmp_path)
    with closing(Catalog(tmp_path)) as catalog:
        run = catalog.add_run(write(subject.experiment), "Iris", "key", None, "accuracy")
    path = tmp_path / "x.csv"
    path.write_text(",".join(columns(subject.experiment.data)) + "\n5,3,1.5,0.2\n")
    words = ["predict", str(run), "--input", str(path), "--store", str(tmp_path)]
    assert command_line.main(words) == 2
    assert "no weights" in capsys.readouterr().err
    files.make_folder(files.run_folder(tmp_path, run))
    weights.write(paths.weights(tmp_path, run), trainer.network)
    assert command_line.main(words) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.startswith("class,")
    assert len(row.split(",")) == 4
    assert command_line.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["class"] == row.split(",")[0]
