"""What the layers do with one sample, and what they have learned, whatever they are made of."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.engine.build import Net
from core.engine.probes_seen import Seen
from core.experiment.check import INPUT, Walk
from core.shapes import Shape

MOST_NODES, MOST_UNITS, MOST_VALUES, MOST_WEIGHTS = 100, 64, 1024, 4096
MOST_STEPS, MOST_STATES, MOST_HEADS = 192, 128, 8
"""What is drawn of a sequence: steps, units of each step, heads of its attention."""
MATRIX = 128
"""The most rows and columns that are drawn of learned numbers too many to be read one by one."""

Known = dict[int, int]
"""How many steps of a sequence of so many hold something; the others are padding."""


class Layers:
    """A network's layers for the eye. Only the first MOST_NODES of them are drawn."""

    def __init__(self, net: Net, walked: Walk) -> None:
        self._net, self._walked = net, walked

    def follow(self, sample: Tensor, known: Known, seen: Seen) -> Tensor:
        """Follow one sample from layer to layer; what comes out at the end. sample: (1, *shape)"""
        put_out = sample
        with watching(self._net) as watched, self._listening() as heard:
            for place, (id, trace) in enumerate(self._net.traces(sample)):
                put_out = trace.output.cpu()
                if place <= MOST_NODES:
                    self._see(id, trace.sums, put_out, known, seen)
                    if id in heard:
                        self._see_states(id, heard.pop(id), known, seen)
            for id, modules in watched.items():
                _see_attention(id, modules, known, seen)
        return put_out

    def _see(self, id: str, sums: Tensor, put_out: Tensor, known: Known, seen: Seen) -> None:
        form, values = _form(self._walked.shapes[id]), put_out[0].float().numpy()
        match form:
            case "maps":
                unsigned = id == INPUT and float(values.min()) >= 0
                (seen.unsigned if unsigned else seen.signed)(f"maps/{id}", values[:MOST_UNITS])
            case "signals":
                seen.signed(f"signals/{id}", values[:MOST_UNITS, :4 * MOST_STEPS])
            case "states":
                self._see_states(id, values, known, seen)
            case "values":
                seen.arrays[f"values/{id}"] = values[:MOST_VALUES]
                if sums.shape == put_out.shape:
                    seen.arrays[f"sums/{id}"] = sums[0, :MOST_VALUES].float().cpu().numpy()
            case _:
                pass  # tokens are told as words

    @staticmethod
    def _see_states(id: str, values: np.ndarray, known: Known, seen: Seen) -> None:
        steps = min(known.get(len(values), len(values)), MOST_STEPS)
        seen.signed(f"states/{id}", values[:steps, :MOST_STATES])

    @contextmanager
    def _listening(self) -> Generator[dict[str, np.ndarray]]:
        """What went on step by step inside layers that give its end alone, by node: (time, states)."""
        heard: dict[str, np.ndarray] = {}

        def hear(id: str, told: Any) -> None:
            if isinstance(told, tuple) and isinstance(told[0], Tensor) and told[0].ndim == 3:
                heard[id] = told[0][0].float().cpu().numpy()

        hooks = [part.register_forward_hook(lambda _, __, told, id=id: hear(id, told))
                 for id, block in zip(self._net.ids, self._net.blocks, strict=True)
                 if _form(self._walked.shapes[id]) == "values" for part in block.modules()]
        try:
            yield heard
        finally:
            for hook in hooks:
                hook.remove()

    def look_at_weights(self, seen: Seen) -> None:
        """Look at what was learned. `facts.weights` names the weights that can be set by hand, by node."""
        named: dict[str, str] = {}
        for id, block in list(zip(self._net.ids, self._net.blocks, strict=True))[:MOST_NODES]:
            name, weight = next(((name, one.detach()) for name, one in block.named_parameters()
                                 if one.ndim >= 2), ("", torch.zeros(0)))
            if not name:
                continue
            into, out = self._walked.shapes_into(id)[0], self._walked.shapes[id]
            plain = name.count(".") == 1 and weight.shape == (out.count, into.count)
            if plain and weight.numel() <= MOST_WEIGHTS:
                named[id] = name
                seen.arrays[f"weights/{id}"] = weight.float().cpu().numpy().copy()
                bias = dict(block.named_parameters()).get(name.replace("weight", "bias"))
                if bias is not None:
                    seen.arrays[f"bias/{id}"] = bias.detach().float().cpu().numpy().copy()
            else:
                _see_weight(id, weight.float().cpu().numpy(), out, seen)
        seen.facts["weights"] = named


@contextmanager
def watching(net: Net) -> Generator[dict[str, list[tuple[str, Any]]]]:
    """Lets modules that attend keep what they see, and forget it afterwards; those of each node by id."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for id, block in zip(net.ids, net.blocks, strict=True):
        found[id] = [(name, part) for name, part in block.named_modules() if hasattr(part, "watched")]
    every: list[Any] = [part for parts in found.values() for _, part in parts]
    before = [part.watched for part in every]
    for part in every:
        part.watched = True
    try:
        yield found
    finally:
        for part, watched in zip(every, before, strict=True):
            part.watched, part.seen = watched, None


def _see_attention(id: str, modules: list[tuple[str, Any]], known: Known, seen: Seen) -> None:
    """Which step looked at which, head by head: (heads, time, memory)."""
    shown: list[dict[str, Any]] = []
    for place, (path, module) in enumerate(modules):
        if module.seen is None:
            continue
        heads: np.ndarray = module.seen[0, :MOST_HEADS].float().cpu().numpy()
        _, steps, memory = heads.shape
        steps, memory = (min(known.get(int(size), int(size)), MOST_STEPS) for size in (steps, memory))
        name = f"attention/{id}/{place}" if place else f"attention/{id}"
        seen.unsigned(name, heads[:, :steps, :memory])
        words = path.rpartition(".")[2].replace("_", " ")
        shown.append({"array": name, "title": words if words[:1].isalpha() else "attention"})
    if shown:
        seen.facts.setdefault("attention", {})[id] = shown


def _see_weight(id: str, weight: np.ndarray, out: Shape, seen: Seen) -> None:
    """Filters where the layer gives pictures or curves, otherwise a matrix: one row per unit or token."""
    form = _form(out)
    if (form == "maps" and weight.ndim == 4) or (form == "signals" and weight.ndim == 3):
        filters = weight if weight.shape[0] == out.sizes[0] else weight.swapaxes(0, 1)
        filters = filters if filters.ndim == 4 else filters[:, :, None]
        seen.signed(f"filters/{id}", filters[:MOST_UNITS, :4])
        return
    weight = weight[0] if weight.shape[0] == 1 else weight
    seen.signed(f"matrix/{id}", weight.reshape(len(weight), -1)[:MATRIX, :MATRIX])


def _form(shape: Shape) -> str:
    """How numbers of this shape are drawn: by the meaning of their axes."""
    if shape.axes[0] == "time":
        return "states" if len(shape.axes) == 2 else "tokens"
    return {1: "values", 2: "signals"}.get(len(shape.axes), "maps")


def silent(id: str, put_out: Tensor, seen: Seen) -> None:
    """Mark the units that answer 0 to every sample. put_out: (samples, units, ...)"""
    dead = (put_out.movedim(1, 0).flatten(1) == 0).all(1)
    seen.arrays[f"dead/{id}"] = dead[:MOST_VALUES].cpu().numpy().astype(np.uint8)


def may_fall_silent(shape: Shape, group: str, block: nn.Module) -> bool:
    """Whether silence means anything: only where something is learned, or bent by an activation."""
    return _form(shape) in ("values", "maps") and (
        group == "activation" or any(True for _ in block.parameters()))
