"""Modules that make one tensor of several."""

from functools import reduce

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """Adds its inputs number by number."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """inputs: (samples, …), all of one shape. Result: the same shape."""
        return reduce(torch.add, inputs)


class Multiply(nn.Module):
    """Multiplies its inputs number by number."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """inputs: (samples, …), all of one shape. Result: the same shape."""
        return reduce(torch.mul, inputs)


class Concatenate(nn.Module):
    """Lays its inputs side by side."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: Tensor) -> Tensor:
        """inputs: (samples, …), of one shape but for `dim`. Result: as long along `dim` as all together."""
        return torch.cat(inputs, self.dim)
