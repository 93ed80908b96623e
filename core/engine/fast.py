"""Chains of modules as functions that compute the very same numbers sooner."""

from collections.abc import Callable, Iterable, Iterator
from inspect import isfunction, unwrap
from typing import Any

import torch
from torch import Tensor, _compile, nn
from torch.autograd.function import once_differentiable

Forward = Callable[..., Tensor]

_CHANNELS, _NUMBERS = 8, 8192
"""From here on pooling on the processor is faster channels-last, copies included (docs/decisions.md)."""


def chain(parts: Iterable[nn.Module]) -> list[Forward]:
    """The forward functions of modules that are called one after the other.

    Forward methods instead of modules: none of ours has hooks, and small networks gain several percent.
    """
    return list(_joined(list(parts)))


def unhooked(optimizer: torch.optim.Optimizer) -> Callable[[], Any]:
    """The optimizer's step without what torch wraps around it: a profiler's entry, hooks, gradients of it."""
    step, quiet = unwrap(type(optimizer).step), torch.no_grad()

    def update() -> None:
        with quiet:
            step(optimizer)

    return update


def light_optimizers() -> None:
    """Have optimizers be made without loading torch's compiler, which takes a second or more.

    Torch loads it to have their methods left alone. Where another torch keeps that elsewhere, it loads it.
    """
    for method in vars(torch.optim.Optimizer).values():
        inner = getattr(method, "__wrapped__", None)
        if isfunction(method) and inner and method.__code__.co_filename == _compile.__file__:
            inner.__dynamo_disable = inner


def _joined(parts: list[nn.Module]) -> Iterator[Forward]:
    """ReLU and max pooling give the same in either order, so the smaller result is rectified."""
    place = 0
    while place < len(parts):
        part, after = parts[place], parts[place + 1] if place + 1 < len(parts) else None
        if isinstance(part, nn.ReLU) and isinstance(after, nn.MaxPool2d):
            yield _pooling(after, rectified=True)
            place += 2
        else:
            yield _pooling(part, rectified=False) if isinstance(part, nn.MaxPool2d) else part.forward
            place += 1


def _pooling(pool: nn.MaxPool2d, rectified: bool) -> Forward:
    plain: Any = pool.forward
    if pool.return_indices or pool.ceil_mode:
        return (lambda x: plain(x.relu())) if rectified else plain
    window = [_pair(value) for value in (pool.kernel_size, pool.stride, pool.padding, pool.dilation)]

    def forward(x: Tensor) -> Tensor:
        # x: (samples, channels, height, width)
        if x.is_cpu and x.shape[1] >= _CHANNELS and x.numel() >= _NUMBERS * torch.get_num_threads():
            return _Pooled.apply(x, window, rectified)
        return plain(x.relu() if rectified else x)

    return forward


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


class _Pooled(torch.autograd.Function):
    """Max pooling computed channels-last, then as an option ReLU. Cannot be differentiated twice.

    What it gives lies as what it was given.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, window: list[tuple[int, int]], rectified: bool) -> Tensor:
        last = x.contiguous(memory_format=torch.channels_last)
        result, places = torch.ops.aten.max_pool2d_with_indices(last, *window)
        if last is not x:
            result, places = result.contiguous(), places.contiguous()
        if rectified:
            result.clamp_min_(0)
        ctx.save_for_backward(x, places, result)
        ctx.window, ctx.rectified = window, rectified
        return result

    @staticmethod
    @once_differentiable
    def backward(  # type: ignore[override] - torch's decorator hides the names of its arguments
            ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = grad_outputs
        x, places, result = ctx.saved_tensors
        if ctx.rectified:
            slope = torch.ops.aten.threshold_backward(slope, result, 0)
        back = torch.ops.aten.max_pool2d_with_indices_backward(slope, x, *ctx.window, False, places)
        return back, None, None
