"""The last finite state of a network, so that a run whose loss explodes leaves something true behind."""

import torch
from torch import Tensor

from core.engine.build import Net


class LastFinite:
    """Two copies of every tensor, taken at the starts of the last two epochs.

    An update can break the weights although the loss before it was finite, so the newer copy may be
    broken; the step after it then shows, before the older copy is overwritten.
    """

    def __init__(self, net: Net) -> None:
        self._live = list(net.tensors().values())
        self._copies = [(0, [tensor.clone() for tensor in self._live]) for _ in range(2)]

    def follow(self, net: Net) -> None:
        """Watch the tensors this network holds now."""
        self._live = list(net.tensors().values())

    def keep(self, step: int) -> None:
        """Copy the network as it is after `step` over the older copy."""
        _, copy = self._copies.pop(0)
        with torch.no_grad():
            # One call for all tensors, which torch gives no public name.
            torch._foreach_copy_(copy, self._live)  # type: ignore[attr-defined]
        self._copies.append((step, copy))

    def state(self) -> list[tuple[int, list[Tensor]]]:
        """Both copies, the older one first, each with the step after which it held."""
        return list(self._copies)

    def take(self, copies: list[tuple[int, list[Tensor]]]) -> None:
        """Hold these copies instead."""
        self._copies = [(step, [held.to(live.device) for held, live in zip(copy, self._live, strict=True)])
                        for step, copy in copies]

    def broken(self) -> bool:
        """Whether the network holds anything that is not a finite number now."""
        return not _finite(self._live)

    def restore(self) -> int:
        """Put the newest finite copy back into the network; the step after which it held."""
        step, copy = next((kept for kept in reversed(self._copies) if _finite(kept[1])), self._copies[0])
        with torch.no_grad():
            for tensor, held in zip(self._live, copy, strict=True):
                tensor.copy_(held)
        return step


def _finite(tensors: list[Tensor]) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)
