"""One pass forward and back through several networks of one kind, as a graph of torch's operations."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

from core.engine.build import Walked
from core.engine.trainer import Trainer

Named = dict[str, Tensor]
Pass = Callable[..., tuple[Named, Tensor]]
"""(learned, rest, inputs, targets) -> (the gradients, the losses), each for every network"""
aten = torch.ops.aten
_LOOKS = {aten.view.default, aten._unsafe_view.default, aten.expand.default, aten.detach.default}
"""Operations that give the numbers they are given, at times in the very shape they had."""


class BatchedLoss:
    """The loss of one network as a function of its tensors, for torch.func: what is made small, and told."""

    def __init__(self, trainer: Trainer) -> None:
        self._plain = Walked(trainer.network)
        self._loss_of = trainer.stepper.loss_of
        self._penalty = trainer.experiment.training.regularization.penalty()

    def __call__(self, learned: Named, rest: Named, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        named = {f"net.{name}": one for name, one in (learned | rest).items()}
        loss = self._loss_of(functional_call(self._plain, named, (inputs,)), targets)
        if self._penalty is None:
            return loss, loss.detach()
        power, strength = self._penalty
        weights = [one for one in (learned | rest).values() if one.ndim > 1 and one.is_floating_point()]
        sizes = [one.abs().sum() if power == 1 else one.square().sum() / 2 for one in weights]
        return loss + strength * torch.stack(sizes).sum(), loss.detach()

    def traced(self, learned: Named, rest: Named, inputs: Tensor, targets: Tensor, *, shared: bool) -> Pass:
        """The pass for batches of this size. shared: whether all networks see the same samples."""
        along = None if shared else 0
        batched = vmap(grad(self, has_aux=True), in_dims=(0, 0, along, along), randomness="different")
        copies = {name: one.clone() for name, one in rest.items()}  # tracing moves statistics, too
        with warnings.catch_warnings():  # what is slow is measured
            warnings.filterwarnings("ignore", "There is a performance drop")
            graph: Any = make_fx(batched, decomposition_table=_FEW_CLASSES)(learned, copies, inputs, targets)
        return _lean(graph)


def _lean(graph: GraphModule) -> GraphModule:
    """The same without operations that change nothing: calling one takes as long as a small sum."""
    for node in list(graph.graph.nodes):
        if node.target in _LOOKS and _shape(node) == _shape(node.args[0]):
            node.replace_all_uses_with(node.args[0])
            graph.graph.erase_node(node)
    graph.recompile()
    return graph


def _shape(node: Node) -> tuple[int, ...]:
    return tuple(node.meta["val"].shape)


def _log_softmax(x: Tensor, axis: int, half: bool) -> Tensor:
    shifted = x - x.amax(axis, keepdim=True)
    return shifted - shifted.exp().sum(axis, keepdim=True).log()


def _log_softmax_backward(slope: Tensor, result: Tensor, axis: int, kind: torch.dtype) -> Tensor:
    return slope - result.exp() * slope.sum(axis, keepdim=True)


_FEW_CLASSES = {aten._log_softmax.default: _log_softmax,
                aten._log_softmax_backward_data.default: _log_softmax_backward}
"""Written out, for torch's own take half as long again where there are few classes and many networks."""
