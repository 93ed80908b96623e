"""Samples a person brings in a file: the data set's columns as CSV, or lists of numbers as JSON."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from core.catalog.base import Dataset
from core.problems import Problem, Problems


def samples(path: Path, data: Dataset) -> np.ndarray:
    """The samples in the file as the network is shown them, not scaled yet. (samples, *shape) float32

    Of data on the plane, the file holds the points. Raises Problems.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _wrong(path, f"The file cannot be read ({error.strerror}).", "Check its name.") from None
    except UnicodeDecodeError:
        raise _wrong(path, "The file is not text in UTF-8.", "Save it as CSV or JSON in UTF-8.") from None
    rows = _from_json(path, text) if path.suffix.lower() == ".json" else _from_csv(path, text, data)
    given = _array(path, rows, (2,) if data.picture == "plane" else tuple(data.shape.sizes))
    shown = data.shown()
    return shown.function(given, **shown.kwargs).astype(np.float32) if shown else given


def columns(data: Dataset) -> tuple[str, ...]:
    """What the columns of a CSV file are called; none for pictures."""
    return ("x1", "x2") if data.picture == "plane" else data.columns


def _from_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"The file is not JSON ({error}).",
                     "Write a list with one list of numbers per sample.") from None


def _from_csv(path: Path, text: str, data: Dataset) -> list[list[float]]:
    wanted = columns(data)
    if not wanted:
        raise _wrong(path, "Pictures have no columns.", "Bring them as a .json file: one nested list each.")
    try:
        header, *rows = [row for row in csv.reader(text.splitlines()) if row] or [[]]
    except csv.Error as error:
        raise _wrong(path, f"The file is not CSV ({error}).", "Save it as CSV, with commas.") from None
    names = [name.strip() for name in header]
    missing = [name for name in wanted if names.count(name) != 1]
    if missing:
        raise _wrong(path, f"Needed once each, and not so: the columns {', '.join(missing)}.",
                     f"Name the columns in the first line: {','.join(wanted)}.")
    places = [(name, names.index(name)) for name in wanted]
    return [[_number(path, number, name, row[place] if place < len(row) else "") for name, place in places]
            for number, row in enumerate(rows, 1)]


def _number(path: Path, row: int, column: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise _wrong(path, f"Row {row}, column {column}: {cell[:40]!r} is not a number.",
                     "Give every cell a number.") from None


def _array(path: Path, rows: Any, sizes: tuple[int, ...]) -> np.ndarray:
    """The rows as samples of these sizes, all of them finite."""
    words = " × ".join(map(str, sizes))
    fix = f"Give a list with {words} numbers per sample."
    if not isinstance(rows, list) or not rows:
        raise _wrong(path, "The file holds no samples.", fix)
    try:
        given = np.array(rows)
    except ValueError:
        raise _wrong(path, "The samples are not of one size.", fix) from None
    if given.shape[1:] != sizes:
        held = " × ".join(map(str, given.shape[1:])) or "1"
        raise _wrong(path, f"A sample holds {held} numbers, not {words}.", fix)
    if given.dtype.kind not in "iuf":
        raise _wrong(path, "The samples hold something that is not a number.", fix)
    with np.errstate(over="ignore"):
        given = given.astype(np.float32)
    if not np.isfinite(given).all():
        raise _wrong(path, "The samples hold a number that is not finite or too large.", fix)
    return given


def _wrong(path: Path, what: str, fix: str) -> Problems:
    return Problems(Problem(where=str(path), what=what, fix=fix))
