"""Turns a refused JSON document into problems a reader can mend: where, what, and the way out."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.catalog.all import CATALOGUES
from core.catalog.base import Entry
from core.catalog.fields import Setting, settings
from core.plain import Plain
from core.problems import Problem, closest

MOST = 20

MENUS: dict[str, str] = {"data": "datasets", "layer": "layers", "loss": "losses", "optimizer": "optimizers",
                         "schedule": "schedules", "regularization": "regularizations"}
"""Which catalogue the entry behind a key is chosen from."""

Parts = Mapping[str, type[Plain]]


def explained(error: ValidationError, document: Any, parts: Parts) -> list[Problem]:
    """One problem per fault, at most MOST; nodes are told by their ids, settings by the path that edits use.

    parts: the class behind each key of the document that holds no `kind`; "" is the document itself.
    """
    faults = error.errors(include_url=False)[:10 * MOST]
    deeper = {fault["loc"][:-1] for fault in faults}
    told = [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in deeper]
    return [_problem(fault, _spot(fault["loc"], document, parts)) for fault in told[:MOST]]


class _Spot(NamedTuple):
    """A place in a document: its path for a reader, the class that holds it, its key there."""

    where: str
    holder: type[Plain]
    key: str


def _spot(location: tuple[int | str, ...], document: Any, parts: Parts) -> _Spot:
    words: list[str] = []
    here, holder, key, menu = document, parts[""], "", dict[str, type[Entry]]()
    for part in location:
        if part in menu:  # the kind, which pydantic puts into the path of a union
            holder, menu = menu[str(part)], {}
            continue
        here = _inside(here, part)
        if isinstance(part, int):
            words[-1:] = _named(words[-1], part, here)
            continue
        if not issubclass(holder, Entry):
            holder = parts.get(key, holder)
            menu = {entry.name(): entry for entry in CATALOGUES.get(MENUS.get(part, ""), ())}
        key = part
        if (key, holder) != ("layer", parts["nodes"]):
            words.append(cut(part))
    return _Spot(".".join(words) or "experiment", holder, key)


def _inside(here: Any, part: int | str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    return here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else None


def _named(before: str, place: int, here: Any) -> list[str]:
    """The words for a place in a list: a node's id, or the number."""
    id = here.get("id") if isinstance(here, dict) else None
    return [id] if isinstance(id, str) and id.isidentifier() and len(id) <= 40 else [before, str(place)]


def _problem(fault: ErrorDetails, spot: _Spot) -> Problem:
    setting = next((known for known in settings(spot.holder) if known.name == spot.key), None)
    what, fix = _kind(fault, spot) or (_value(fault, setting) if setting else _form(fault))
    return Problem(where=spot.where, what=what, fix=fix)


def _kind(fault: ErrorDetails, spot: _Spot) -> tuple[str, str] | None:
    """What is wrong with the choice of an entry, or with a key; None for any other fault."""
    context: dict[str, Any] = fault.get("ctx", {})
    match fault["type"]:
        case "union_tag_invalid":
            known = str(context["expected_tags"]).replace("'", "").split(", ")
            kind = fault["input"]["kind"]
            return f"There is no kind {short(kind)}.", closest(kind if isinstance(kind, str) else "", known)
        case "union_tag_not_found":
            return "It does not say its kind.", 'Add "kind".'
        case "extra_forbidden":
            return f"The key {short(spot.key)} is unknown.", closest(spot.key, spot.holder.model_fields)
        case "missing":
            return f"The key {short(spot.key)} is missing.", "Add it."
        case _:
            return None


def _value(fault: ErrorDetails, setting: Setting) -> tuple[str, str]:
    """What is wrong with the value of a setting, and what it may be."""
    value, words = short(fault["input"]), [choice.value for choice in setting.choices]
    match fault["type"]:
        case "greater_than_equal":
            return f"{value} is too small.", bounds(setting)
        case "less_than_equal":
            return f"{value} is too large.", bounds(setting)
        case "too_short":
            return "Nothing is chosen.", f"Choose at least one of: {', '.join(words)}."
        case "literal_error" if isinstance(fault["input"], str):
            return f"There is no choice {value}.", closest(fault["input"], words)
        case "tuple_type":
            return f"{value} is not a list.", f"Give a list of: {', '.join(words)}."
        case _:
            return f"{value} is not {_NOUNS[setting.form]}.", bounds(setting)


_NOUNS = {"whole": "a whole number", "real": "a number", "log_real": "a number", "switch": "one of the two",
          "choice": "one of the words", "several": "one of the words"}


def bounds(setting: Setting) -> str:
    """A sentence saying what a setting may be."""
    empty = f" or null ({setting.empty})" if setting.optional else ""
    match setting.form:
        case "whole" | "real" | "log_real":
            return f"Use {setting.low:.12g} to {setting.high:.12g}{empty}."
        case "switch":
            return "Use true or false."
        case "choice" | "several":
            return f"Use one of: {', '.join(choice.value for choice in setting.choices)}."


def _form(fault: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a part that is neither an entry nor a setting."""
    value = short(fault["input"])
    context: dict[str, Any] = fault.get("ctx", {})
    match fault["type"]:
        case "string_pattern_mismatch":
            return (f"{value} is not a node id.",
                    "Use up to 40 letters, digits and underscores, beginning with a letter.")
        case "string_type":
            return f"{value} is not a text.", "Write a text, in quotes."
        case "string_too_short":
            return "The text is empty.", "Write at least one letter."
        case "string_too_long":
            return f"The text has {len(fault['input'])} letters.", f"Use at most {context['max_length']}."
        case "too_long":
            return f"The list has {len(fault['input']):,} places.", f"Use at most {context['max_length']:,}."
        case "tuple_type":
            return f"{value} is not a list.", "Write a list, in [ ]."
        case _:
            return f"{value} is not an object.", "Write an object, in { }."


def short(value: Any) -> str:
    """A value for a sentence: numbers and words as JSON writes them, lists and objects by their name."""
    match value:
        case str():
            return repr(cut(value))
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return cut(json.dumps(value))


def cut(text: str) -> str:
    """A text, cut where it gets long."""
    return text if len(text) <= 60 else text[:59] + "…"
