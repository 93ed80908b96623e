"""One step of training as a function without side effects, for the compiler to look at."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from core.engine.build import Walked
from core.engine.stepper import Stepper
from core.engine.turbo_plan import Plan, Row, refused

_SMALL = 1024
"""Multiplications of a matrix product that is worked out in place."""

Tensors = tuple[Tensor, ...]


class Step:
    """One step without side effects: (*rows, *others, inputs, targets, knobs) -> (*rows, *others, loss)."""

    def __init__(self, plan: Plan, stepper: Stepper, layouts: list[Row]) -> None:
        self._plan, self._layouts, self._stepper = plan, layouts, stepper
        self._plain = Walked(stepper.net)
        self._widths = plan.widths()
        kinds = [1 + len(rule.state) for rule in plan.rules]
        self._places = [sum(kinds[:number]) for number in range(len(kinds))]  # of each optimizer's weights

    def __call__(self, *given: Tensor) -> Tensors:
        *held, inputs, targets, knobs = given
        others = [tensor.clone() for tensor in held[len(held) - len(self._plan.others):]]
        rows = list(held[:len(held) - len(others)])
        *numbers, limits = knobs.split(self._widths)
        wanted = [[part.detach().requires_grad_() for part in layout.apart(rows[place])]
                  for layout, place in zip(self._layouts, self._places, strict=True)]
        loss = self._loss(inputs, targets, wanted, others)
        learned = [tensor for part in wanted for tensor in part]
        slopes = self._clipped(self._slopes(self._priced(loss, learned, limits[0]), learned), limits[1])
        for number, layout in enumerate(self._layouts):
            some, slopes = slopes[:len(layout)], slopes[len(layout):]
            self._update(rows, number, layout.joined(some), numbers[number])
        return *rows, *others, loss.detach()

    def _loss(self, inputs: Tensor, targets: Tensor, learned: list[list[Tensor]],
              others: list[Tensor]) -> Tensor:
        """The mean loss of the batch, worked off in as many parts as plain steps take."""
        count, losses = self._stepper.pieces(len(inputs)), list[Tensor]()
        for some, right in zip(inputs.tensor_split(count), targets.tensor_split(count), strict=True):
            found = self._stepper.loss_of(self._answers(some, learned, others), right)
            losses.append(found * (len(some) / len(inputs)) if count > 1 else found)
        return torch.stack(losses).sum() if count > 1 else losses[0]

    def moved(self, inputs: Tensor, others: list[Tensor]) -> list[int]:
        """The places of those other tensors that a pass through the network changes."""
        # From numbers no batch has, so that what is remembered of this one is sure to be another.
        before = [torch.rand_like(tensor) if tensor.is_floating_point() else tensor for tensor in others]
        after = [tensor.clone() for tensor in before]
        with torch.no_grad():
            self._answers(inputs, self._plan.learned, after)
        return [place for place, (one, other) in enumerate(zip(before, after, strict=True))
                if not torch.equal(one, other)]

    def _answers(self, inputs: Tensor, learned: list[list[Tensor]], others: list[Tensor]) -> Tensor:
        plan = self._plan
        named = {f"net.{plan.names[id(known)]}": tensor
                 for knowns, tensors in [*zip(plan.learned, learned, strict=True), (plan.others, others)]
                 for known, tensor in zip(knowns, tensors, strict=True)}
        return torch.func.functional_call(self._plain, named, (inputs,))

    def _slopes(self, loss: Tensor, learned: list[Tensor]) -> list[Tensor]:
        slopes = cast("tuple[Tensor | None, ...]", torch.autograd.grad(loss, learned, allow_unused=True))
        found = [slope for slope in slopes if slope is not None]
        if len(found) < len(learned):
            raise refused("Some of its weights have no say in the loss.")
        return found

    def _clipped(self, slopes: list[Tensor], longest: Tensor) -> list[Tensor]:
        """The gradients, shortened together where they are longer; as torch's `clip_grad_norm_` does."""
        if not self._plan.clips:
            return slopes
        length = torch.stack([slope.square().sum() for slope in slopes]).sum().sqrt()
        return [slope * (longest / (length + 1e-6)).clamp(max=1.0) for slope in slopes]

    def _priced(self, loss: Tensor, learned: list[Tensor], strength: Tensor) -> Tensor:
        """The loss with the penalty, so far as learned weights have a say in it."""
        if self._plan.penalty is None:
            return loss
        power, weights = self._plan.penalty[0], [tensor for tensor in learned if tensor.ndim > 1]
        sizes = [weight.abs().sum() if power == 1 else weight.square().sum() / 2 for weight in weights]
        return loss + strength * torch.stack(sizes).sum() if sizes else loss

    def _update(self, rows: list[Tensor], number: int, slopes: Tensor, knobs: Tensor) -> None:
        """Move the weights of optimizer `number`, and what it remembers."""
        rule, place = self._plan.rules[number], self._places[number]
        state = {name: rows[place + 1 + at] for at, name in enumerate(rule.state)}
        group = self._plan.optimizers[number].param_groups[0]
        rows[place] = rule.update(group, rows[place], slopes, state, knobs)
        rows[place + 1:place + 1 + len(state)] = state.values()


def small_products() -> "dict[Any, Callable[..., Any]]":
    """Matrix products spelled out where they are so small that calling a routine takes longer than they do.

    The compiler makes loops of them, and one loop of what follows on them.
    """
    aten = torch.ops.aten

    def product(one: Tensor, other: Tensor) -> Tensor:
        if one.shape[0] * one.shape[1] * other.shape[1] > _SMALL:
            return NotImplemented
        return (one.unsqueeze(2) * other.unsqueeze(0)).sum(1)

    def sum_of(added: Tensor, one: Tensor, other: Tensor) -> Tensor:
        found = product(one, other)
        return found if found is NotImplemented else found + added

    return {aten.mm.default: product, aten.addmm.default: sum_of}
