"""One step of training as a function without side effects, for the compiler to look at."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, cast

import torch
from torch import Tensor

from core.engine.build import Walked
from core.engine.stepper import Stepper
from core.engine.turbo_plan import Plan, Row, refused
from core.engine.turbo_rules import Group, Rule

_SMALL = 1024
"""Multiplications of a matrix product that is worked out in place."""

Tensors = tuple[Tensor, ...]


class Step:
    """One step without side effects: (*rows, *others, inputs, targets, knobs) -> (*rows, *others, loss)."""

    def __init__(self, plan: Plan, stepper: Stepper, layouts: list[Row]) -> None:
        self._plan, self._layouts, self._stepper = plan, layouts, stepper
        self._plain = Walked(stepper.net)
        self._widths = plan.widths()
        *self._places, _ = accumulate(plan.rows(), initial=0)  # of each optimizer's weights

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
            self._update(rows, number, some, numbers[number])
        self._average(rows, others, limits[2])
        return *rows, *others, loss.detach()

    def _loss(self, inputs: Tensor, targets: Tensor, learned: list[list[Tensor]],
              others: list[Tensor]) -> Tensor:
        """The mean loss of the batch, worked off in as many parts as plain steps take."""
        count, losses = self._stepper.pieces(len(inputs)), list[Tensor]()
        for some, right in zip(inputs.tensor_split(count), targets.tensor_split(count), strict=True):
            found = self._stepper.loss_of(self._answers(self._stepper.laid(some), learned, others), right)
            losses.append(found * (len(some) / len(inputs)) if count > 1 else found)
        return torch.stack(losses).sum() if count > 1 else losses[0]

    def moved(self, inputs: Tensor, others: list[Tensor]) -> list[int]:
        """The places of those other tensors that a step changes: statistics, and means."""
        # From numbers no batch has, so that what is remembered of this one is sure to be another.
        before = [torch.rand_like(tensor) if tensor.is_floating_point() else tensor for tensor in others]
        after = [tensor.clone() for tensor in before]
        with torch.no_grad():
            self._answers(inputs, self._plan.learned, after)
        changed = [place for place, (one, other) in enumerate(zip(before, after, strict=True))
                   if not torch.equal(one, other)]
        return [*changed, *range(len(self._plan.kept), len(others))]

    def _answers(self, inputs: Tensor, learned: list[list[Tensor]], others: list[Tensor]) -> Tensor:
        plan = self._plan
        named = {f"net.{plan.names[id(known)]}": tensor
                 for knowns, tensors in [*zip(plan.learned, learned, strict=True),
                                         (plan.kept, others[:len(plan.kept)])]
                 for known, tensor in zip(knowns, tensors, strict=True)}
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self._stepper.mixed):
            found = torch.func.functional_call(self._plain, named, (inputs,))
        return found.float() if self._stepper.mixed else found

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

    def _update(self, rows: list[Tensor], number: int, slopes: list[Tensor], knobs: Tensor) -> None:
        """Move the weights of optimizer `number`, and what it remembers."""
        rule, layout, place = self._plan.rules[number], self._layouts[number], self._places[number]
        group, end = self._plan.optimizers[number].param_groups[0], place + 1 + len(rule.state)
        if not rule.matrices:
            rows[place:end] = _moved(rule, group, rows[place:end], layout.joined(slopes), knobs)
            return
        matrices = zip(*(layout.apart(row) for row in rows[place:end]), strict=True)
        moved = [_moved(rule, group, held, slope, knobs)
                 for held, slope in zip(matrices, slopes, strict=True)]
        rows[place:end] = [layout.joined(tensors) for tensors in zip(*moved, strict=True)]

    def _average(self, rows: list[Tensor], others: list[Tensor], share: Tensor) -> None:
        """Move the means towards what they are of."""
        plan = self._plan
        if plan.average is None:
            return
        for place, count in zip(self._places, plan.rows(), strict=True):
            mean = place + count - 1
            rows[mean] = rows[mean] + (rows[place] - rows[mean]) * share
        for at, place in enumerate(plan.averaged, len(plan.kept)):
            others[at] = others[at] + (others[place] - others[at]) * share


def _moved(rule: Rule, group: Group, held: Sequence[Tensor], slope: Tensor, knobs: Tensor) -> list[Tensor]:
    """Weights and what is remembered of them, in the order of the rule's state, after one update."""
    weight, *memory = held
    state = dict(zip(rule.state, memory, strict=True))
    return [rule.update(group, weight, slope, state, knobs), *state.values()]


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
