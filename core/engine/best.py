"""The best judgement of a run so far: what early stopping waits on, and the weights that went with it."""

import math
from typing import Any

import torch
from torch import Tensor

from core.engine.build import Net


class Best:
    """Remembers the lowest validation loss, its epoch, and on demand a copy of the network."""

    def __init__(self, net: Net) -> None:
        self._live = list(net.tensors().values())
        self._copy: list[Tensor] = []
        self.loss, self.step, self.epoch = math.inf, 0, 0

    def follow(self, net: Net) -> None:
        """Watch the tensors this network holds now."""
        self._live = list(net.tensors().values())

    def judge(self, loss: float, step: int, epoch: int, *, margin: float, keep: bool) -> None:
        """Take note of a validation loss; one that is lower by more than `margin` is the best from now on.

        keep: whether to copy the network, for `restore`.
        """
        if not loss < self.loss - margin:
            return
        self.loss, self.step, self.epoch = loss, step, epoch
        if keep:
            self._copy = [tensor.clone() for tensor in self._live]

    def restore(self) -> int | None:
        """Put the copy into the network; the step it was made after, None when there is none."""
        if not self._copy:
            return None
        with torch.no_grad():
            for tensor, held in zip(self._live, self._copy, strict=True):
                tensor.copy_(held)
        return self.step

    def state(self) -> dict[str, Any]:
        """All it remembers."""
        return {"loss": self.loss, "step": self.step, "epoch": self.epoch, "copy": self._copy}

    def take(self, state: dict[str, Any]) -> None:
        """Remember this instead."""
        self.loss, self.step, self.epoch = state["loss"], state["step"], state["epoch"]
        self._copy = [held.to(live.device) for held, live in zip(state["copy"], self._live, strict=False)]
