"""Protects the command line: real JSON, honest exit statuses, an interrupt that ends a run well."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core import __main__ as command_line
from core.experiment import templates
from core.experiment.model import write
from core.export import ways
from core.runtime import follow
from core.store.catalog import Catalog
from tests.conftest import ROOT, until


def drafted(folder: Path, name: str, **training: Any) -> Path:
    """A template's experiment as a file."""
    raw = write(templates.template(name).experiment)
    raw["training"] |= {"device": "cpu", "threads": 1, **training}
    path = folder / "experiment.json"
    path.write_text(json.dumps(raw))
    return path


def started(*words: str | Path) -> "subprocess.Popen[str]":
    """The command line in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "core", *map(str, words)], cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=os.environ | {"OMP_NUM_THREADS": "1"})


def strict(text: str) -> Any:
    """JSON as others read it: without a bare NaN."""
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")
    return json.loads(text, parse_constant=refuse)


def test_a_diverged_run_is_told_in_valid_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "runs"
    asked = drafted(tmp_path, "diabetes", epochs=50, batch_size=512,
                    optimizer={"kind": "sgd", "learning_rate": 10.0})
    process = started("train", asked, "--store", store, "--json")
    out, err = process.communicate(timeout=90)
    assert process.returncode == 3, err
    told = [strict(line) for line in out.splitlines()]
    assert told[-1]["metrics"]["validation"]["loss"] == "Infinity"
    assert told[-1]["state"] == told[-2]["type"] == "diverged"
    assert command_line.main(["show", "1", "--json", "--store", str(store)]) == 0
    assert strict(capsys.readouterr().out)["state"] == "diverged"
    assert command_line.main(["runs", "--json", "--store", str(store)]) == 0
    assert strict(capsys.readouterr().out)[0]["id"] == 1


def test_numbers_json_has_no_word_for_are_words() -> None:
    odd = {"scores": [float("nan"), float("inf"), -float("inf"), 0.5]}
    assert strict(follow.as_json(odd)) == {"scores": ["NaN", "Infinity", "-Infinity", 0.5]}


def test_a_damaged_store_is_broken_and_an_unknown_run_is_invalid(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Catalog(tmp_path).close()
    assert command_line.main(["show", "7", "--store", str(tmp_path)]) == 2
    assert "no run 7" in capsys.readouterr().err
    for file in tmp_path.glob("catalog.sqlite*"):
        file.write_bytes(b"nothing a database would say " * 400)
    assert command_line.main(["runs", "--store", str(tmp_path)]) == 1
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["show", "5"], ["resume", "5"], ["predict", "5", "--input", "x.csv"]])
def test_a_store_that_is_not_there_is_told_and_not_made(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert command_line.main([*words, "--store", str(tmp_path / "typo")]) == 1
    assert "is not there" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()


def test_an_interrupt_stops_the_run_and_tells_its_end_once(tmp_path: Path) -> None:
    store = tmp_path / "runs"
    process = started("train", drafted(tmp_path, "iris", epochs=None), "--store", store, "--json")
    assert process.stdout is not None
    first = strict(process.stdout.readline())
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    with process:  # reads on from where readline stopped, which reads ahead, and closes both pipes
        out, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    told = [first, *(strict(line) for line in out.splitlines())]
    assert [event["type"] for event in told[:-1] if event["type"] in ("started", "stopped")] == [
        "started", "stopped"]
    assert told[-1]["state"] == "stopped"


@pytest.mark.slow
def test_a_second_interrupt_leaves_at_once_and_the_run_stops(tmp_path: Path) -> None:
    store = tmp_path / "runs"
    process = started("train", drafted(tmp_path, "iris", epochs=None), "--store", store, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    holder = Catalog(store)
    assert not holder.run(1).state.over
    process.send_signal(signal.SIGINT)
    assert "again" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert until(lambda: (found := holder.run(1)).state.over and found, 30).state == "stopped"
    holder.close()


@pytest.mark.slow
def test_a_run_is_exported_every_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(tmp_path / "runs")
    process = started("train", drafted(tmp_path, "iris", epochs=2), "--store", store)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    for way in ways.WAYS:
        words = ["export", "1", "--to", way.kind, "-o", str(tmp_path / way.file), "--store", store, "--json"]
        assert command_line.main(words) == 0, way.kind
        proof = strict(capsys.readouterr().out)
        assert proof["to"] == way.kind
        assert proof["equal"] or proof["close"], proof["said"]
        assert (tmp_path / proof["files"][0]).stat().st_size > 0
