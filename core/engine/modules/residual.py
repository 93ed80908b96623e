"""Blocks with a skip: what goes in is added to, or scaled by, what the block makes of it."""

import torch
from torch import Tensor, nn


def normalized_conv(channels: int, filters: int, kernel: int, stride: int) -> nn.Sequential:
    """A convolution that keeps the size at stride 1, then batch normalisation, which needs no bias."""
    return nn.Sequential(nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False),
                         nn.BatchNorm2d(filters))


def way_around(channels: int, filters: int, stride: int) -> nn.Module:
    """The way around a block: nothing at all, or a 1×1 convolution where the shape changes."""
    if stride == 1 and channels == filters:
        return nn.Identity()
    return normalized_conv(channels, filters, 1, stride)


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with a skip (He et al., 2015)."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.first = normalized_conv(channels, filters, 3, stride)
        self.second = normalized_conv(filters, filters, 3, 1)
        self.skip = way_around(channels, filters, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, channels, height, width). Result: (samples, filters, height, width over stride)."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.skip(x))


class BottleneckBlock(nn.Module):
    """A 3×3 convolution between two 1×1 ones that narrow and widen, with a skip (He et al., 2015)."""

    def __init__(self, channels: int, narrow: int, filters: int, stride: int) -> None:
        super().__init__()
        self.narrow = normalized_conv(channels, narrow, 1, 1)
        self.middle = normalized_conv(narrow, narrow, 3, stride)
        self.widen = normalized_conv(narrow, filters, 1, 1)
        self.skip = way_around(channels, filters, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, channels, height, width). Result: (samples, filters, height, width over stride)."""
        inner = torch.relu(self.middle(torch.relu(self.narrow(x))))
        return torch.relu(self.widen(inner) + self.skip(x))


class SqueezeExcite(nn.Module):
    """Scales every channel by a share that is worked out from the means of all (Hu et al., 2018)."""

    def __init__(self, channels: int, narrow: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, narrow)
        self.excite = nn.Linear(narrow, channels)

    def forward(self, x: Tensor) -> Tensor:
        """x, result: (samples, channels, height, width)."""
        shares = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean((2, 3))))))  # (samples, channels)
        return x * shares[:, :, None, None]


class DenseResidual(nn.Module):
    """Two linear layers with a ReLU between, added to what goes in."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.widen = nn.Linear(features, units)
        self.narrow = nn.Linear(units, features)

    def forward(self, x: Tensor) -> Tensor:
        """x, result: (samples, features) or (samples, time, features)."""
        return x + self.narrow(torch.relu(self.widen(x)))


class MixerBlock(nn.Module):
    """Mixes the steps of every feature, then the features of every step (Tolstikhin et al., 2021)."""

    def __init__(self, steps: int, features: int, step_units: int, feature_units: int) -> None:
        super().__init__()
        self.before_steps = nn.LayerNorm(features)
        self.mix_steps = nn.Sequential(nn.Linear(steps, step_units), nn.GELU(), nn.Linear(step_units, steps))
        self.before_features = nn.LayerNorm(features)
        self.mix_features = nn.Sequential(nn.Linear(features, feature_units), nn.GELU(),
                                          nn.Linear(feature_units, features))

    def forward(self, x: Tensor) -> Tensor:
        """x, result: (samples, time, features)."""
        x = x + self.mix_steps(self.before_steps(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mix_features(self.before_features(x))
