"""Protects the notebook: whole cells with a word about each, that train as the script does."""

import ast
import contextlib
import io
import json
from pathlib import Path

import pytest

from core import export
from core.engine.trainer import Trainer
from core.experiment import templates
from core.experiment.replay import History, history
from core.export import Subject
from core.export.notebook import cells, notebook
from core.export.proof import of_notebook
from core.export.script import text
from tests.experiment.written import by_engine, losses, pinned

STEPS = 3


def test_a_notebook_is_run_and_says_the_same(tmp_path: Path) -> None:
    asked = pinned(templates.template("iris").experiment, epochs=3)
    proof = export.export(Subject(asked), "notebook", tmp_path / "iris.ipynb")
    assert proof.equal, proof.said
    assert "notebook's first" in proof.said
    book = json.loads((tmp_path / "iris.ipynb").read_text())
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    kinds = [cell["cell_type"] for cell in book["cells"]]
    assert kinds[0] == "markdown"
    assert kinds[1:] == ["markdown", "code"] * (len(kinds) // 2)
    assert len({cell["id"] for cell in book["cells"]}) == len(kinds)


@pytest.mark.parametrize("name", templates.names())
def test_every_templates_cells_train_as_the_engine_does(name: str) -> None:
    asked = pinned(templates.template(name).experiment)
    cut = cells(text(Subject(asked), History()))
    for cell in cut:
        ast.parse(cell.code)
        assert cell.code.strip()
    code = "\n\n".join(cell.code for cell in cut)
    assert "argparse" not in code
    assert code.count("\nLOSSES = None") == 1
    code = code.replace("\nLOSSES = None", f"\nLOSSES = {STEPS}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), {"__name__": name})
    assert [float(line) for line in printed.getvalue().splitlines()] == by_engine(asked, STEPS).losses[:STEPS]


def test_cells_of_a_run_that_was_changed_train_as_it_did() -> None:
    asked = pinned(templates.template("iris").experiment, epochs=3)
    trainer = Trainer(asked)
    events = [*trainer.start(), *trainer.advance(2, 60), trainer.change("training.loss", {"kind": "mse"}),
              trainer.change("training.optimizer", {"kind": "lbfgs"}), *trainer.advance(1000, 60)]
    code = "\n\n".join(cell.code for cell in cells(text(Subject(asked), history(events))))
    code = code.replace("\nLOSSES = None", "\nLOSSES = 1000")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "cells", "exec"), {"__name__": "cells"})
    assert [float(line) for line in printed.getvalue().splitlines()] == losses(events)


def test_cells_that_do_not_run_are_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(json.dumps({"cells": [
        {"cell_type": "code", "source": ["raise SystemExit('no torch')"]}]}))
    proof = of_notebook(path, [0.5], "the run's")
    assert not proof.equal
    assert "The notebook did not run: no torch" in proof.said


def test_a_name_is_only_text_in_a_notebook() -> None:
    title = "".join(notebook("a ` <img src=x>\n# b", [])["cells"][0]["source"]).splitlines()[0]
    assert title == "# `a ' <img src=x> # b`"
