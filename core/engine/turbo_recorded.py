"""Steps on a graphics processor, recorded once as a graph of its work that it repeats by itself.

Launching the many small pieces of a step one by one takes the processor longer than they take to be worked
off. A recorded step is launched as a whole (CUDA graphs); all it reads and writes stays where it lies.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from core.engine import device as devices
from core.engine.native.compiler import Compiled
from core.engine.turbo_graph import Steps, described
from core.engine.turbo_step import Tensors

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

_WARM = 3
"""Steps before one is recorded."""


def recorded(trainer: "Trainer") -> Compiled:
    """The steps of a trainer's experiment, recorded on its device; the processor only follows them.

    Takes a few steps' time. Raises Problems when the rule has no such steps, RuntimeError when the device
    cannot record them.
    """
    random = devices.random_state(trainer.pins.device)
    try:
        steps, given = described(trainer.experiment, trainer.split, trainer.pins)
        return Compiled(_Recording(steps, given).take, whole=True)
    finally:
        devices.set_random_state(trainer.pins.device, random)


class _Recording:
    """One step between tensors that stay where they are, and what brings a call's numbers there and back."""

    def __init__(self, steps: Steps, given: Tensors) -> None:
        _, _, inputs, targets, knobs, *tensors = given
        self._rows = [row.clone() for row in steps.rows(tensors)]
        self._others = [tensor.clone() for tensor in steps.others]
        self._moved = steps.moved
        parts = [part for layout, row in zip(steps.layouts(), self._rows, strict=True)
                 for part in layout.apart(row)]
        self._held = [*parts, *self._others]
        self._changing = [*range(len(parts)), *(len(parts) + place for place in steps.moved)]
        self._inputs, self._targets, self._knobs = (
            torch.zeros_like(one[:1]).repeat(len(knobs), *[1] * (one.ndim - 1))
            for one in (inputs, targets, knobs))
        self._losses = torch.zeros(len(knobs), device=inputs.device)
        self._at = torch.zeros(1, dtype=torch.int64, device=inputs.device)
        self._step = steps.traced({})
        self._again = _graph(self._once, self._warm) if inputs.is_cuda else self._once
        if not inputs.is_cuda:
            self._warm()

    def _warm(self) -> None:
        """Libraries make their plans and workspaces in the first steps, which cannot be recorded."""
        for _ in range(_WARM):
            self._at.zero_()
            self._once()
        self._at.zero_()

    def _once(self) -> None:
        batch = [one.index_select(0, self._at).squeeze(0)
                 for one in (self._inputs, self._targets, self._knobs)]
        *new, loss = self._step(*self._rows, *self._others, *batch)
        width = len(self._rows)
        for row, after in zip(self._rows, new[:width], strict=True):
            row.copy_(after)
        for place in self._moved:
            self._others[place].copy_(new[width + place])
        self._losses.index_copy_(0, self._at, loss.reshape(1))
        self._at += 1

    def take(self, first: int, count: int, given: list[Tensor]) -> Tensor:
        """See `Compiled`."""
        inputs, targets, knobs, *tensors = given
        torch._foreach_copy_(self._held, tensors)  # type: ignore[attr-defined] - no public name
        for kept, new in ((self._inputs, inputs[first:first + count]),
                          (self._targets, targets[first:first + count]), (self._knobs, knobs[:count])):
            kept[:count].copy_(new)
        self._at.zero_()
        for _ in range(count):
            self._again()
        torch._foreach_copy_([tensors[place] for place in self._changing],  # type: ignore[attr-defined]
                             [self._held[place] for place in self._changing])
        return self._losses[:count].clone()


def _graph(once: Callable[[], None], warm: Callable[[], None]) -> Callable[[], None]:
    """The same work as a graph, to be launched. warm: makes ready for it."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        warm()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        once()
    return graph.replay
