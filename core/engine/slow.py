"""Slow motion: the next step of a run, taken as always, and told in stages with its numbers.

Before the step, its batch goes forward and back once more for the eye, whole even where the step works it off
in parts, and all that this moves is put back: the run goes on as if nobody had looked.
"""

import math
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.engine import device as devices
from core.engine.build import Net, Trace
from core.engine.trainer import Trainer
from core.events import Event
from core.experiment.check import INPUT

MOST_LAYERS = 100
"""So many layers are told, from the input on."""
FIRST = 6
"""So many numbers of a layer, and rows of the batch, are told one by one."""
Facts = dict[str, Any]


def slowly(trainer: Trainer) -> tuple[list[Event], Facts]:
    """Take one step; what happened, and the facts of its stages.

    Facts: `step`; `batch` (how many `samples`, the first `rows` of the data set, in how many `parts`);
    `layers` in the order of the forward pass, each with its output over the batch and how strongly the loss
    reacts to it; `loss`; `update`. Sizes of gradients and weights are lengths (the root of the sum of
    squares). What is not finite is None.
    """
    net = trainer.network
    told: Facts = {"step": trainer.step + 1}
    rate = trainer.rate
    with _unmoved(trainer):
        _explore(trainer, told)
    learned = net.learned()
    before = {name: (one.detach().clone(), one.grad) for name, one in learned.items()}
    events = trainer.advance(1, 0.0)
    entry = trainer.experiment.training
    slopes = [slope for _, slope in before.values() if slope is not None]
    told["update"] = {"rate": rate, "rule": type(entry.optimizer).title, "clip": entry.clip,
                      "gradient": _length(slopes)}
    for layer in told["layers"]:
        layer["parameters"] = [
            {"name": name, "of": _owner(net.block(layer["id"]), name),
             **_moved(*before[f"{layer['id']}.{name}"], one.detach())}
            for name, one in net.block(layer["id"]).named_parameters()]
    return events, told


@contextmanager
def _unmoved(trainer: Trainer) -> Generator[None]:
    """Whatever is computed meanwhile, statistics and random numbers are afterwards what they were."""
    buffers = [(buffer, buffer.clone()) for buffer in trainer.network.buffers()]
    random = devices.random_state(trainer.pins.device)
    try:
        yield
    finally:
        devices.set_random_state(trainer.pins.device, random)
        for buffer, held in buffers:
            buffer.copy_(held)


def _explore(trainer: Trainer, told: Facts) -> None:
    """The batch on its way forward and back."""
    net, (batch, rows) = trainer.network, trainer.coming()
    inputs, targets = batch
    told["batch"] = {"samples": len(inputs), "rows": rows[:FIRST].tolist(),
                     "parts": trainer.experiment.training.parts}
    net.zero_grad(set_to_none=True)
    outputs: dict[str, Tensor] = {}
    facts: dict[str, Facts] = {}
    put_out = inputs
    for place, (id, trace) in enumerate(net.traces(trainer.stepper.laid(inputs))):
        put_out = trace.output
        if place > MOST_LAYERS:
            continue
        outputs[id] = put_out
        facts[id] = {"id": id, **_described(put_out), **_neuron(net, id, outputs, trace)}
        if put_out.requires_grad:
            put_out.retain_grad()
    loss = trainer.stepper.loss_of(put_out, targets)
    priced = trainer.stepper.priced(loss)
    told["loss"] = {"value": _number(loss), "penalty": _number(priced - loss)}
    priced.backward()
    for id, output in outputs.items():
        facts[id]["slope"] = None if output.grad is None else _length([output.grad])
    told["layers"] = [fact for id, fact in facts.items() if id != INPUT]
    told["input"] = facts[INPUT]


def _described(put_out: Tensor) -> Facts:
    """What a batch of outputs is like, and its first numbers. put_out: (samples, *shape)"""
    values = put_out.detach().float()
    return {"mean": _number(values.mean()), "spread": _number(values.std(correction=0)),
            "least": _number(values.min()), "most": _number(values.max()),
            "zeros": _number((values == 0).float().mean()),
            "first": [_number(value) for value in values[0].flatten()[:FIRST]]}


def _neuron(net: Net, id: str, outputs: dict[str, Tensor], trace: Trace) -> Facts:
    """The sum of a dense layer's first neuron for the first sample, number by number."""
    if id == INPUT or not isinstance(layer := net.block(id)[0], nn.Linear):
        return {}
    (source,) = net.sources[id]
    given = outputs.get(source)
    if given is None or given.ndim != 2:
        return {}
    weights, bias = layer.weight.detach()[0], dict(layer.named_parameters()).get("bias")
    return {"neuron": {
        "inputs": [_number(value) for value in given[0, :FIRST]],
        "weights": [_number(value) for value in weights[:FIRST]], "others": max(len(weights) - FIRST, 0),
        "bias": None if bias is None else _number(bias[0]), "sum": _number(trace.sums[0, 0])}}


def _owner(block: nn.Module, name: str) -> str:
    """The kind of module a parameter belongs to, in torch's word."""
    return type(block.get_submodule(name.rpartition(".")[0])).__name__


def _moved(before: Tensor, slope: Tensor | None, after: Tensor) -> Facts:
    """How one parameter was moved, and the story of the number whose slope was steepest."""
    facts: Facts = {"count": before.numel(), "size": _length([before]),
                    "moved": _length([after - before]), "gradient": None, "one": None}
    if slope is None or not slope.numel():
        return facts
    at = int(slope.abs().nan_to_num(0.0).argmax())
    place = [int(index) for index in torch.unravel_index(torch.tensor(at), slope.shape)]
    one = {"index": place, "before": _number(before.flatten()[at]), "gradient": _number(slope.flatten()[at]),
           "after": _number(after.flatten()[at])}
    return facts | {"gradient": _length([slope]), "one": one}


def _length(tensors: list[Tensor]) -> float | None:
    """The root of the sum of all squares; None when that is no number."""
    return _finite(math.hypot(*(float(tensor.detach().float().norm()) for tensor in tensors)))


def _number(value: Tensor) -> float | None:
    return _finite(float(value.detach()))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
