"""Protects predicting: what is said of a data set's own samples is the engine's word; bad files are told."""

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core import __main__ as command_line
from core.catalog.datasets import DATASETS
from core.catalog.datasets.shapes import ShapesLabels
from core.engine import weights
from core.engine.evaluate import outputs, unscaled
from core.engine.trainer import Trainer
from core.experiment import templates
from core.experiment.model import write
from core.export import Subject
from core.export.given import columns, texts
from core.export.predict import predict
from core.problems import Problems
from core.runtime import paths
from core.store import files
from core.store.catalog import Catalog
from tests.experiment.fitting import for_data
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


@pytest.mark.parametrize(("kind", "columns_told", "word"), [
    ("shapes_labels", 7, "labels"), ("lorenz", 3, "values"), ("digits_reconstruction", 64, "values"),
    ("addition", 1, "text"), ("python_topics", 1, "text"), ("mackey_glass", 1, "value")])
def test_what_is_said_of_every_task_is_a_table_and_json(
        kind: str, columns_told: int, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = Trainer(for_data(next(entry for entry in DATASETS if entry.name() == kind)))
    trainer.start()
    trainer.advance(1, 60)
    with closing(Catalog(tmp_path)) as catalog:
        run = catalog.add_run(write(trainer.experiment), kind, "key", None, "loss")
    files.make_folder(files.run_folder(tmp_path, run))
    weights.write(paths.weights(tmp_path, run), trainer.network)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(trainer.split.samples.inputs[:2].tolist()))
    words = ["predict", str(run), "--input", str(path), "--store", str(tmp_path)]
    assert command_line.main(words) == 0
    told = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [len(line) for line in told] == 3 * [columns_told]
    assert command_line.main([*words, "--json"]) == 0
    assert all(word in row for row in json.loads(capsys.readouterr().out))


def test_of_several_labels_those_hold_that_are_more_likely_than_not(tmp_path: Path) -> None:
    trainer = Trainer(for_data(ShapesLabels))
    weights.write(tmp_path / "weights", trainer.network)
    held = trainer.split
    (tmp_path / "x.json").write_text(json.dumps(held.samples.inputs[:9].tolist()))
    told = predict(Subject(trainer.experiment, weights=tmp_path / "weights"), tmp_path / "x.json")
    chances = outputs(trainer.network, held.inputs[:9]).sigmoid().numpy()
    assert [row["labels"] for row in told] == [
        [name for name, chance in zip(held.task.classes, row, strict=True) if chance > 0.5]
        for row in chances]
    assert np.allclose([list(row["shares"].values()) for row in told], chances, atol=1e-6)
    assert len({len(row["labels"]) for row in told} - {1}) > 0


@pytest.mark.parametrize(("kind", "texts", "word"), [
    ("cities", ["lyon", "Oslo"], "class"), ("reverse", ["abca", "cab"], "text"),
    ("python_topics", ["The class"], "text")])
def test_texts_are_read_as_they_are_written(kind: str, texts: list[str], word: str, tmp_path: Path) -> None:
    trainer = Trainer(for_data(next(entry for entry in DATASETS if entry.name() == kind)))
    weights.write(tmp_path / "weights", trainer.network)
    subject = Subject(trainer.experiment, weights=tmp_path / "weights")
    (tmp_path / "x.txt").write_text("\n".join(texts))
    (tmp_path / "x.json").write_text(json.dumps(texts))
    told = predict(subject, tmp_path / "x.txt")
    assert told == predict(subject, tmp_path / "x.json")
    assert [bool(row[word]) for row in told] == [True] * len(texts)


def test_a_text_the_network_has_no_words_for_is_refused(tmp_path: Path) -> None:
    trainer = Trainer(for_data(next(entry for entry in DATASETS if entry.name() == "reverse")))
    weights.write(tmp_path / "weights", trainer.network)
    subject = Subject(trainer.experiment, weights=tmp_path / "weights")
    (tmp_path / "x.txt").write_text("abc\nab!\n")
    with pytest.raises(Problems, match="Text 2 holds '!'"):
        predict(subject, tmp_path / "x.txt")
    iris, _ = trained("iris", tmp_path)
    with pytest.raises(Problems, match="reads numbers"):
        predict(iris, tmp_path / "x.txt")


@pytest.mark.parametrize(("kind", "text", "word"), [
    ("addition", "1" * 40, "at most"), ("parity", "01" * 7, "exactly 12"), ("parity", "0101", "exactly 12")])
def test_a_text_is_never_cut_or_filled_up_in_silence(kind: str, text: str, word: str) -> None:
    data = next(entry for entry in DATASETS if entry.name() == kind)(kind=kind)
    with pytest.raises(Problems, match=f"has {len(text)} tokens; the network reads {word}"):
        texts("x.txt", [text], data)
