"""Protects the recorded numbers taken away: every point, read back by others as it was told."""

import csv
import json
import struct
from pathlib import Path

import pytest

from core import export
from core.experiment import templates
from core.export import Subject
from core.problems import Problems

POINTS = (("train_loss", 1, 0.1), ("validation_loss", 1, float("nan")), ("train_loss", 2, float("inf")),
          ("validation_accuracy", 2, 1 / 3), ("train_loss", 3, 1e300), ("train_loss", 2**40, -0.0))


@pytest.fixture
def told() -> Subject:
    """A run that has told some numbers, odd ones among them."""
    return Subject(templates.template("iris").experiment, points=POINTS)


def test_a_table_holds_every_point(told: Subject, tmp_path: Path) -> None:
    proof = export.export(told, "metrics", tmp_path / "metrics.csv")
    assert (proof.equal, proof.compared) == (True, len(POINTS)), proof.said
    with (tmp_path / "metrics.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["name", "step", "value"]
    assert [(name, int(step), float(value)) for name, step, value in rows[4:]] == list(POINTS[3:])


def test_the_ending_decides_for_json(told: Subject, tmp_path: Path) -> None:
    proof = export.export(told, "metrics", tmp_path / "metrics.json")
    assert proof.equal, proof.said
    rows = json.loads((tmp_path / "metrics.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert rows[1] == {"name": "validation_loss", "step": 1, "value": "nan"}
    with pytest.raises(Problems, match=r"not written as \.xlsx.*\.csv or \.json"):
        export.export(told, "metrics", tmp_path / "metrics.xlsx")


def test_a_run_that_told_nothing_has_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="Nothing has been trained yet"):
        export.export(Subject(templates.template("iris").experiment), "metrics", tmp_path / "metrics.csv")


def test_events_are_found_by_tensorboards_name_and_hold_every_point(told: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "board"
    proof = export.export(told, "tensorboard", folder)
    assert (proof.equal, proof.compared) == (True, len(POINTS)), proof.said
    assert "32 bits" in proof.said
    (file,) = folder.iterdir()
    assert "tfevents" in file.name
    assert proof.files == (f"board/{file.name}",)
    length, = struct.unpack("<Q", file.read_bytes()[:8])
    assert b"brain.Event:2" in file.read_bytes()[12:12 + length]
    proof = export.export(told, "tensorboard", tmp_path / "run.tfevents")
    assert proof.files == ("run.tfevents",)
    assert (tmp_path / "run.tfevents").read_bytes() == file.read_bytes()


def test_a_damaged_event_file_is_not_taken_for_whole(told: Subject, tmp_path: Path) -> None:
    from core.export.tensorboard import _read

    path = tmp_path / "run.tfevents"
    export.export(told, "tensorboard", path)
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(AssertionError, match="as it was written"):
        list(_read(path))
