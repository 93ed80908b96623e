"""Pictures changed at random while a network learns, in ways that leave what they show the same."""

import torch
from torch import Tensor, nn


class Augment(nn.Module):
    """Mirrors, shifts and partly covers each picture of a batch by its own chance; leaves them otherwise."""

    def __init__(self, shift: float, flip: float, erase: float) -> None:
        super().__init__()
        self.shift, self.flip, self.erase = shift, flip, erase

    def forward(self, x: Tensor) -> Tensor:
        """x, result: (samples, channels, height, width)."""
        if not self.training:
            return x
        chance = torch.rand(len(x), 5, device=x.device)
        mirrored = (chance[:, 0] < self.flip)[:, None, None, None]
        x = torch.where(mirrored, x.flip(3), x)
        for axis in (2, 3):
            x = self._shifted(x, axis, chance[:, axis - 1])
        return x * (1 - self._covered(x, 2, chance[:, 3]) * self._covered(x, 3, chance[:, 4]))

    def _shifted(self, x: Tensor, axis: int, chance: Tensor) -> Tensor:
        """Each picture moved along an axis by at most `shift` of its size; what comes in is empty."""
        size = x.shape[axis]
        move = torch.round((2 * chance - 1) * self.shift * size).long()
        places = torch.arange(size, device=x.device) + move[:, None]
        inside = (places >= 0) & (places < size)
        shape = [len(x), 1, 1, 1]
        shape[axis] = size
        return x.take_along_dim(places.clamp(0, size - 1).view(shape), axis) * inside.view(shape)

    def _covered(self, x: Tensor, axis: int, chance: Tensor) -> Tensor:
        """1 where a stretch of `erase` of the axis covers each picture, 0 elsewhere."""
        size = x.shape[axis]
        length = round(self.erase * size)
        begin = torch.floor(chance * (size - length + 1))[:, None]
        places = torch.arange(size, device=x.device)
        shape = [len(x), 1, 1, 1]
        shape[axis] = size
        return ((places >= begin) & (places < begin + length)).to(x.dtype).view(shape)
