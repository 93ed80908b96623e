"""Samples a person brings in a file: the data set's columns as CSV, or lists of numbers as JSON."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from core.catalog.base import Dataset
from core.catalog.datasets.tokens import PADDING
from core.engine.reading import typed
from core.problems import Problem, Problems
from core.shapes import Shape


def samples(path: Path, data: Dataset) -> np.ndarray | list[str]:
    """The samples in the file as the network is shown them, not scaled yet. (samples, *shape) float32

    Of data on the plane, the file holds the points. Of texts it may hold these as they are read: one in each
    line of a .txt file, or strings in a .json file. Raises Problems.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _wrong(path, f"The file cannot be read ({error.strerror}).", "Check its name.") from None
    except UnicodeDecodeError:
        raise _wrong(path, "The file is not text in UTF-8.", "Save it as CSV or JSON in UTF-8.") from None
    where = str(path)
    if path.suffix.lower() == ".txt":
        return texts(where, [line for line in text.splitlines() if line], data)
    rows = from_json(where, text) if path.suffix.lower() == ".json" else _from_csv(where, text, data)
    return inputs(where, rows, data)


def texts(where: str, rows: list[str], data: Dataset) -> list[str]:
    """Texts that are known to the network word by word. Raises Problems."""
    if data.shape.dtype != "integer":
        raise _wrong(where, "The network reads numbers, not texts.", "Bring them as CSV or JSON.")
    if not rows:
        raise _wrong(where, "There are no samples.", "Write one text in each line.")
    for number, row in enumerate(rows, 1):
        tokens, unknown = typed(row, data.words)
        if unknown or not tokens:
            held = ", ".join(repr(word) for word in unknown[:5]) or "nothing"
            raise _wrong(where, f"Text {number} holds {held}, which the network has no token for.",
                         f"It knows {' '.join(data.words[:40])}.")
        if data.task.kind != "next_token":  # which is carried on from its end, however long it is
            _check_length(where, number, len(tokens), data)
    return rows


def _check_length(where: str, number: int, count: int, data: Dataset) -> None:
    """Raises Problems when a text would be cut, or filled up with tokens that mean something."""
    most = data.fields["source"].stop if "source" in data.fields else data.shape.sizes[0]
    if count > most or (count < most and PADDING not in data.words):
        least = "at most" if PADDING in data.words else "exactly"
        raise _wrong(where, f"Text {number} has {count} tokens; the network reads {least} {most}.",
                     "Bring it in that length.")


def inputs(where: str, rows: Any, data: Dataset) -> np.ndarray | list[str]:
    """Rows as the network is shown them, not scaled yet. (samples, *shape) float32. Raises Problems.

    Of texts they may be strings; these stay as they are.
    """
    if isinstance(rows, list) and rows and all(isinstance(row, str) for row in rows):
        return texts(where, rows, data)
    given, shown = _array(where, rows, size(data), data.shape), data.shown()
    return shown.function(given, **shown.kwargs).astype(np.float32) if shown else given


def size(data: Dataset) -> tuple[int, ...]:
    """The size of a sample as a person brings it: a point of data on the plane, otherwise what it is."""
    return (2,) if data.picture == "plane" else tuple(data.shape.sizes)


def columns(data: Dataset) -> tuple[str, ...]:
    """What the columns of a CSV file are called; none for pictures."""
    return ("x1", "x2") if data.picture == "plane" else data.columns


def from_json(where: str, text: str | bytes) -> Any:
    """What a JSON text holds. Raises Problems."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(where, f"This is not JSON ({error}).",
                     "Write a list with one list of numbers per sample.") from None


def _from_csv(where: str, text: str, data: Dataset) -> list[list[float]]:
    wanted = columns(data)
    if not wanted:
        raise _wrong(where, f"Samples of {data.title} have no columns.", "Bring them as a .json file: one "
                     "nested list each; texts also as a .txt file, one in each line.")
    try:
        header, *rows = [row for row in csv.reader(text.splitlines()) if row] or [[]]
    except csv.Error as error:
        raise _wrong(where, f"The file is not CSV ({error}).", "Save it as CSV, with commas.") from None
    names = [name.strip() for name in header]
    missing = [name for name in wanted if names.count(name) != 1]
    if missing:
        raise _wrong(where, f"Needed once each, and not so: the columns {', '.join(missing)}.",
                     f"Name the columns in the first line: {','.join(wanted)}.")
    places = [(name, names.index(name)) for name in wanted]
    return [[_number(where, number, name, row[place] if place < len(row) else "") for name, place in places]
            for number, row in enumerate(rows, 1)]


def _number(where: str, row: int, column: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise _wrong(where, f"Row {row}, column {column}: {cell[:40]!r} is not a number.",
                     "Give every cell a number.") from None


def _array(where: str, rows: Any, sizes: tuple[int, ...], shape: Shape) -> np.ndarray:
    """The rows as samples of these sizes, all of them finite."""
    words = " × ".join(map(str, sizes))
    fix = f"Give a list with {words} numbers per sample."
    if not isinstance(rows, list) or not rows:
        raise _wrong(where, "There are no samples.", fix)
    try:
        given = np.array(rows)
    except ValueError:
        raise _wrong(where, "The samples are not of one size.", fix) from None
    if given.shape[1:] != sizes:
        held = " × ".join(map(str, given.shape[1:])) or "1"
        raise _wrong(where, f"A sample holds {held} numbers, not {words}.", fix)
    if given.dtype.kind not in "iuf":
        raise _wrong(where, "The samples hold something that is not a number.", fix)
    with np.errstate(over="ignore"):
        given = given.astype(np.float32)
    most = shape.vocabulary
    if shape.dtype == "integer" and not ((given >= 0) & (given < most) & (given % 1 == 0)).all():
        raise _wrong(where, "The samples hold something that is no token.",
                     f"Give whole numbers from 0 to {most - 1}.")
    if not np.isfinite(given).all():
        raise _wrong(where, "The samples hold a number that is not finite or too large.", fix)
    return given


def _wrong(where: object, what: str, fix: str) -> Problems:
    return Problems(Problem(where=str(where), what=what, fix=fix))
