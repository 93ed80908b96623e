"""Positions: what tells attention, which sees a set, at which step each thing stands."""

import torch
from torch import Tensor, nn


class LearnedPositions(nn.Module):
    """Adds to every step of a sequence a vector of its own that is learned."""

    def __init__(self, time: int, features: int) -> None:
        super().__init__()
        # Three axes, so that optimizers for matrices leave it to the others.
        self.weight = nn.Parameter(torch.empty(1, time, features).normal_(std=0.02))

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features), at most as long as it was made for. Result: the same shape."""
        return x + self.weight[:, :x.shape[1]]


class SinusoidalPositions(nn.Module):
    """Adds to every step of a sequence the hands of clocks from fast to slow (Vaswani et al., 2017)."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: the same shape."""
        angles = clock_angles(x)
        waves = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)  # sine, cosine, sine, …
        return x + waves[:, :x.shape[2]]


def clock_angles(x: Tensor) -> Tensor:
    """How far every clock has turned at every step. x: (…, time, features). (time, features / 2)"""
    time, features = x.shape[-2:]
    speeds = 10000.0 ** (-torch.arange(0, features, 2, device=x.device) / features)
    return torch.arange(time, device=x.device)[:, None] * speeds


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """Turns each pair of numbers by its clock, so that products tell how far apart two steps are (RoPE).

    x: (samples, heads, time, features). turns: (time, features / 2), as complex numbers of size 1.
    """
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns).flatten(-2).type_as(x)


def rotations(x: Tensor) -> Tensor:
    """What `rotate` needs for tensors like x: (…, time, features). (time, features / 2), complex."""
    angles = clock_angles(x)
    return torch.complex(angles.cos(), angles.sin())
