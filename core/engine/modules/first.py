"""Draws the first weights of a module by another rule than its own."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


def initialized(module: nn.Module, rule: Callable[[Tensor], Any]) -> nn.Module:
    """The module, every weight of two or more axes drawn anew by the rule; biases and scales stay."""
    for name, parameter in module.named_parameters():
        if "weight" in name and parameter.ndim > 1:
            rule(parameter)
    return module
