"""One pass forward and back through several networks of one kind, as a graph of torch's operations."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap
from torch.overrides import TorchFunctionMode

from core.engine.build import Walked
from core.engine.tape import recorded
from core.engine.trainer import Trainer

Named = dict[str, Tensor]
Pass = Callable[..., tuple[Named, Tensor]]
"""(learned, rest, inputs, targets) -> (the gradients, the losses), each for every network"""
aten = torch.ops.aten


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
        batched = vmap(self, in_dims=(0, 0, along, along), randomness="different")

        def flat(*given: Tensor) -> list[Tensor]:
            *tensors, inputs, targets = given
            weights = [one.detach().requires_grad_() for one in tensors[:len(learned)]]
            totals, losses = batched(dict(zip(learned, weights, strict=True)),
                                     dict(zip(rest, tensors[len(learned):], strict=True)), inputs, targets)
            # No network's loss depends on another's weights: the gradient of all is each one's own.
            each = torch.autograd.grad(totals, weights, torch.ones_like(totals), materialize_grads=True)
            return [*each, losses]

        copies = [one.clone() for one in rest.values()]  # statistics are moved, too
        with warnings.catch_warnings(), _SpelledOut():
            warnings.filterwarnings("ignore", "There is a performance drop")  # what is slow is measured
            program = recorded(flat, [*learned.values(), *copies, inputs, targets], _FEW_CLASSES)

        def run(learned: Named, rest: Named, inputs: Tensor, targets: Tensor) -> tuple[Named, Tensor]:
            *slopes, losses = program(*learned.values(), *rest.values(), inputs, targets)
            return dict(zip(learned, slopes, strict=True)), losses

        return run


class _SpelledOut(TorchFunctionMode):
    """Has recurrent layers computed as what they consist of, which can be batched."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        whole = _RECURRENT.get(func)
        return (whole.decompose if whole else func)(*args, **(kwargs or {}))


_RECURRENT = {torch.gru: aten.gru.input, torch.lstm: aten.lstm.input,
              torch.rnn_tanh: aten.rnn_tanh.input, torch.rnn_relu: aten.rnn_relu.input}


def _log_softmax(x: Tensor, axis: int, half: bool) -> Tensor:
    shifted = x - x.amax(axis, keepdim=True)
    return shifted - shifted.exp().sum(axis, keepdim=True).log()


def _log_softmax_backward(slope: Tensor, result: Tensor, axis: int, kind: torch.dtype) -> Tensor:
    return slope - result.exp() * slope.sum(axis, keepdim=True)


_FEW_CLASSES = {aten._log_softmax.default: _log_softmax,
                aten._log_softmax_backward_data.default: _log_softmax_backward}
"""Written out, for torch's own take half as long again where there are few classes and many networks."""
