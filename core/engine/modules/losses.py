"""Losses torch does not have in the form we need: outputs in, targets in, one mean number out."""

import torch
from torch import Tensor, nn


class KLDivLoss(nn.Module):
    """Kullback–Leibler divergence from the predicted shares of the classes to the true ones."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """outputs: (samples, classes) scores. targets: (samples, classes) shares that sum to 1."""
        return nn.functional.kl_div(torch.log_softmax(outputs, dim=1), targets, reduction="batchmean")


class GaussianNLLLoss(nn.Module):
    """Negative log-likelihood of a Gaussian with predicted mean and log-variance (Nix and Weigend, 1994)."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """outputs: (samples, 2 × values), means first, then log-variances. targets: (samples, values)."""
        mean, log_variance = outputs.chunk(2, dim=1)
        return nn.functional.gaussian_nll_loss(mean, targets, log_variance.exp())


class BalancedCrossEntropyLoss(nn.Module):
    """Cross-entropy that weighs each sample by how rare its class is; the weights are 1 on average."""

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.weights = torch.ones(0)  # of every class; none before they are counted

    def weigh(self, targets: Tensor, classes: int) -> None:
        """Count the classes. targets: (samples,) class numbers of the train split."""
        counts = torch.bincount(targets, minlength=classes)
        self.weights = len(targets) / ((counts > 0).sum() * counts.clamp_min(1))

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """outputs: (samples, classes) scores. targets: (samples,) class numbers."""
        each = nn.functional.cross_entropy(outputs, targets, reduction="none",
                                           label_smoothing=self.label_smoothing)
        return (each * self.weights[targets]).mean() if len(self.weights) else each.mean()


class TokenCrossEntropyLoss(nn.Module):
    """Cross-entropy over every step of a sequence; steps with the target -100 are not judged."""

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """outputs: (samples, steps, tokens) scores. targets: (samples, steps) token numbers or -100."""
        return nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=-100,
                                           label_smoothing=self.label_smoothing)
