"""Settings said once: a bounded, validated field that also holds what a form needs to draw it."""

from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import Field
from pydantic.fields import FieldInfo

from core.plain import Plain

Form = Literal["whole", "real", "log_real", "switch", "choice", "several"]


class Choice(Plain):
    """One value of a setting that picks from a list, and the words for it."""

    value: str
    title: str


class Setting(Plain):
    """One adjustable value of an entry, as a form, a tooltip and a table of docs need it."""

    name: str
    title: str
    help: str
    form: Form
    default: int | float | bool | str | tuple[str, ...] | None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    live: bool = False
    optional: bool = False
    empty: str = ""
    """What no value means, in a word or two; said only of a setting that may be empty."""
    start: float | None = None
    """Where a form begins when a setting that was empty gets a value; None is its default, or its lowest."""
    own: bool = False
    """Whether each entry has its own measure for it: it is not taken over where another entry is chosen."""


def whole(
    default: int | None, low: int, high: int, help: str, *, unit: str = "", title: str = "", step: int = 1,
    live: bool = False, late: bool = False, empty: str = "", start: int | None = None,
) -> Any:
    """A whole number from `low` to `high`, both included; a field typed `int | None` may be `empty`."""
    return _number("whole", default, low, high, help, unit=unit, title=title, step=step, live=live, late=late,
                   empty=empty, start=start)


def real(
    default: float, low: float, high: float, help: str, *, unit: str = "", title: str = "",
    step: float = 0.01,
    live: bool = False, late: bool = False,
) -> Any:
    """A number from `low` to `high`, both included."""
    return _number("real", default, low, high, help, unit=unit, title=title, step=step, live=live, late=late)


def log_real(
    default: float | None, low: float, high: float, help: str, *, unit: str = "", title: str = "",
    live: bool = False, own: bool = False, empty: str = "", start: float | None = None,
) -> Any:
    """A number from `low` to `high` on a logarithmic slider, whose first stop is 0 when `low` is 0.

    A field typed `float | None` may be `empty`.
    """
    return _number("log_real", default, low, high, help, unit=unit, title=title, live=live, own=own,
                   empty=empty, start=start)


def switch(default: bool, help: str, *, title: str = "", late: bool = False) -> Any:
    """On or off."""
    return Field(default, strict=True, description=help,
                 json_schema_extra={"form": "switch", "title": title, "late": late})


def choice(
    default: str, help: str, *, title: str = "", titles: dict[str, str] | None = None, late: bool = False
) -> Any:
    """One of the words of the field's `Literal` annotation; `titles` are the words on screen."""
    return Field(default, description=help, json_schema_extra={
        "form": "choice", "title": title, "titles": dict(titles or {}), "late": late})


def several(default: tuple[str, ...], help: str, *, title: str = "",
            titles: dict[str, str] | None = None) -> Any:
    """At least one of the words of the field's `tuple[Literal[…], …]` annotation."""
    return Field(default, min_length=1, description=help,
                 json_schema_extra={"form": "several", "title": title, "titles": dict(titles or {})})


@cache
def settings(entry: type[Plain]) -> tuple[Setting, ...]:
    """Every setting of an entry, in the order of its class, `late` ones (shared by many entries) last.

    The only reader of pydantic's field internals.
    """
    fields = [(name, field, field.json_schema_extra) for name, field in entry.model_fields.items()]
    found = [(name, field, bool(extra.get("late"))) for name, field, extra in fields
             if isinstance(extra, dict) and "form" in extra]
    return tuple(_setting(name, field) for name, field, _ in sorted(found, key=lambda item: item[2]))


def _number(form: Form, default: float | None, low: float, high: float, help: str, **extra: Any) -> Any:
    return Field(default, ge=low, le=high, strict=True, allow_inf_nan=False, description=help,
                 json_schema_extra={"form": form, "low": low, "high": high, **extra})


def _setting(name: str, field: FieldInfo) -> Setting:
    extra: dict[str, Any] = dict(field.json_schema_extra)  # type: ignore[arg-type]
    titles = extra.pop("titles", {})
    extra.pop("late", None)
    extra["title"] = extra.get("title") or name.replace("_", " ").capitalize()
    return Setting(
        name=name, help=field.description or "", default=field.default,
        choices=tuple(Choice(value=word, title=titles.get(word, word.replace("_", " ")))
                      for word in _words(field)),
        optional=type(None) in get_args(field.annotation), **extra)


def _words(field: FieldInfo) -> tuple[str, ...]:
    annotation: Any = field.annotation
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) is Literal else ()
