"""Protects the promises every entry of every catalogue keeps, whatever it is."""

import inspect
import json
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

import core.catalog
from core.catalog.all import CATALOGUES, catalogue, described
from core.catalog.base import Entry
from core.catalog.fields import settings
from core.experiment.model import Training
from core.plain import Plain
from tests.catalog.corners import all_corners, ends, said

ENTRIES = [entry for entries in CATALOGUES.values() for entry in entries]
CORNERS = [corner for entries in CATALOGUES.values() for corner in all_corners(entries)]
SETTINGS = [(entry, setting) for entry in [*ENTRIES, Training] for setting in settings(entry)]


def modules() -> list[ModuleType]:
    return [import_module(found.name)
            for found in pkgutil.walk_packages(core.catalog.__path__, "core.catalog.")]


@pytest.mark.parametrize("entry", CORNERS, ids=said)
def test_json_gives_back_an_equal_entry(entry):
    assert type(entry).model_validate_json(entry.model_dump_json()) == entry


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.__module__}.{entry.__name__}")
def test_every_entry_says_what_it_is(entry):
    tooltip = inspect.cleandoc(entry.__doc__ or "")
    assert "__doc__" in vars(entry), "the tooltip is its own, not that of the class it comes from"
    assert tooltip.endswith(".")
    assert not tooltip[0].islower()
    assert entry.title
    assert entry.model_fields["kind"].default == entry.name()
    assert entry.name() == entry.name().lower()


@pytest.mark.parametrize(("entry", "setting"), SETTINGS, ids=lambda value: getattr(value, "name", None) if not
                         isinstance(value, type) else value.__name__)
def test_every_setting_can_be_drawn_and_explained(entry, setting):
    assert setting.help.endswith(".")
    assert setting.title[0].isupper()
    if setting.form in ("whole", "real", "log_real"):
        assert setting.low < setting.high
        assert setting.default is None or setting.low <= setting.default <= setting.high
    if setting.form in ("choice", "several"):
        words = [choice.value for choice in setting.choices]
        assert len(words) == len(set(words)) > 1
        assert all(choice.title for choice in setting.choices)
        defaults = setting.default if setting.form == "several" else [setting.default]
        assert set(defaults) <= set(words)
    assert bool(setting.empty) == setting.optional, "no value has its word"
    assert not setting.live or setting.form in ("real", "log_real"), "only numbers slide while a run trains"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.__module__}.{entry.__name__}")
def test_every_field_is_a_setting(entry):
    assert {*entry.model_fields} == {"kind", *(setting.name for setting in settings(entry))}


@pytest.mark.parametrize(("entry", "setting"), SETTINGS, ids=lambda value: getattr(value, "name", None) if not
                         isinstance(value, type) else value.__name__)
def test_what_lies_outside_the_bounds_is_refused(entry, setting):
    wrong = [True, "three", [], {}, float("nan"), float("inf")]
    if setting.form in ("whole", "real", "log_real"):
        wrong += [setting.low - 1, setting.high + 1]
    if setting.form == "switch":
        wrong = [1, "true", 0.0, [], None]
    if setting.form == "several":
        wrong += [["nothing"], [3]]
    if not setting.optional:
        wrong += [None]
    kind = {"kind": entry.name()} if issubclass(entry, Entry) else {}
    for value in wrong:
        with pytest.raises(ValueError, match=setting.name):
            entry.model_validate_json(json.dumps({**kind, setting.name: value}))


@pytest.mark.parametrize("name", CATALOGUES)
def test_kinds_are_unique_within_a_catalogue(name):
    kinds = [entry.name() for entry in CATALOGUES[name]]
    assert len(kinds) == len(set(kinds))
    titles = [entry.title for entry in CATALOGUES[name]]
    assert len(titles) == len(set(titles))


def test_nothing_is_defined_but_unlisted():
    defined = {thing for module in modules() for _, thing in inspect.getmembers(module, inspect.isclass)
               if issubclass(thing, Entry) and thing.__module__ == module.__name__
               and "kind" in vars(thing).get(
                   "__annotations__", {}) and thing is not Entry}
    sized_to_the_task = {thing for thing in defined if any(
        thing.name() == entry.name() and thing.title == entry.title and thing is not entry
        for entry in ENTRIES)}
    assert defined - sized_to_the_task == set(ENTRIES)


def test_the_whole_catalogue_is_json():
    assert json.loads(json.dumps(catalogue(), allow_nan=False)).keys() == CATALOGUES.keys()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.__module__}.{entry.__name__}")
def test_every_entry_is_described_with_all_its_settings(entry):
    told = described(entry)
    assert told["kind"] == entry.name()
    assert [setting["name"] for setting in told["settings"]] == [setting.name for setting in settings(entry)]


def test_data_is_frozen_and_refuses_unknown_keys():
    class Pair(Plain):
        left: int = 1

    with pytest.raises(ValueError, match="frozen"):
        Pair().left = 2  # type: ignore[misc]
    with pytest.raises(ValueError, match="right"):
        Pair.model_validate({"right": 1})


def test_every_setting_has_ends_to_be_tried_at():
    assert all(list(ends(setting)) for _, setting in SETTINGS)
