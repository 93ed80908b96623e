"""Edits of values: set one, or take another entry of a catalogue."""

from typing import Any, Literal, NamedTuple

from core.catalog.all import CATALOGUES
from core.catalog.base import Entry
from core.catalog.fields import settings
from core.experiment.editing.graph import Document, refused
from core.experiment.explain import MENUS, cut, short
from core.experiment.model import Experiment, write
from core.plain import Plain
from core.problems import closest


class Set(Plain):
    """Set one value: `name`, `data.noise`, `training.optimizer.learning_rate`, `network.hidden1.units`.

    Setting a `kind` is choosing another entry.
    """

    kind: Literal["set"] = "set"
    path: str
    value: Any

    def changed(self, experiment: Experiment) -> Document:
        """The document after it. Raises Problems when it cannot be carried out."""
        *parents, name = self.path.split(".")
        if name == "kind" and isinstance(self.value, str):
            return Choose(path=".".join(parents), entry=self.value).changed(experiment)
        document = write(experiment)
        _part(document, parents)[name] = self.value
        return document


class Choose(Plain):
    """Take another entry of a catalogue; settings of the same name keep their value where it fits."""

    kind: Literal["choose"] = "choose"
    path: str
    entry: str

    def changed(self, experiment: Experiment) -> Document:
        """The document after it. Raises Problems when it cannot be carried out."""
        document = write(experiment)
        choice = _choice(document, self.path)
        known = {entry.name(): entry for entry in CATALOGUES[MENUS[choice.key]]}
        if self.entry not in known:
            raise refused(self.path, f"There is no kind {short(self.entry)}.", closest(self.entry, known))
        choice.holder[choice.key] = _kept(known[self.entry], choice.holder[choice.key])
        return document


def _kept(chosen: type[Entry], old: Document) -> Document:
    """A document of the chosen entry with the old settings that mean the same there.

    Those that each entry has its own measure for are not kept: what suits one breaks another. The same kind
    again changes nothing.
    """
    if old.get("kind") == chosen.name():
        return old
    new: Document = {"kind": chosen.name()}
    for setting in settings(chosen):
        if setting.name in old and not setting.own:
            try:
                chosen.model_validate({**new, setting.name: old[setting.name]})
            except ValueError:
                continue
            new[setting.name] = old[setting.name]
    return new


class _Held(NamedTuple):
    """An entry's place: the object that holds it, and its key there."""

    holder: Document
    key: str


def _choice(document: Document, path: str) -> _Held:
    """Where the entry lies that a path names: `data`, `training.loss`, `network.hidden1`."""
    match path.split("."):
        case ["data"]:
            return _Held(document, "data")
        case ["training", key] if key in MENUS and key in document["training"]:
            return _Held(document["training"], key)
        case ["network", id]:
            return _Held(_node(document, id), "layer")
        case _:
            raise refused(cut(path), "Nothing is chosen from a menu there.",
                           "Choose data, a layer, or a part of training.")


def _part(document: Document, parents: list[str]) -> Document:
    """The object a path leads to; inside `network` the next word is a node's id, and leads to its layer."""
    here: Any = document
    words = parents
    if parents[:1] == ["network"] and len(parents) > 1:
        here, words = _node(document, parents[1])["layer"], parents[2:]
    for name in words:
        parts = list(here)
        here = here.get(name)
        if not isinstance(here, dict):
            raise refused(cut(".".join(parents)), f"There is no part {short(name)}.", closest(name, parts))
    return here


def _node(document: Document, id: str) -> Document:
    for node in document["network"]["nodes"]:
        if node["id"] == id:
            return node
    raise refused(cut(id), f"There is no layer called {short(id)}.",
                  closest(id, [node["id"] for node in document["network"]["nodes"]]))
