"""A run's trained network as one that can be traced, the samples it is tried on, and what it says of them."""

import logging
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from core.catalog.metrics import compared
from core.engine import weights
from core.engine.beginning import initial
from core.engine.build import Walked
from core.engine.data import Split, split
from core.engine.evaluate import LARGEST_BATCH
from core.export.proof import judged
from core.export.subject import Proof, Subject, largest_difference
from core.shapes import Shape

TRACED = 3
"""Samples in the batch a network is traced with. Tracers take 0 and 1 for fixed."""
_CLOSE = 1e-4
"""How far answers may lie apart, as a share of the largest: other kernels add in another order."""


class Trained(NamedTuple):
    """What a run learned, ready to be traced and compared."""

    network: nn.Module
    inputs: Tensor
    """The test split, as the network reads it. (samples, *shape)"""
    answers: Tensor
    """What the network says of it. (samples, outputs)"""
    data: Split
    shape: Shape
    varying: tuple[bool, ...]
    """For every axis of a sample, whether the network takes samples of another size along it."""

    @property
    def axes(self) -> tuple[Any, ...]:
        """What a tracer is told of each axis of the batch: found out by it, or as it is."""
        auto = torch.export.Dim.AUTO
        return (auto, *(auto if varies else None for varies in self.varying))

    def other(self) -> list[Tensor]:
        """Samples of another size along every axis that varies."""
        sizes = [_other(size) if varies else size
                 for size, varies in zip(self.shape.sizes, self.varying, strict=True)]
        return [_samples(self.inputs, tuple(sizes))] if any(self.varying) else []


def trained(subject: Subject) -> Trained:
    """What a run learned, on the processor. Raises Problems."""
    assert subject.weights is not None, "only what has learned is exported"
    net = initial(subject.experiment)
    weights.read(subject.weights, net)
    network, data = Walked(net).eval(), split(subject.experiment.data)
    inputs, shape = data.part("test")[0], subject.experiment.data.shape
    varying = tuple(_varies(network, inputs, shape.sizes, axis) for axis in range(len(shape.sizes)))
    return Trained(network, inputs, answered(network, inputs), data, shape, varying)


def answered(network: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """What a network says of samples, in batches that fit into memory. (samples, outputs) float32"""
    with torch.inference_mode():
        return torch.cat([network(batch) for batch in inputs.split(LARGEST_BATCH)]).float()


def proved(way: str, path: Path, of: Trained, file: Callable[[Tensor], Tensor], reader: str) -> Proof:
    """Have the written file answer in batches of one, of the traced size, and of all there are; compare.

    file: the file read back, as a function of a batch; it refuses one with RuntimeError. reader: by what.
    """
    batches = {len(batch): batch for batch in (of.inputs[:1], *of.inputs.split(LARGEST_BATCH)[:1])}
    both = [_both(of, file, of.inputs[:TRACED])]
    tried = {count: _both(of, file, batch) for count, batch in batches.items()}
    other = [_both(of, file, batch) for batch in of.other()]
    pairs = [pair for pair in (*both, *tried.values(), *other) if pair is not None]
    ours, theirs = (torch.cat(side) for side in zip(*pairs, strict=True))
    difference = largest_difference(ours.tolist(), theirs.tolist())
    allowed = _CLOSE * max(1.0, float(ours.abs().max()))
    close = difference is not None and difference <= allowed
    counts = ", ".join(map(str, sorted({TRACED, *(count for count, pair in tried.items() if pair)})))
    said = (f"Read back by {reader}, the file's answers for test samples, in batches of {counts}, "
            f"{_apart(difference, allowed, close)}. "
            f"{_sizes(of, None not in tried.values(), None not in other)}")
    return Proof(to=way, files=(path.name,), equal=difference == 0, close=close and difference != 0,
                 compared=theirs.numel(), largest_difference=difference, said=said)


def rejudged(proof: Proof, answers: Tensor, of: Trained) -> Proof:
    """The proof with the figure runs are compared by, as the network and as the file has it."""
    return proof.model_copy(update={"metric": compared(of.data.task).title,
                                    "stored": judged(of.answers, of.data), "found": judged(answers, of.data)})


@contextmanager
def quiet() -> Generator[None]:
    """Keeps back what tracers and converters say of themselves; what they raise is raised."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _apart(difference: float | None, allowed: float, close: bool) -> str:
    if difference == 0:
        return "are equal to the network's, to the last digit"
    if difference is None:
        return "are not all finite numbers"
    word = f"{allowed:.1g} is allowed" if close else f"more than the {allowed:.1g} that is allowed"
    return f"differ from the network's by at most {difference:.2g} ({word})"


def _both(of: Trained, file: Callable[[Tensor], Tensor], batch: Tensor) -> tuple[Tensor, Tensor] | None:
    """What the network and the file say of a batch, each as one row; None when the file does not take it."""
    try:
        theirs = file(batch)
    except RuntimeError:
        return None
    return answered(of.network, batch).flatten(), theirs.float().flatten()


def agree(of: Trained, file: Callable[[Tensor], Tensor], batch: Tensor) -> bool:
    """Whether a file says what the network says of a batch, or refuses it."""
    pair = _both(of, file, batch)
    return pair is None or torch.allclose(*pair, rtol=0, atol=_CLOSE * max(1.0, float(pair[0].abs().max())))


def _sizes(of: Trained, any_batch: bool, other: bool) -> str:
    """Which axes of a batch may vary in the file, in a sentence."""
    batch = "any number of samples" if any_batch else f"{TRACED} samples, no more and no less"
    free = [axis for axis, varies in zip(of.shape.axes, of.varying, strict=True) if varies]
    if free and other:
        return f"A batch may hold {batch}; of a sample, {' and '.join(free)} may vary."
    fixed = f" ({' and '.join(free)} could vary in the network, not in the file)" if free else ""
    return f"A batch may hold {batch}; a sample is always {of.shape.named()}{fixed}."


def _varies(network: nn.Module, inputs: Tensor, sizes: tuple[int, ...], axis: int) -> bool:
    """Whether the network takes samples of another size along one axis."""
    changed = tuple(_other(size) if place == axis else size for place, size in enumerate(sizes))
    try:
        answered(network, _samples(inputs, changed))
    except (RuntimeError, IndexError, ValueError):  # how torch refuses a size
        return False
    return True


def _other(size: int) -> int:
    """Another size; so much larger that a window's rounding does not hide the difference."""
    return 2 * size + 1


def _samples(inputs: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Two samples of these sizes, filled with the values of the given ones, over and over."""
    count = 2 * torch.Size(sizes).numel()
    values = inputs.flatten()
    return values.repeat(-(-count // values.numel()))[:count].reshape(2, *sizes)
