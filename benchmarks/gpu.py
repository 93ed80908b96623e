"""The engine on a graphics processor, against the loops people write for one: `make bench-gpu`.

It imports the catalogue, experiments and the engine only, so that it runs where nothing else is installed.
"""

import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.figures import Figure, ratio
from benchmarks.networks import cnn, mlp
from core.engine.beginning import initial
from core.engine.build import module
from core.engine.data import split
from core.engine.trainer import Trainer
from core.engine.turbo import Turbo, gain
from core.engine.turbo_recorded import recorded
from core.experiment.model import Experiment, read, write
from core.experiment.templates import template

PAIRS, SECONDS = 5, 1.0
NETWORKS: dict[str, Callable[[], Experiment]] = {
    "MLP 64-64-10": mlp, "CNN 16-32": cnn, "char Transformer": lambda: template("char-gpt").experiment}

def measure() -> Iterator[Figure]:
    """Samples a second as shares of each opponent's; and whether a run comes out the same twice."""
    if not torch.cuda.is_available():
        yield Figure("on a GPU", "unknown: this machine has none that torch can use", "", None)
        return
    yield from on("cuda")


def on(device: str) -> Iterator[Figure]:
    """The same on any device; graphs are for CUDA alone."""
    for name, make in NETWORKS.items():
        for precision in ("float32", "auto"):
            asked = _pinned(make(), device, precision)
            trainer = Trainer(asked)
            trainer.start()
            trainer.advance(50, SECONDS)
            yield from _against(f"{name} on {device}, {trainer.pins.precision}: plain steps", trainer)
            yield _joined(f"{name} on {device}, {trainer.pins.precision}", trainer)
            if trainer.turbo is not None:
                yield from _against(f"{name} on {device}, {trainer.pins.precision}: Turbo", trainer)
        yield _repeated(name, _pinned(make(), device, "float32"))


def _against(name: str, trainer: Trainer) -> Iterator[Figure]:
    """The trainer as it goes now against every opponent."""
    asked, device = trainer.experiment, trainer.pins.device
    for opponent, (loop, least) in OPPONENTS.items():
        if loop is graphed and device != "cuda":
            continue
        theirs = loop(asked, device)
        theirs(0.5)
        pairs = [(_ours(trainer), theirs(SECONDS)) for _ in range(PAIRS)]
        ours = [one for one, _ in pairs]
        yield ratio(f"{name} ÷ {opponent}", ours, [other for _, other in pairs], least,
                    f"; ours {max(ours) / 1000:.0f} k samples/s")


def _joined(name: str, trainer: Trainer) -> Figure:
    """Have the trainer use recorded steps where they compute the same, and say what they gain."""
    run = recorded(trainer)
    found = gain(trainer, run)
    trainer.turbo = Turbo(trainer, run)
    return Figure(f"{name}: Turbo's own measurement of what it gains", f"{found:.2f} times", "", None)


def _pinned(experiment: Experiment, device: str, precision: str) -> Experiment:
    raw = write(experiment)
    raw["training"] |= {"device": device, "precision": precision, "epochs": None, "threads": 1,
                        "schedule": {"kind": "constant"}}
    return read(raw)


def _ours(trainer: Trainer) -> float:
    _wait(trainer.pins.device)
    began, before = time.perf_counter(), trainer.step
    trainer.advance(1 << 40, SECONDS)
    _wait(trainer.pins.device)
    took = time.perf_counter() - began
    return (trainer.step - before) / trainer.course.steps_per_epoch * len(trainer.split.rows["train"]) / took


def _repeated(name: str, experiment: Experiment) -> Figure:
    """The losses of the first steps, twice with the same choices."""
    told: list[list[float]] = []
    pins = Trainer(experiment).pins
    for _ in range(2):
        events = Trainer(experiment, pins=pins).advance(50, 60.0)
        told.append([loss for event in events if event.type == "steps_recorded" for loss in event.losses])
    return Figure(f"{name}: the same run twice, to the last digit", "yes" if told[0] == told[1] else "no", "",
                  None)


Loop = Callable[[float], float]
"""Trains for so many seconds; the samples a second it reached."""
Step = Callable[[Tensor, Tensor], object]
Epochs = Callable[[], Iterator[tuple[Tensor, Tensor]]]
"""One epoch's batches, each time it is called."""


def idiomatic(experiment: Experiment, device: str) -> Loop:
    """As in most tutorials: batches fetched and sent to the device one by one, `loss.item()` every step."""
    inputs, targets = split(experiment.data).part("train")
    net, loss_of, optimizer = _parts(experiment, device, fused=None)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets),
                                         batch_size=experiment.training.batch_size, shuffle=True)

    def step(some: Tensor, wanted: Tensor) -> float:
        optimizer.zero_grad()
        loss = loss_of(net(some.to(device)), wanted.to(device))
        loss.backward()
        optimizer.step()
        return loss.item()

    return lambda seconds: _timed(lambda: iter(loader), step, seconds, device)


def bare(experiment: Experiment, device: str) -> Loop:
    """The fastest eager loop we know: data on the device, slices, a fused update, nothing read back."""
    net, loss_of, optimizer = _parts(experiment, device, fused=True)

    def step(some: Tensor, wanted: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(some), wanted).backward()
        optimizer.step()

    return lambda seconds: _timed(_resident(experiment, device, whole=False), step, seconds, device)


def graphed(experiment: Experiment, device: str) -> Loop:
    """The same step captured once as a CUDA graph and replayed on every whole batch."""
    net, loss_of, optimizer = _parts(experiment, device, fused=True, capturable=True)
    inputs, targets = next(iter(_resident(experiment, device, whole=True)()))
    given, wanted = inputs.clone(), targets.clone()

    def once() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(given), wanted).backward()
        optimizer.step()

    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            once()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        once()

    def step(some: Tensor, those: Tensor) -> None:
        given.copy_(some)
        wanted.copy_(those)
        graph.replay()

    return lambda seconds: _timed(_resident(experiment, device, whole=True), step, seconds, device)


def _resident(experiment: Experiment, device: str, whole: bool) -> Epochs:
    """One epoch after the other from data on the device. whole: without a smaller last batch."""
    inputs, targets = split(experiment.data, device).part("train")
    size = experiment.training.batch_size

    def epoch() -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(inputs), device=device)
        for start in range(0, len(inputs) - (size - 1 if whole else 0), size):
            at = order[start:start + size]
            yield inputs[at], targets[at]

    return epoch


def _timed(epoch: Epochs, step: Step, seconds: float, device: str) -> float:
    _wait(device)
    began, samples = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for some, wanted in epoch():
            step(some, wanted)
            samples += len(some)
            if time.perf_counter() - began >= seconds:
                break
    _wait(device)
    return samples / (time.perf_counter() - began)


def _parts(experiment: Experiment, device: str, fused: bool | None, **more: bool,
           ) -> tuple[nn.Module, Callable[..., Tensor], torch.optim.Optimizer]:
    net = initial(experiment).to(device)
    loss_of = module(experiment.training.loss.for_task(experiment.data.task).call())
    rate = experiment.training.optimizer.learning_rate
    return net, loss_of, torch.optim.Adam(net.parameters(), lr=rate, fused=fused, **more)


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()


OPPONENTS: dict[str, tuple[Callable[[Experiment, str], Loop], float | None]] = {
    "idiomatic loop": (idiomatic, 3.0), "best bare loop": (bare, None),
    "hand-written CUDA graph": (graphed, 0.95)}
"""The loops, and the least share of each that is wanted."""

if __name__ == "__main__":
    for figure in on(sys.argv[1]) if len(sys.argv) > 1 else measure():
        print(figure.row(), flush=True)
