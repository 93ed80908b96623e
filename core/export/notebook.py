"""A run's script as a Jupyter notebook: cut at its sections, proved as the script is."""

import ast
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from core.export.place import put
from core.export.proof import of_notebook
from core.export.script import first, text
from core.export.subject import Proof, Subject

_LOSSES = "LOSSES = None  # a number: print the losses of that many first steps, and end"


class Cell(NamedTuple):
    """A piece of the script with a word about it."""

    title: str
    about: str
    code: str


def export(subject: Subject, path: Path) -> Proof:
    """Write the notebook to `path`, run its cells as a script, and compare. Raises Problems."""
    told, losses, whose = first(subject)
    written = notebook(subject.experiment.name, cells(text(subject, told)))
    put(path, json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    return of_notebook(path, losses, whose, stopped=told.stopped)


def notebook(name: str, cut: list[Cell]) -> dict[str, Any]:
    """The cells as nbformat 4.5."""
    quoted = " ".join(name.replace("`", "'").split())
    shown: list[tuple[str, str, str]] = [
        ("title", "markdown", f"# `{quoted}`\n\nTrains a neural network exactly as Layerscope did, without "
                              "Layerscope. It needs torch, numpy and scikit-learn.")]
    for number, cell in enumerate(cut):
        shown += [(f"about-{number}", "markdown", f"## {cell.title}\n\n{cell.about}"),
                  (f"code-{number}", "code", cell.code)]
    return {
        "cells": [_cell(*one) for one in shown],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                     "language_info": {"name": "python"}},
        "nbformat": 4, "nbformat_minor": 5}


def _cell(id: str, kind: str, source: str) -> dict[str, Any]:
    told: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": {}, "source": source.splitlines(True)}
    return told if kind == "markdown" else {**told, "execution_count": None, "outputs": []}


def cells(script: str) -> list[Cell]:
    """The script's sections. `main` becomes cells that do what it does without a command line."""
    nodes = ast.parse(script).body
    lines = script.splitlines()
    starts = (_place(nodes, _is_import), _place(nodes, lambda node: isinstance(node, ast.Assign)),
              _place(nodes, lambda node: isinstance(node, ast.FunctionDef)), _place(nodes, _is_module),
              1 + _place(nodes, lambda node: _named(node, "Net")),
              _place(nodes, lambda node: _named(node, "train")),
              _place(nodes, lambda node: _named(node, "main")))
    edges = [_line(nodes[start], lines) for start in starts]
    cut = ["\n".join(lines[left:right]).strip() for left, right in pairwise(edges)]
    cut[0] = "\n".join(line for line in cut[0].splitlines() if line != "import argparse")
    main = nodes[starts[-1]]
    assert isinstance(main, ast.FunctionDef)
    return [Cell(*told, code) for told, code in zip(_TOLD, [*cut, *_run(main)], strict=True)]


def _run(main: ast.FunctionDef) -> list[str]:
    """What `main` does after it has read the command line: making ready, and training."""
    said = [line for line in map(ast.unparse, main.body) if "options.save" not in line]
    after = 1 + next(place for place, line in enumerate(said) if "parse_args()" in line)
    ready = 1 + next(place for place, line in enumerate(said) if line.startswith("net = "))
    plain = [line.replace("options.losses", "LOSSES").replace("options.device", "DEVICE") for line in said]
    return ["\n".join([_LOSSES, "", *plain[after:ready]]), "\n".join(plain[ready:])]


_TOLD = (
    ("Imports", "All that has to be installed."),
    ("Settings", "What was chosen, as constants."),
    ("Data", "How the samples are made and split. The test split is looked at once, at the end."),
    ("Network", "The layers, with the shape of one sample after each."),
    ("Loss, optimizer and scores", "What is made small, by which rule, and how the network is judged."),
    ("Training loop", "One update per batch, in an order that the seed draws."),
    ("Make ready", "The data, and first weights drawn under the seed."),
    ("Train and judge", "Train, then judge once on samples the network has never seen."),
)


def _place(nodes: list[ast.stmt], wanted: Callable[[ast.stmt], bool]) -> int:
    return next(place for place, node in enumerate(nodes) if wanted(node))


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_module(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "nn.Module" for base in node.bases)


def _named(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name


def _line(node: ast.stmt, lines: list[str]) -> int:
    """Where a node begins, with its decorators and the comments right above it. From 0."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    line = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while line and lines[line - 1].startswith("#"):
        line -= 1
    return line
