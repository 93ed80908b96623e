"""Mending: of what may help a layer that refuses, the first thing that does, as an edit of this very node."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from core.catalog.base import Layer
from core.catalog.layers import LAYERS
from core.problems import Remedy, ShapeMismatch
from core.shapes import Shape

_KINDS = {entry.name(): entry for entry in LAYERS}
LAST: str = next(entry.name() for entry in LAYERS if entry.for_task is not Layer.for_task)
"""The kind of layer a network ends with."""


def mended(id: str, layer: Layer, inputs: tuple[str, ...], shapes: tuple[Shape, ...],
           remedies: Iterable[Remedy]) -> dict[str, Any] | None:
    """The edit that makes a layer take what it is given; None when none of the remedies does."""
    for remedy in remedies:
        if remedy.settings:
            if _takes(_changed(layer, remedy), shapes):
                return _settings(id, remedy)
            continue
        for place in reversed(range(len(shapes))):  # a way around is changed rather than the main way
            given = _through(remedy, shapes[place])
            if given and _takes(layer, (*shapes[:place], given, *shapes[place + 1:])):
                return _layers(id, inputs[place], remedy)
        all_given = [_through(remedy, shape) for shape in shapes]
        whole = tuple(given for given in all_given if given)
        if len(whole) == len(shapes) > 1 and _takes(layer, whole):
            return {"kind": "several", "edits": [_layers(id, name, remedy) for name in inputs]}
    return None


def _changed(layer: Layer, remedy: Remedy) -> Layer | None:
    try:
        return type(layer).model_validate({**layer.model_dump(), **remedy.settings})
    except ValidationError:  # it has no such setting, or not so far
        return None


def _through(remedy: Remedy, shape: Shape) -> Shape | None:
    """What comes out of the remedy's layers; None when they refuse it themselves."""
    for raw in remedy.layers:
        try:
            layer = _KINDS[raw["kind"]].model_validate(raw)
        except ValidationError:  # it would have to be larger than it can be
            return None
        found = _output(layer, (shape,))
        if found is None:
            return None
        shape = found
    return shape


def readable(layer: Layer, shapes: tuple[Shape, ...]) -> bool:
    """Whether a layer reads numbers of this sort: tokens, which are only names, or others."""
    return layer.reads == "any" or all((shape.dtype == "integer") == (layer.reads == "integer")
                                       for shape in shapes)


def _output(layer: Layer, shapes: tuple[Shape, ...]) -> Shape | None:
    if not readable(layer, shapes):
        return None
    try:
        return layer.output(*shapes)
    except ShapeMismatch:
        return None


def _takes(layer: Layer | None, shapes: tuple[Shape, ...]) -> bool:
    return bool(layer and shapes and _output(layer, shapes))


def _settings(id: str, remedy: Remedy) -> dict[str, Any]:
    edits = [{"kind": "set", "path": f"network.{id}.{name}", "value": value}
             for name, value in remedy.settings.items()]
    return edits[0] if len(edits) == 1 else {"kind": "several", "edits": edits}


def _layers(id: str, source: str, remedy: Remedy) -> dict[str, Any]:
    layer, *more = remedy.layers
    if more:
        nodes = [{"id": f"new{number}", "layer": each} for number, each in enumerate(remedy.layers)]
        return {"kind": "paste", "nodes": nodes, "after": source, "before": id}
    settings = {name: value for name, value in layer.items() if name != "kind"}
    return {"kind": "insert", "after": source, "before": id, "layer": layer["kind"], "settings": settings}


def tokens() -> Iterator[Remedy]:
    """What lets a layer for numbers read tokens."""
    for after in ((), ("flatten",), ("swap_axes",)):
        yield Remedy(({"kind": "embedding"}, *({"kind": kind} for kind in after)))
