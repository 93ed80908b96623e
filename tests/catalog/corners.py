"""Every entry at its defaults and with each setting at its lowest, its highest and every word it may hold."""

from collections.abc import Iterator
from typing import Any

from core.catalog.base import Entry
from core.catalog.fields import Setting, settings


def corners(entry: type[Entry]) -> list[Entry]:
    """The entry at its defaults, then one per end of every setting."""
    return [entry(kind=entry.name()), *(entry(**{"kind": entry.name(), setting.name: value})
                                        for setting in settings(entry) for value in ends(setting))]


def all_corners(entries: tuple[type[Entry], ...]) -> list[Entry]:
    """The corners of every entry of a catalogue."""
    return [corner for entry in entries for corner in corners(entry)]


def ends(setting: Setting) -> Iterator[Any]:
    """The values at which a setting must still hold: its ends, every word, both ways of a switch."""
    match setting.form:
        case "whole":
            yield from (int(setting.low or 0), int(setting.high or 0))
        case "real" | "log_real":
            yield from (float(setting.low or 0), float(setting.high or 0))
        case "switch":
            yield from (False, True)
        case "choice":
            yield from (choice.value for choice in setting.choices)
        case "several":
            yield from ((choice.value,) for choice in setting.choices)
            yield tuple(choice.value for choice in setting.choices)
    if setting.optional:
        yield None


def said(entry: Entry) -> str:
    """A name for a corner in a list of tests: its kind and what is not at its default."""
    told = entry.model_dump(exclude_defaults=True)
    return "-".join([entry.kind, *(f"{name}={value}" for name, value in told.items() if name != "kind")])
