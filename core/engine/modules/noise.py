"""Noise that is there only while a network learns."""

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """Adds normally distributed noise while training; passes numbers on as they are otherwise."""

    def __init__(self, spread: float) -> None:
        super().__init__()
        self.spread = spread

    def forward(self, x: Tensor) -> Tensor:
        """x, result: (samples, *shape)."""
        return x + self.spread * torch.randn_like(x) if self.training else x
