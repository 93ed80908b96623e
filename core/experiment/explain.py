"""Turns a refused JSON document into problems a reader can mend: where, what with the numbers, the way out."""

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.catalog.all import CATALOGUES
from core.catalog.base import Entry
from core.problems import Problem, closest

MOST = 20


def explained(error: ValidationError, document: dict[str, Any], parts: dict[str, type[BaseModel]]) -> list[Problem]:
    """One problem per fault, at most MOST; node positions are told by the node's id.

    parts: the class behind each key of the document that holds no `kind`; "" is the document itself.
    """
    return [_problem(fault, document, parts) for fault in error.errors(include_url=False)[:MOST]]


def _problem(fault: ErrorDetails, document: dict[str, Any], parts: dict[str, type[BaseModel]]) -> Problem:
    where = _where(fault["loc"], document)
    context: dict[str, Any] = fault.get("ctx", {})
    value = _short(fault["input"])
    match fault["type"]:
        case "union_tag_invalid":
            known = str(context["expected_tags"]).replace("'", "").split(", ")
            return Problem(where=where, what=f"There is no kind {context['tag']!r}.",
                           fix=closest(str(context["tag"]), known))
        case "union_tag_not_found":
            return Problem(where=where, what="It does not say its kind.", fix='Add "kind".')
        case "extra_forbidden":
            return Problem(where=where, what=f"The key {fault['loc'][-1]!r} is unknown.",
                           fix=closest(str(fault["loc"][-1]), _keys(fault["loc"][:-1], document, parts)))
        case "greater_than_equal":
            return Problem(where=where, what=f"{value} is too small.", fix=f"Use {context['ge']} or more.")
        case "less_than_equal":
            return Problem(where=where, what=f"{value} is too large.", fix=f"Use {context['le']} or less.")
        case "missing":
            return Problem(where=where, what="It is missing.", fix="Add it.")
        case "string_pattern_mismatch":
            return Problem(where=where, what=f"{value} is not a node id.",
                           fix="Use up to 40 letters, digits and underscores, beginning with a letter.")
        case _:
            return Problem(where=where, what=f"{value} does not fit.", fix=f"{fault['msg']}.")


def _where(location: tuple[int | str, ...], document: Any) -> str:
    """The dotted path, walking the document so that list positions of nodes become their ids."""
    words: list[str] = []
    here: Any = document
    for part in location:
        inside = isinstance(here, dict) and part in here or isinstance(here, list) and isinstance(part, int)
        if not inside and words and part != location[-1]:
            continue  # the kind pydantic puts into the path of a union is no part of the document
        here = here[part] if inside else None  # type: ignore[index]
        named = isinstance(part, int) and isinstance(here, dict) and isinstance(here.get("id"), str)
        words.append(here["id"] if named else str(part))  # type: ignore[index]
    return ".".join(words)


def _keys(location: tuple[int | str, ...], document: Any, parts: dict[str, type[BaseModel]]) -> list[str]:
    """The keys that may stand at a place of the document: those of its kind, or of its part."""
    kind = next((str(word) for word in reversed(location) if word in _KINDS), None)
    names = [word for word in location if isinstance(word, str)]
    if kind and kind == location[-1]:
        return list(_KINDS[kind].model_fields)
    return list(parts[names[-1] if names else ""].model_fields)


_KINDS: dict[str, type[Entry]] = {entry.name(): entry for entries in CATALOGUES.values() for entry in entries}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
