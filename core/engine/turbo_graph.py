"""Steps of training as one function: a loop around a whole step, of as many rounds as are asked for.

Every step runs the same code, however many are asked for at once, so how they are grouped changes nothing.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.engine.average import averaging
from core.engine.beginning import Order, initial
from core.engine.data import Split, split
from core.engine.device import Pins
from core.engine.evaluate import encoded
from core.engine.native.values import Unsupported
from core.engine.stepper import Stepper
from core.engine.turbo_plan import Plan, Row, most
from core.engine.turbo_step import Step, Tensors, small_products
from core.experiment.model import Experiment


def described(experiment: Experiment, data: Split | None = None,
              pins: Pins | None = None) -> "tuple[Steps, Tensors]":
    """The steps of an experiment, and an example of what they are given.

    data, pins: its data on the device it is trained on; without them on the processor.
    """
    stepper, order = begun(experiment, data or split(experiment.data), pins or Pins("cpu", 1))
    inputs, targets = order.whole
    plan = Plan(experiment, stepper.net, stepper.optimizers, averaging(stepper.net, experiment.training))
    rows = most(len(inputs))
    knobs = torch.full((rows, sum(plan.widths())), 0.5, device=inputs.device)
    given = (torch.tensor(0), torch.tensor(min(2, rows)), inputs, targets, knobs, *plan.tensors())
    steps = Steps(plan, stepper, given)
    last = order.batches[-1]
    if len(last[0]) < inputs.shape[1]:
        steps.rest = Steps(plan, stepper, (*given[:2], last[0][None], last[1][None], *given[4:]))
    return steps, given


def begun(experiment: Experiment, data: Split, pins: Pins) -> tuple[Stepper, Order]:
    """A stepper on a fresh copy of the network that has taken one step, and an epoch's samples.

    data: on the device of `pins`.
    """
    inputs, targets = data.part("train")
    targets = encoded(targets, data, experiment.training.loss.for_task(data.task).one_hot)
    order = Order(inputs, targets, experiment.training.batch_size)
    net = initial(experiment).to(pins.device)
    stepper = Stepper(experiment, net, targets, pins.precision, pins.layout)
    stepper.step(1, *order.batches[0], [])
    return stepper, order


_MOST = 4000
"""Operations of a step at most that are handed to our own compiler."""
Operations = dict[Any, Callable[..., Any]]
"""What is done in place of an operation of torch."""


class Steps(nn.Module):
    """The function to compile: (first, count, inputs, targets, knobs, *tensors) -> losses: (rows of knobs,)

    It takes `count` steps with the batches from number `first` on, and changes the tensors.
    """

    def __init__(self, plan: Plan, stepper: Stepper, given: Tensors) -> None:
        """given: an example of what it is called with."""
        super().__init__()
        self._plan = plan
        self._layouts = [Row(parameters) for parameters in plan.learned]
        self._step = Step(plan, stepper, self._layouts)
        _, _, inputs, targets, knobs, *tensors = given
        self.batch = inputs[0], targets[0], knobs[0]
        """An example of what one step is given."""
        self._example = *self.rows(tensors), *plan.others, *self.batch
        self.moved = self._step.moved(inputs[0], plan.others)
        """The places of the network's other tensors that a step changes."""
        self.rest: Steps | None = None
        """Steps with the smaller batch that is left over at an epoch's end, where there is one."""

    @property
    def others(self) -> list[Tensor]:
        """The tensors beside the rows."""
        return self._plan.others

    def traced(self, spelled_out: Operations) -> GraphModule:
        """One step as a graph of torch's operations: (*rows, *others, *batch) -> (*rows, *others, loss)

        spelled_out: operations to be written with others.
        """
        from torch.fx.experimental.proxy_tensor import make_fx

        # Looking at a step draws numbers, too.
        with torch.random.fork_rng(devices=[]):
            return make_fx(self._step, decomposition_table=spelled_out)(*self._example)

    def still(self, first: Operations, then: Operations) -> GraphModule:
        """The same, with operations that change no tensor.

        first, then: operations to be written with others, before changes are taken out, and after. Raises
        Unsupported when there are so many that a compiler would take minutes.
        """
        from torch.fx.experimental.proxy_tensor import make_fx

        # Attention and recurrent layers as what they consist of, not as one routine of torch.
        with sdpa_kernel(SDPBackend.MATH), _without_routines():
            graph = self.traced(first)
        if len(graph.graph.nodes) > _MOST:
            raise Unsupported(f"more than {_MOST} operations")
        step = torch.func.functionalize(graph, remove="mutations")
        with torch.random.fork_rng(devices=[]):
            return make_fx(step, decomposition_table=then)(*self._example)

    @cached_property
    def one(self) -> GraphModule:
        """One step, with what is better spelled out than left to routines."""
        return self.traced(small_products())

    def forward(self, first: Tensor, count: Tensor, inputs: Tensor, targets: Tensor, knobs: Tensor,
                *tensors: Tensor) -> Tensor:
        rows, others = self.rows(tensors), list(tensors[len(tensors) - len(self._plan.others):])
        width, moved, places = len(rows), self.moved, torch.arange(len(knobs))

        def left(number: Tensor, losses: Tensor, *held: Tensor) -> Tensor:
            return number < count

        def body(number: Tensor, losses: Tensor, *held: Tensor) -> Tensors:
            here, at = number.reshape(1), (first + number).reshape(1)
            now = list(others)
            for place, tensor in zip(moved, held[width:], strict=True):
                now[place] = tensor
            given = [one.index_select(0, where).squeeze(0)
                     for one, where in ((inputs, at), (targets, at), (knobs, here))]
            *new, loss = self.one(*held[:width], *now, *given)
            after = [*new[:width], *(new[width + place] for place in moved)]
            return number + 1, torch.where(places == number, loss, losses), *after

        begin = [tensor.clone() for tensor in [*rows, *(others[place] for place in moved)]]
        _, losses, *end = _repeated(left, body, (torch.zeros((), dtype=torch.int64),
                                                 torch.zeros(len(knobs)), *begin))
        parts = [part for layout, row in zip(self.layouts(), end[:width], strict=True)
                 for part in layout.apart(row)]
        for tensor, new in zip([*tensors[:len(parts)], *(others[place] for place in moved)],
                               [*parts, *end[width:]], strict=True):
            tensor.copy_(new)
        return losses

    def layouts(self) -> list[Row]:
        """How each row lies: for each optimizer its weights, then the same for all that is kept of them."""
        return [layout for layout, count in zip(self._layouts, self._plan.rows(), strict=True)
                for layout in [layout] * count]

    def rows(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Those of the plan's tensors that optimizers move and remember, each kind in one row."""
        rows: list[Tensor] = []
        at = 0
        for layout in self.layouts():
            rows.append(layout.joined(tensors[at:at + len(layout)]))
            at += len(layout)
        return rows


@contextmanager
def _without_routines() -> Generator[None]:
    """Without oneDNN's routines for whole layers."""
    before, torch.backends.mkldnn.enabled = torch.backends.mkldnn.enabled, False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


def _repeated(left: Callable[..., Tensor], body: Callable[..., Tensors], held: Tensors) -> Tensors:
    """Repeat `body` while there is something left: in the compiled function, if this is being compiled."""
    if torch.compiler.is_exporting():
        from torch._higher_order_ops.while_loop import while_loop

        return while_loop(left, body, held)
    while left(*held):
        held = body(*held)
    return held
