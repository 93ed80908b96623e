"""Old experiment files still open: one function per old schema version, never edited after release."""

from collections.abc import Callable
from typing import Any

from core.experiment.explain import short
from core.problems import Problem, Problems

NOW = 1
STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def upgrade(raw: dict[str, Any]) -> dict[str, Any]:
    """The document as this version writes it. Raises Problems when it is of a newer version."""
    version = raw.get("schema_version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Problems(Problem(where="schema_version",
                               what=f"The version is {short(version)}, not a whole number "
                               "from 1.", fix=f"Write {NOW}."))
    if version > NOW:
        raise Problems(Problem(where="schema_version",
                               what=f"This file is version {short(version)}; this app "
                               f"reads up to {NOW}.", fix="Update the app."))
    while version < NOW:
        raw, version = STEPS[version](dict(raw)), version + 1
    return {**raw, "schema_version": NOW}
