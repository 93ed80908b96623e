"""Modules that make, shorten and read sequences."""

import torch
from torch import Tensor, nn


class CausalConv1d(nn.Module):
    """Gives each feature of a step a weighted sum of its last few values; later steps are never seen."""

    def __init__(self, features: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv1d(features, features, kernel, groups=features, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: the same shape."""
        before = self.conv.kernel_size[0] - 1
        padded = nn.functional.pad(x.transpose(1, 2), (before, 0))  # blank steps in front
        # As an image of one row: torch's Conv2d is twice as fast at this as its Conv1d.
        rows = nn.functional.conv2d(padded[:, :, None], self.conv.weight[:, :, None], self.conv.bias,
                                    groups=x.shape[2])
        return rows[:, :, 0].transpose(1, 2)


class Select(nn.Module):
    """One list of numbers for a whole sequence: its last step, its first, or the mean or maximum of all."""

    def __init__(self, which: str) -> None:
        super().__init__()
        self.which = which

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: (samples, features)."""
        match self.which:
            case "last":
                return x[:, -1]
            case "first":
                return x[:, 0]
            case "mean":
                return x.mean(1)
            case _:
                return x.amax(1)


class LastSteps(nn.Module):
    """Keeps the last few steps of a sequence."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: (samples, steps, features)."""
        return x[:, -self.steps:]


class ClassToken(nn.Module):
    """Puts one learned vector in front of a sequence, where attention can gather what the whole says."""

    def __init__(self, features: int) -> None:
        super().__init__()
        # Three axes, so that optimizers for matrices leave it to the others.
        self.weight = nn.Parameter(torch.empty(1, 1, features).normal_(std=0.02))

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: (samples, 1 + time, features)."""
        return torch.cat((self.weight.expand(x.shape[0], -1, -1), x), dim=1)


class PatchEmbedding(nn.Module):
    """Cuts an image into square patches, row by row, and turns each into a list of numbers."""

    def __init__(self, channels: int, patch: int, features: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, features, kernel_size=patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, channels, height, width). Result: (samples, patches, features)."""
        return self.project(x).flatten(2).transpose(1, 2)
