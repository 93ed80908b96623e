"""What a step may be made of, in turn on one thread: layouts, a batch in parts, ways of an update.

Layouts are chosen by measurement at a run's start; the other two are as docs/decisions.md says, and measured
here so that it can be seen whether that holds on another machine too.
"""

from collections.abc import Callable, Iterator
from time import process_time

import torch

from benchmarks.figures import Figure, ratio
from benchmarks.networks import cnn, mlp, tiny
from core.catalog.all import OPTIMIZERS
from core.engine.beginning import initial, pictures
from core.engine.data import split
from core.engine.evaluate import encoded
from core.engine.stepper import Stepper
from core.experiment.model import Experiment, read, write
from core.experiment.templates import template

PAIRS, SECONDS = 5, 0.1
LARGE = 1024
"""Samples of a batch that may be better worked off in parts."""
TEMPLATES = ("lenet-5", "shapes-cnn", "vgg", "small-resnet", "denoiser", "digits-vit")
WAYS = {"fused": {"fused": True, "foreach": False}, "foreach": {"fused": False, "foreach": True},
        "one by one": {"fused": False, "foreach": False}}
"""Ways of torch to update the weights; not every rule has all."""

Step = Callable[[], object]


def measure() -> Iterator[Figure]:
    """How many times as fast a step is the one way as the other."""
    torch.set_num_threads(1)
    yield from _layouts("CNN 16-32", cnn())
    for name in TEMPLATES:
        yield from _layouts(name, template(name).experiment)
    for name in ("digits-mlp", "digits-cnn", "shapes-cnn"):
        yield from _parts(name, template(name).experiment)
    for name, asked in {"2-8-8-1": tiny(), "MLP 64-64-10": mlp()}.items():
        for rule in OPTIMIZERS:
            yield from _updates(f"{name}, {rule.title}", _with(asked, optimizer={"kind": rule.name()}))


def _layouts(name: str, asked: Experiment) -> Iterator[Figure]:
    if pictures(asked):
        plain, last = (_step(_stepper(asked, layout), asked) for layout in ("plain", "channels_last"))
        yield _figure(f"{name}: pictures channels last ÷ plain", last, plain)


def _parts(name: str, asked: Experiment) -> Iterator[Figure]:
    for size in (asked.training.batch_size, LARGE):
        whole, parted = (_with(asked, batch_size=size, parts=parts) for parts in (1, 4))
        yield _figure(f"{name}, batches of {size}: in four parts ÷ whole", _step(_stepper(parted), parted),
                      _step(_stepper(whole), whole))


def _updates(name: str, asked: Experiment) -> Iterator[Figure]:
    """Every way the rule has beside its own."""
    now, own = _stepper(asked), asked.training.optimizer.parts()[0].call.kwargs
    known = now.optimizers[0].param_groups[0].keys()
    mine = next((way for way in WAYS if own.get(way)), "one by one")
    for way, flags in WAYS.items():
        if way == mine or not {"foreach", way} - {"one by one"} <= known:
            continue
        other = _stepper(asked)
        other.optimizers[0].param_groups[0].update({flag: on for flag, on in flags.items() if flag in known})
        yield _figure(f"{name}: {way} ÷ as it is", _step(other, asked), _step(now, asked))


def _with(asked: Experiment, **training: object) -> Experiment:
    raw = write(asked)
    return read({**raw, "training": {**raw["training"], **training}})


def _train(asked: Experiment) -> tuple[torch.Tensor, torch.Tensor]:
    ready = split(asked.data)
    inputs, targets = ready.part("train")
    return inputs, encoded(targets, ready, asked.training.loss.for_task(ready.task).one_hot)


def _stepper(asked: Experiment, layout: str = "plain") -> Stepper:
    return Stepper(asked, initial(asked), _train(asked)[1], layout=layout)


def _step(stepper: Stepper, asked: Experiment) -> Step:
    inputs, targets = (part[:asked.training.batch_size] for part in _train(asked))
    return lambda: stepper.step(1, inputs, targets, [])


def _figure(what: str, one: Step, other: Step) -> Figure:
    for step in (one, other) * 3:
        step()
    count = max(1, int(SECONDS / _seconds(other, 2)))
    pairs = [(_seconds(one, count), _seconds(other, count)) for _ in range(PAIRS)]
    return ratio(what, [later for _, later in pairs], [sooner for sooner, _ in pairs], None,
                 f"; {pairs[0][1] * 1000:.2f} ms")


def _seconds(step: Step, count: int) -> float:
    began = process_time()
    for _ in range(count):
        step()
    return (process_time() - began) / count
