"""Edits: Experiment -> Experiment. Every one is checked anew by reading the result as a document."""

from collections.abc import Callable
from typing import Any

from core.catalog.all import CATALOGUES
from core.catalog.base import Entry
from core.catalog.fields import settings
from core.experiment.check import INPUT
from core.experiment.model import Experiment, read, write
from core.problems import Problem, Problems, closest

Document = dict[str, Any]

ENTRIES = {"data": "datasets", "training.loss": "losses", "training.optimizer": "optimizers",
           "training.schedule": "schedules", "training.regularization": "regularizations"}


def apply(experiment: Experiment, edit: Document) -> Experiment:
    """The experiment after one edit. Raises Problems when the edit is unknown or does not fit."""
    action = ACTIONS.get(str(edit.get("kind")))
    if action is None:
        raise Problems(Problem(where="edit", what=f"There is no edit {edit.get('kind')!r}.",
                               fix=closest(str(edit.get("kind")), ACTIONS)))
    document = write(experiment)
    try:
        action(document, **{name: value for name, value in edit.items() if name != "kind"})
    except TypeError as error:
        raise Problems(Problem(where="edit", what=f"The edit does not fit ({error}).", fix="Reload the page.")) from None
    return read(document)


def _insert(document: Document, after: str, layer: str) -> None:
    """Put a new layer after a node (or `input`)."""
    nodes = _nodes(document)
    place = 0 if after == INPUT else _place(nodes, after) + 1
    nodes.insert(place, {"id": _free_id(nodes, layer), "layer": {"kind": layer}})


def _remove(document: Document, nodes: list[str]) -> None:
    """Take nodes out; what read them reads what they read."""
    listed = _nodes(document)
    for id in nodes:
        gone = listed.pop(_place(listed, id))
        for node in listed:
            if id in node.get("inputs", []):
                node["inputs"] = [name for source in node["inputs"]
                                  for name in (gone.get("inputs", []) if source == id else [source])]


def _move(document: Document, node: str, after: str) -> None:
    """Put a node after another one."""
    nodes = _nodes(document)
    if node == after:
        return
    moved = nodes.pop(_place(nodes, node))
    nodes.insert(0 if after == INPUT else _place(nodes, after) + 1, {**moved, "inputs": []})


def _duplicate(document: Document, node: str) -> None:
    """Put a copy of a node right after it."""
    nodes = _nodes(document)
    place = _place(nodes, node)
    nodes.insert(place + 1, {**nodes[place], "id": _free_id(nodes, nodes[place]["layer"]["kind"]), "inputs": []})


def _set(document: Document, path: str, value: Any) -> None:
    """Set one value: `name`, `data.noise`, `training.optimizer.learning_rate`, `network.hidden1.units`."""
    *parents, name = path.split(".")
    _part(document, parents)[name] = value


def _choose(document: Document, path: str, entry: str) -> None:
    """Take another entry of a catalogue; settings of the same name keep their value where it fits."""
    catalogue = ENTRIES.get(path, "layers")
    chosen = next((known for known in CATALOGUES[catalogue] if known.name() == entry), None)
    if chosen is None:
        raise Problems(Problem(where=path, what=f"There is no kind {entry!r}.",
                               fix=closest(entry, (known.name() for known in CATALOGUES[catalogue]))))
    *parents, name = path.split(".") if path in ENTRIES else (*path.split("."), "layer")
    holder = _holder(document, parents)
    holder[name] = _kept(chosen, holder[name])


def _kept(chosen: type[Entry], old: Document) -> Document:
    """A document of the chosen entry with the old settings that mean the same there.

    A learning rate is not kept: what suits one rule breaks another.
    """
    new: Document = {"kind": chosen.name()}
    for setting in settings(chosen):
        if setting.name in old and setting.name != "learning_rate":
            try:
                chosen.model_validate({**new, setting.name: old[setting.name]})
            except ValueError:
                continue
            new[setting.name] = old[setting.name]
    return new


def _nodes(document: Document) -> list[Document]:
    return document["network"]["nodes"]


def _place(nodes: list[Document], id: str) -> int:
    for place, node in enumerate(nodes):
        if node["id"] == id:
            return place
    raise Problems(Problem(where=id, what=f"There is no layer called {id!r}.", fix="Reload the page."))


def _holder(document: Document, parents: list[str]) -> Document:
    """The object a path leads to; inside `network` the next word is a node's id."""
    here: Any = document
    if parents[:1] == ["network"] and len(parents) > 1:
        nodes = _nodes(document)
        here, parents = nodes[_place(nodes, parents[1])], parents[2:]
    for name in parents:
        here = here.get(name)
        if not isinstance(here, dict):
            raise Problems(Problem(where=name, what=f"There is no part {name!r}.", fix="Reload the page."))
    return here


def _part(document: Document, parents: list[str]) -> Document:
    holder = _holder(document, parents)
    return holder["layer"] if parents[:1] == ["network"] and len(parents) == 2 else holder


def _free_id(nodes: list[Document], kind: str) -> str:
    taken = {node["id"] for node in nodes}
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"


ACTIONS: dict[str, Callable[..., None]] = {
    "insert": _insert, "remove": _remove, "move": _move, "duplicate": _duplicate, "set": _set, "choose": _choose}
