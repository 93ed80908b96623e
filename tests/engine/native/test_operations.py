"""Protects single operations, where they are easily wrong: all of a group in one compiled step."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional

from core.engine.native import compiler
from core.engine.native.lowering import declared, decompositions
from core.engine.native.source import Part, State, source
from core.engine.native.values import Unsupported

Function = Callable[[Tensor], Tensor]


def slopes(function: Function) -> Function:
    """The gradient of a sum that weighs every number of the result differently."""
    def of(x: Tensor) -> Tensor:
        given = x.detach().requires_grad_()
        result = function(given)
        weights = torch.linspace(-1, 1, result.numel()).view(result.shape)
        (found,) = torch.autograd.grad((result * weights).sum(), given)
        return found
    return of


Found = dict[str, Tensor]


def found(functions: dict[str, Function], x: Tensor, folder: Path) -> tuple[Found, Found]:
    """What compiled code gives for each, and what torch gives."""
    right = {name: function(x).float().reshape(-1) for name, function in functions.items()}

    def step(out: Tensor, x: Tensor, target: Tensor, knobs: Tensor) -> tuple[Tensor, Tensor]:
        results = [function(x).float().reshape(-1) for function in functions.values()]
        return torch.cat(results), 0 * knobs[0] + 0 * target[0]

    sizes = [one.numel() for one in right.values()]
    example = torch.zeros(sum(sizes)), x, torch.zeros(len(x)), torch.zeros(1)
    traced = make_fx(step, decomposition_table=declared())(*example)
    still = torch.func.functionalize(traced, remove="mutations")
    graph = make_fx(still, decomposition_table=decompositions())(*example)
    text = source(Part(graph, example[1:]), None, State([], [example[0]], [0]), 1)
    compiler.compiled(text, folder / "steps")
    out, _, target, knobs = example
    compiler.loaded(folder / "steps").take(0, 1, [x[None].contiguous(), target[None], knobs[None], out])
    return dict(zip(right, out.split(sizes), strict=True)), right


def assert_alike(functions: dict[str, Function], x: Tensor, folder: Path) -> None:
    ours, right = found(functions, x, folder)
    for name, value in right.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-4, atol=1e-5, equal_nan=True,
                                   msg=lambda said, name=name: f"{name}: {said}")


PICTURES: dict[str, Function] = {
    "overlapping pools": lambda x: functional.max_pool2d(x, 3, 1, 1),
    "slopes of overlapping pools": slopes(lambda x: functional.max_pool2d(x, 3, 1, 1)),
    "slopes of apart pools": slopes(lambda x: functional.max_pool2d(x, 2)),
    "slopes of spread pools": slopes(lambda x: functional.max_pool2d(x, 2, 1, 0, 2)),
    "slopes of means": slopes(lambda x: functional.avg_pool2d(x, 2)),
    "slopes of enlarged": slopes(lambda x: functional.interpolate(x, scale_factor=2)),
    "slopes of a convolution": slopes(
        lambda x: functional.conv2d(x, x.detach()[:, :, :3, :2], None, (1, 2), 1, (2, 1))),
    "slopes of groups": slopes(
        lambda x: functional.conv2d(x, x.detach()[:, :1, :3, :2].expand(3, 1, 3, 2), groups=3)),
    "slopes of a transposed one": slopes(
        lambda x: functional.conv_transpose2d(x, x.detach()[0, :, None, :2, :2].expand(3, 4, 2, 2), stride=2,
                                              padding=1, output_padding=1)),
    "a pool with no number": lambda x: functional.max_pool2d(torch.where(x > 1, x / 0 * 0, x), 2)}


def test_pictures(tmp_path):
    torch.manual_seed(0)
    assert_alike(PICTURES, torch.randn(3, 3, 6, 5), tmp_path)


NUMBERS: dict[str, Function] = {
    "the largest beside none": lambda x: (x / x).amax(1),
    "the larger, one is none": lambda x: torch.maximum(x, x / x),
    "the smaller, one is none": lambda x: torch.minimum(x, x / x),
    "a sum of ones": lambda x: torch.ones_like(x).sum() + 0 * x[1, 1],
    "a mean of twos": lambda x: torch.full_like(x, 2.0).mean(0),
    "taken from": lambda x: torch.rsub(x, 3.0, alpha=2.0),
    "any of numbers": lambda x: (x - 1).any(1),
    "chosen by itself": lambda x: x.long().gather(0, x.long().clamp(0, 2)),
    "rows from the end": lambda x: x[torch.arange(-1, 2)],
    "a softmax with nothing": lambda x: torch.softmax(x.masked_fill(x > 1, -torch.inf), 1),
    "a view of a view": lambda x: (x.t() * 2).reshape(2, 6)[:, 1::2].t()}


def test_numbers(tmp_path):
    x = torch.tensor([[0.0, 1.0, -1.0, 2.0], [1.5, 0.5, 1.0, 0.0], [3.0, 1.0, 1.0, 1.0]])
    assert_alike(NUMBERS, x, tmp_path)


@pytest.mark.parametrize("function", [
    lambda x: functional.avg_pool2d(x, 2, ceil_mode=True), lambda x: functional.avg_pool2d(x, 3, 1),
    lambda x: x.double(), lambda x: x.long().amax(0)],
    ids=["over the edge", "overlapping", "double", "whole numbers"])
def test_what_cannot_be_done_is_refused(function, tmp_path):
    with pytest.raises(Unsupported):
        found({"one": function}, torch.randn(3, 3, 6, 5), tmp_path)


def test_products_of_large_matrices(tmp_path):
    cases: dict[str, Function] = {
        "rows side by side": lambda x: x @ x.detach()[:, :150], "turned": lambda x: x @ x.detach()[40:110].T,
        "something added": lambda x: functional.linear(x, x.detach()[30:180], x.detach()[1, :150]),
        "both turned": lambda x: x.detach()[:, :70].T @ x.T, "one row": lambda x: x.detach()[:1] @ x,
        "few rows, few columns": lambda x: x.detach()[:37] @ x @ x.detach()[:, 5:60]}
    cases |= {f"slopes of {name}": slopes(function) for name, function in cases.items()}
    assert_alike({name: lambda x, of=of: of(x) * 0.01 for name, of in cases.items()},
                 torch.randn(300, 300), tmp_path)


def test_numbers_as_short_as_those_of_bfloat16(tmp_path):
    x = torch.cat([torch.randn(500), torch.tensor([0.0, -0.0, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3e38, 3.4e38,
                                                   float("inf"), -float("inf"), float("nan")])])
    ours, right = found({"short": lambda x: x.bfloat16().float()}, x, tmp_path)
    assert torch.equal(ours["short"].nan_to_num(7), right["short"].nan_to_num(7))
    with pytest.raises(Unsupported, match="bfloat16"):
        found({"worked with": lambda x: x.bfloat16() * 2}, x, tmp_path)
