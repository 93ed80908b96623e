"""Average: the mean of a network's weights over its last steps, which wavers less than they do.

B. T. Polyak and A. B. Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992; with a window
that forgets exponentially, as it is usual now.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from core.engine.build import Net
from core.experiment.model import Training


class Average:
    """The plain mean over all steps taken note of, until there are `span`; from then on old ones fade.

    Everything of the network that is a real number is averaged, statistics that layers keep too.
    """

    def __init__(self, net: Net, span: int) -> None:
        """span: over about how many steps to average."""
        self.span = span
        self._steps = 0
        self.follow(net)
        self._mean = [tensor.clone() for tensor in self._live]

    def follow(self, net: Net) -> None:
        """Watch the tensors this network holds now."""
        held = {name: tensor.detach() for name, tensor in net.tensors().items() if tensor.is_floating_point()}
        self._names, self._live = list(held), list(held.values())

    def take(self) -> None:
        """Take note of the network after one step more."""
        (share,) = self.shares(1)
        # One call for all tensors, which torch gives no public name.
        torch._foreach_lerp_(self._mean, self._live, share)  # type: ignore[attr-defined]
        self.count(1)

    def shares(self, steps: int) -> list[float]:
        """How far of the way the mean goes to the network at each of so many steps to come."""
        return [1 / min(step, self.span) for step in range(self._steps + 1, self._steps + steps + 1)]

    def count(self, steps: int) -> None:
        """Take note of so many steps after which the mean was moved by others."""
        self._steps += steps

    def mean_of(self, tensor: Tensor) -> Tensor | None:
        """The mean of a tensor of the network, itself, to be moved; None when it has none."""
        place = tensor.data_ptr(), tensor.numel()
        return next((mean for mean, live in zip(self._mean, self._live, strict=True)
                     if (live.data_ptr(), live.numel()) == place), None)

    @contextmanager
    def inside(self) -> Generator[None]:
        """The network with the mean in it; afterwards it is as it was."""
        live = [tensor.clone() for tensor in self._live]
        self.settle()
        try:
            yield
        finally:
            _copy(live, self._live)

    def settle(self) -> None:
        """Put the mean into the network."""
        _copy(self._mean, self._live)

    def state(self) -> dict[str, Any]:
        """All it knows; tensors as they are, without copies."""
        return {"steps": self._steps, "mean": dict(zip(self._names, self._mean, strict=True))}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Know this instead, of every tensor that is there and has its shape."""
        self._steps = state["steps"]
        for name, mean in zip(self._names, self._mean, strict=True):
            held = state["mean"].get(name)
            if held is not None and held.shape == mean.shape:
                mean.copy_(held)


def averaging(net: Net, training: Training) -> Average | None:
    """A mean of the network's weights from now on, where one is asked for."""
    return None if training.average is None else Average(net, training.average)


def _copy(sources: list[Tensor], targets: list[Tensor]) -> None:
    with torch.no_grad():
        for source, target in zip(sources, targets, strict=True):
            target.copy_(source)
