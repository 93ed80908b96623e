"""Takes a run away as files that stand alone, and proves each by using it as anyone else would."""

from collections.abc import Callable
from pathlib import Path

from core.export import script, weights
from core.export.subject import Proof, Subject
from core.problems import Problem, Problems, closest

WAYS: dict[str, Callable[[Subject, Path], Proof]] = {"script": script.export, "safetensors": weights.export}
"""What a run can be taken away as."""


def export(subject: Subject, to: str, path: Path) -> Proof:
    """Write a run to `path` and prove it. Raises Problems: no such way or place, nothing to write yet."""
    if to not in WAYS:
        what = f"A run cannot be exported to {to!r}."
        raise Problems(Problem(where="to", what=what, fix=closest(to, WAYS)))
    return WAYS[to](subject, path)
