"""Several steps of training as one compiled function: what it reads, how it is made, what it is known by."""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.engine import turbo_rules
from core.engine.beginning import Batch, initial
from core.engine.build import Net
from core.engine.data import Split, split
from core.engine.evaluate import encoded
from core.engine.stepper import Stepper
from core.engine.turbo_rules import Rule, State
from core.experiment.model import Experiment, write
from core.problems import Problem, Problems

_SMALL = 1024
"""Multiplications of a matrix product that is worked out in place."""
_MOST, _FEWEST = 8, 3
"""Steps in one graph. More gain nothing, and compile longer."""


class Plan:
    """Which tensors the steps of a network read and write, and the numbers they depend on, in order."""

    def __init__(self, experiment: Experiment, net: Net, optimizers: list[torch.optim.Optimizer]) -> None:
        """Raises Problems when the steps of this optimizer cannot be compiled."""
        training = experiment.training
        if training.clip is not None or training.parts > 1 or training.average is not None:
            raise refused("Turbo cannot clip gradients, work a batch off in parts, or average weights.")
        self.optimizers, self._net = optimizers, net
        self.rules = [_rule(optimizer) for optimizer in optimizers]
        self.penalty = experiment.training.regularization.penalty()
        self.names = [name for name, _ in net.named_parameters()] + [name for name, _ in net.named_buffers()]
        self.learned = [(parameter, place) for place, optimizer in enumerate(optimizers)
                        for parameter in optimizer.param_groups[0]["params"]]

    def tensors(self) -> list[Tensor]:
        """The network's tensors, then every learned parameter's state: all that a step changes."""
        held = [*self._net.parameters(), *self._net.buffers()]
        return [tensor.detach() for tensor in held] + [
            self.optimizers[place].state[parameter][name]
            for parameter, place in self.learned for name in self.rules[place].state]

    def counters(self, name: str) -> list[Tensor]:
        """The single numbers torch's optimizers keep beside: `step`, `mu_product`."""
        return [state[name] for optimizer in self.optimizers for state in optimizer.state.values()
                if name in state]

    def knobs(self, place: int, step: int, rate: float, product: float) -> tuple[float, ...]:
        """The numbers optimizer `place` needs for its step `step` at this learning rate."""
        return self.rules[place].knobs({**self.optimizers[place].param_groups[0], "lr": rate}, step, product)

    def widths(self) -> list[int]:
        """How many numbers a step reads for each optimizer; one more is the penalty's strength."""
        return [len(self.knobs(place, 1, 0.1, 0.5)) for place in range(len(self.rules))]


def size(experiment: Experiment, samples: int) -> int:
    """How many steps to join: what leaves the fewest whole batches of an epoch over."""
    whole = max(samples // experiment.training.batch_size, 1)
    fits = range(min(_FEWEST, whole), min(_MOST, whole) + 1)
    return min(fits, key=lambda count: (whole % count, -count))


def key(experiment: Experiment, plan: Plan, data: Split, threads: int) -> str:
    """A name for the compiled steps: equal when the very same code would be made."""
    asked = write(experiment)
    fixed = {"network": asked["network"], "loss": asked["training"]["loss"], "threads": threads,
             "batch": experiment.training.batch_size, "steps": size(experiment, len(data.rows["train"])),
             "rules": [type(optimizer).__name__ for optimizer in plan.optimizers],
             "flags": [turbo_rules.flags(optimizer.param_groups[0]) for optimizer in plan.optimizers],
             "penalty": plan.penalty and plan.penalty[0], "task": data.task.model_dump(mode="json"),
             "given": [(list(one.shape[1:]), str(one.dtype)) for one in (data.inputs, data.targets)],
             "torch": torch.__version__, "machine": platform.platform(), "code": _code(),
             "processor": torch.backends.cpu.get_cpu_capability()}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:32]


def build(experiment: Experiment, threads: int, path: Path) -> None:
    """Compile the steps of an experiment into the file `path`. Takes many seconds.

    Raises Problems when this optimizer or network cannot be, and whatever torch raises when it cannot.
    """
    import torch._inductor
    from torch._inductor import config
    from torch.fx.experimental.proxy_tensor import make_fx

    torch.set_num_threads(threads)
    stepper, batches = begun(experiment, split(experiment.data))
    plan = Plan(experiment, stepper.net, stepper.optimizers)
    given = [*plan.tensors(), *(batch[0] for batch in batches), *(batch[1] for batch in batches),
             torch.full((len(batches), sum(plan.widths()) + 1), 0.5)]
    # Random numbers come from torch's own generator, so that dropout draws what it would have drawn.
    options = {"fallback_random": True, "cpp.threads": threads}
    traced = make_fx(steps(plan, stepper, len(batches)), decomposition_table=small_products())(*given)
    program = torch.export.export(traced, tuple(given), strict=False)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, config.patch(options):
        made = Path(folder) / "steps.pt2"
        torch._inductor.aoti_compile_and_package(program, package_path=str(made))
        os.replace(made, path)


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


def begun(experiment: Experiment, data: Split) -> tuple[Stepper, list[Batch]]:
    """A stepper on a fresh copy of the network that has taken one step, and the batches of one graph."""
    inputs, targets = data.part("train")
    targets = encoded(targets, data, experiment.training.loss.for_task(data.task).one_hot)
    batch, count = experiment.training.batch_size, size(experiment, len(inputs))
    batches = list(zip(inputs.split(batch), targets.split(batch), strict=True))[:count]
    stepper = Stepper(experiment, initial(experiment), targets)
    stepper.step(1, *batches[0], [])
    return stepper, batches


class _Plain(nn.Module):
    """The network without our faster functions: the compiler does better with torch's own."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return [trace.output for _, trace in self.net.traces(x)][-1]


def steps(plan: Plan, stepper: Stepper, count: int) -> Callable[..., Tensor]:
    """The function to compile: (*tensors, *inputs, *targets, knobs) -> losses. It changes the tensors."""
    plain, names, learned = _Plain(stepper.net), plan.names, plan.learned
    places = {id(parameter): place for place, parameter in enumerate(stepper.net.parameters())}
    widths = plan.widths()

    def taken(*given: Tensor) -> Tensor:
        *tensors, knobs = given
        tensors, batches = tensors[:-2 * count], tensors[-2 * count:]
        now = [tensor.clone() for tensor in tensors]
        losses: list[Tensor] = []
        for number in range(count):
            numbers = knobs[number].split([*widths, 1])
            wanted = [now[places[id(parameter)]].detach().requires_grad_() for parameter, _ in learned]
            for (parameter, _), tensor in zip(learned, wanted, strict=True):
                now[places[id(parameter)]] = tensor
            named = {f"net.{name}": now[at] for at, name in enumerate(names)}
            loss = stepper.loss_of(torch.func.functional_call(plain, named, (batches[number],)),
                                   batches[count + number])
            losses.append(loss.detach())
            slopes = torch.autograd.grad(_priced(loss, plan, now[:len(places)], numbers[-1]), wanted,
                                         allow_unused=True)
            _update(plan, now, wanted, slopes, numbers, places)
        for tensor, new in zip(tensors, now, strict=True):
            tensor.copy_(new)
        return torch.stack(losses)

    return taken


def _priced(loss: Tensor, plan: Plan, parameters: list[Tensor], strength: Tensor) -> Tensor:
    if plan.penalty is None:
        return loss
    power, weights = plan.penalty[0], [tensor for tensor in parameters if tensor.ndim > 1]
    sizes = [weight.abs().sum() if power == 1 else weight.square().sum() / 2 for weight in weights]
    return loss + strength[0] * torch.stack(sizes).sum()


def _update(plan: Plan, now: list[Tensor], wanted: list[Tensor], slopes: tuple[Tensor | None, ...],
            numbers: tuple[Tensor, ...], places: dict[int, int]) -> None:
    at = len(plan.names)
    for (parameter, place), weight, slope in zip(plan.learned, wanted, slopes, strict=True):
        if slope is None:
            raise refused("Some of its weights have no say in the loss.")
        rule = plan.rules[place]
        state: State = {name: now[at + number] for number, name in enumerate(rule.state)}
        now[places[id(parameter)]] = rule.update(
            plan.optimizers[place].param_groups[0], weight.detach(), slope, state, numbers[place])
        now[at:at + len(rule.state)] = [state[name] for name in rule.state]
        at += len(rule.state)


def _rule(optimizer: torch.optim.Optimizer) -> Rule:
    found = turbo_rules.rule(optimizer)
    if found is None:
        raise refused(f"Its optimizer, {type(optimizer).__name__}, goes its own way through a step.")
    return found


def refused(what: str) -> Problems:
    """Why steps are not compiled, or not used."""
    return Problems(Problem(where="training.turbo", what=what, fix="It trains on as before."))


@cache
def _code() -> str:
    """A word for the code that decides what is compiled."""
    folder = Path(__file__).parent
    code = hashlib.sha256()
    for path in sorted([*folder.glob("turbo*.py"), folder / "build.py", *(folder / "modules").glob("*.py")]):
        code.update(path.read_bytes())
    return code.hexdigest()
