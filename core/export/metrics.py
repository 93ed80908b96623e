"""Every recorded point of a run as CSV or JSON; proved by reading the file back."""

import csv
import io
import json
import math
from pathlib import Path

from core.events import Point
from core.export.place import put
from core.export.subject import Proof, Subject
from core.problems import Problem, Problems

_COLUMNS = ("name", "step", "value")


def export(subject: Subject, path: Path) -> Proof:
    """Write the points to `path`, as its ending says, read them back, and compare. Raises Problems."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".json", ""):
        raise Problems(Problem(where=str(path), what=f"Recorded numbers are not written as {ending}.",
                               fix="Let the name end in .csv or .json."))
    as_json = ending == ".json"
    put(path, _json(subject.points) if as_json else _csv(subject.points))
    text = path.read_text(encoding="utf-8")
    return compared("metrics", path, subject.points, _from_json(text) if as_json else _from_csv(text))


def compared(to: str, path: Path, told: tuple[Point, ...], found: list[Point], kept: str = "") -> Proof:
    """The proof that the points found in a file are those told. kept: how the file keeps a value."""
    equal = len(found) == len(told) and all(map(_same, told, found))
    named = len({name for name, _, _ in found})
    said = (f"Read back, the file holds the run's {len(found):,} points of {named} curves, all equal{kept}."
            if equal else f"Read back, the file's {len(found):,} points are not the run's {len(told):,}.")
    return Proof(to=to, files=(path.name,), equal=equal, compared=len(found),
                 largest_difference=0.0 if equal else None, said=said)


def _same(told: Point, found: Point) -> bool:
    return told[:2] == found[:2] and (told[2] == found[2] or (math.isnan(told[2]) and math.isnan(found[2])))


def _csv(points: tuple[Point, ...]) -> str:
    """Numbers as Python writes them: the shortest text that gives the same number again."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows((_COLUMNS, *points))
    return text.getvalue()


def _from_csv(text: str) -> list[Point]:
    return [(row["name"], int(row["step"]), float(row["value"])) for row in csv.DictReader(text.splitlines())]


def _json(points: tuple[Point, ...]) -> str:
    """A list of objects; numbers JSON has no word for as "nan", "inf" and "-inf"."""
    rows = ({"name": name, "step": step, "value": value if math.isfinite(value) else str(value)}
            for name, step, value in points)
    return "[\n" + ",\n".join(json.dumps(row, allow_nan=False) for row in rows) + "\n]\n"


def _from_json(text: str) -> list[Point]:
    return [(row["name"], row["step"], float(row["value"])) for row in json.loads(text)]
