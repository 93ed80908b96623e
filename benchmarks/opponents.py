"""The loops people would write without us, on the very network, data and batches the engine trains on."""

import time
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from core.engine.beginning import initial
from core.engine.build import module
from core.engine.data import split
from core.experiment.model import Experiment

Loop = Callable[[int], float]
"""Trains for so many epochs; the samples per second it reached."""


def idiomatic(experiment: Experiment) -> Loop:
    """As in most tutorials: a DataLoader, torch's plain optimizer, `loss.item()` every step."""
    inputs, targets = split(experiment.data).part("train")
    net, loss_of, optimizer = _parts(experiment, fused=None)
    loader = DataLoader(
        TensorDataset(inputs, targets), batch_size=experiment.training.batch_size, shuffle=True
    )

    def loop(epochs: int) -> float:
        began = time.perf_counter()
        net.train()
        for _ in range(epochs):
            total = 0.0
            for x, y in loader:
                optimizer.zero_grad()
                loss = loss_of(net(x), y)
                loss.backward()
                optimizer.step()
                total += loss.item()
        return epochs * len(inputs) / (time.perf_counter() - began)

    return loop


def bare(experiment: Experiment) -> Loop:
    """The fastest eager loop we know: resident tensors, slices, a fused update, nothing read back."""
    inputs, targets = split(experiment.data).part("train")
    net, loss_of, optimizer = _parts(experiment, fused=True)
    batch, parameters = experiment.training.batch_size, list(net.parameters())

    def loop(epochs: int) -> float:
        began = time.perf_counter()
        net.train()
        for _ in range(epochs):
            order = torch.randperm(len(inputs))
            shuffled, wanted = inputs[order], targets[order]
            for start in range(0, len(inputs), batch):
                for parameter in parameters:
                    parameter.grad = None
                loss = loss_of(net(shuffled[start : start + batch]), wanted[start : start + batch])
                loss.backward()
                optimizer.step()
        return epochs * len(inputs) / (time.perf_counter() - began)

    return loop


def _parts(experiment: Experiment, fused: bool | None) -> tuple[nn.Module, nn.Module, torch.optim.Optimizer]:
    torch.set_num_threads(1)
    net = nn.Sequential(*(part for block in initial(experiment).blocks for part in block))  # type: ignore[attr-defined]
    loss_of = module(experiment.training.loss.for_task(experiment.data.task).call())
    rate = experiment.training.optimizer.learning_rate
    return net, loss_of, torch.optim.Adam(net.parameters(), lr=rate, fused=fused)
