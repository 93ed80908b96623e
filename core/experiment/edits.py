"""Edits: Experiment -> Experiment. Every one is checked anew by reading the result as a document."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from core.catalog.all import CATALOGUES
from core.catalog.base import Entry
from core.catalog.fields import settings
from core.experiment.check import INPUT
from core.experiment.explain import MENUS, cut, short
from core.experiment.model import Experiment, read, write
from core.plain import Plain
from core.problems import Problem, Problems, closest

Document = dict[str, Any]


class Insert(Plain):
    """Put a new layer after a node (or `input`)."""

    kind: Literal["insert"] = "insert"
    after: str
    layer: str

    def change(self, document: Document) -> None:
        """Carry it out."""
        nodes = _nodes(document)
        place = 0 if self.after == INPUT else _place(nodes, self.after) + 1
        _put(nodes, place, {"id": _free_id(nodes, cut(self.layer)), "layer": {"kind": self.layer}})


class Remove(Plain):
    """Take nodes out; what read them reads what they read."""

    kind: Literal["remove"] = "remove"
    nodes: tuple[str, ...]

    def change(self, document: Document) -> None:
        """Carry it out."""
        nodes = _nodes(document)
        for id in self.nodes:
            _take(nodes, _place(nodes, id))


class Move(Plain):
    """Take a node out and put it after another one."""

    kind: Literal["move"] = "move"
    node: str
    after: str

    def change(self, document: Document) -> None:
        """Carry it out."""
        nodes = _nodes(document)
        if self.node == self.after:
            return
        moved = _take(nodes, _place(nodes, self.node))
        _put(nodes, 0 if self.after == INPUT else _place(nodes, self.after) + 1, {**moved, "inputs": []})


class Duplicate(Plain):
    """Put a copy of a node right after it."""

    kind: Literal["duplicate"] = "duplicate"
    node: str

    def change(self, document: Document) -> None:
        """Carry it out."""
        nodes = _nodes(document)
        place = _place(nodes, self.node)
        layer = nodes[place]["layer"]
        _put(nodes, place + 1, {"id": _free_id(nodes, layer["kind"]), "layer": layer})


class Set(Plain):
    """Set one value: `name`, `data.noise`, `training.optimizer.learning_rate`, `network.hidden1.units`.

    Setting a `kind` is choosing another entry.
    """

    kind: Literal["set"] = "set"
    path: str
    value: Any

    def change(self, document: Document) -> None:
        """Carry it out."""
        *parents, name = self.path.split(".")
        if name == "kind" and isinstance(self.value, str):
            Choose(path=".".join(parents), entry=self.value).change(document)
        else:
            _part(document, parents)[name] = self.value


class Choose(Plain):
    """Take another entry of a catalogue; settings of the same name keep their value where it fits."""

    kind: Literal["choose"] = "choose"
    path: str
    entry: str

    def change(self, document: Document) -> None:
        """Carry it out."""
        choice = _choice(document, self.path)
        known = {entry.name(): entry for entry in CATALOGUES[MENUS[choice.key]]}
        if self.entry not in known:
            raise _refused(self.path, f"There is no kind {short(self.entry)}.", closest(self.entry, known))
        choice.holder[choice.key] = _kept(known[self.entry], choice.holder[choice.key])


Edit = Insert | Remove | Move | Duplicate | Set | Choose
EDITS: tuple[type[Edit], ...] = (Insert, Remove, Move, Duplicate, Set, Choose)
_EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


def apply(experiment: Experiment, edit: Any) -> Experiment:
    """The experiment after one edit (an object of JSON). Raises Problems when it does not fit."""
    chosen = _understood(edit)
    document = write(experiment)
    chosen.change(document)
    return read(document)


def _understood(edit: Any) -> Edit:
    known = {kind.model_fields["kind"].default: kind for kind in EDITS}
    kind = edit.get("kind") if isinstance(edit, dict) else None
    if not isinstance(kind, str) or kind not in known:
        raise _refused("edit", f"There is no edit {short(kind)}.", closest(str(kind), known))
    try:
        return _EDIT.validate_python(edit)
    except ValidationError:
        needed = ", ".join(name for name in known[kind].model_fields if name != "kind")
        raise _refused("edit", f"An edit of kind {kind!r} holds something else than it needs.",
                       f"Give it: {needed}.") from None


def _kept(chosen: type[Entry], old: Document) -> Document:
    """A document of the chosen entry with the old settings that mean the same there.

    A learning rate is not kept: what suits one rule breaks another. The same kind again changes nothing.
    """
    if old.get("kind") == chosen.name():
        return old
    new: Document = {"kind": chosen.name()}
    for setting in settings(chosen):
        if setting.name in old and setting.name != "learning_rate":
            try:
                chosen.model_validate({**new, setting.name: old[setting.name]})
            except ValueError:
                continue
            new[setting.name] = old[setting.name]
    return new


def _put(nodes: list[Document], place: int, new: Document) -> None:
    """Put a node into the flow: it reads the node before, and the one after reads it."""
    before = nodes[place - 1]["id"] if place else INPUT
    if place < len(nodes):
        nodes[place]["inputs"] = _renamed(nodes[place].get("inputs", []), before, [new["id"]])
    nodes.insert(place, new)


def _take(nodes: list[Document], place: int) -> Document:
    """Take a node out of the flow: what read it reads what it read. The node taken out."""
    gone = nodes.pop(place)
    if place < len(nodes) and not nodes[place].get("inputs"):
        nodes[place]["inputs"] = gone.get("inputs", [])
    read_before = gone.get("inputs") or [nodes[place - 1]["id"] if place else INPUT]
    for node in nodes:
        node["inputs"] = _renamed(node.get("inputs", []), gone["id"], read_before)
    return gone


def _renamed(inputs: Iterable[str], old: str, new: list[str]) -> list[str]:
    return [name for source in inputs for name in (new if source == old else [source])]


def _nodes(document: Document) -> list[Document]:
    return document["network"]["nodes"]


def _place(nodes: list[Document], id: str) -> int:
    for place, node in enumerate(nodes):
        if node["id"] == id:
            return place
    raise _refused(cut(id), f"There is no layer called {short(id)}.", "Reload the page.")


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
            nodes = _nodes(document)
            return _Held(nodes[_place(nodes, id)], "layer")
        case _:
            raise _refused(cut(path), "Nothing is chosen from a menu there.",
                           "Choose data, a layer, or a part of training.")


def _part(document: Document, parents: list[str]) -> Document:
    """The object a path leads to; inside `network` the next word is a node's id, and leads to its layer."""
    here: Any = document
    words = parents
    if parents[:1] == ["network"] and len(parents) > 1:
        nodes = _nodes(document)
        here, words = nodes[_place(nodes, parents[1])]["layer"], parents[2:]
    for name in words:
        here = here.get(name)
        if not isinstance(here, dict):
            raise _refused(cut(".".join(parents)), f"There is no part {short(name)}.", "Reload the page.")
    return here


def _free_id(nodes: list[Document], kind: str) -> str:
    taken = {node["id"] for node in nodes}
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"


def _refused(where: str, what: str, fix: str) -> Problems:
    return Problems(Problem(where=where or "edit", what=what, fix=fix))
