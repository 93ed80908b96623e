"""What was changed while the run trained beside moved numbers: what holds now, and a function per change."""

from collections.abc import Iterator
from typing import Any

from core.catalog.base import Recipe
from core.experiment.carry import Carrier
from core.experiment.model import Experiment
from core.experiment.replay import Stage
from core.experiment.written import averaging
from core.experiment.written.fill import fill
from core.experiment.written.network import Names
from core.experiment.written.rules import Makers
from core.experiment.written.steered import Steered, differing, encodes, facts, frozen, remakes
from core.experiment.written.training import asked


class Restaging:
    """Writes the changes of a run as functions that are called after their step."""

    def __init__(self, steered: Steered, names: Names, makers: Makers, carrier: Carrier) -> None:
        self._steered, self._names, self._makers, self._carrier = steered, names, makers, carrier
        self._called: dict[int, str] = {}
        """What the function of each stage is called, by the stage's identity."""

    def texts(self) -> list[str]:
        """The object `now`, and the functions that change it."""
        changes = [self._function(stage) for stage in self._steered.stages]
        now = fill(_NOW, fields=[f"{name}={value}," for name, value in self._fields()])
        return [*averaging.texts(self._steered), now, *changes]

    def called(self, stage: Stage) -> str:
        """The name of a stage's function."""
        return self._called[id(stage)]

    def _fields(self) -> Iterator[tuple[str, str]]:
        """What holds at first of all that varies or may be moved, as expressions."""
        first, varied = facts(self._steered.experiment), {*self._steered.varied, "learning_rate"} - _DONE
        priced = self._steered.ever(lambda training: training.regularization.penalty())
        varied = varied | {"penalty"} if priced else varied - {"penalty"}
        given = {"batch_size", "epochs", "learning_rate", *asked(self._steered)}
        given |= {"penalty"} if first["penalty"] is not None else set()
        for name in first:
            if name in varied:
                yield name, name.upper() if name in given else self._expression(name, first[name])
        if self._steered.anew:
            yield "anew", "False"

    def _function(self, stage: Stage) -> str:
        number = 1 + sum(before.step == stage.step for before in self._steered.stages[:len(self._called)])
        name = f"after_{stage.step}" + (f"_{number}" if number > 1 else "")
        self._called[id(stage)] = name
        return fill(_CHANGE, name=name, said=stage.said, lines=list(self._lines(stage)))

    def _lines(self, stage: Stage) -> Iterator[str]:
        new, names = facts(stage.after), differing(stage)
        yield from (f"now.{name} = {self._expression(name, new[name])}" for name in names if name not in _DONE
                    and not (name == "penalty" and new[name] is None))
        yield from self._following(stage, names)
        if remakes(stage):
            yield f"remake(optimizers, {self._makers.name(stage.after)}(net))"
        if stage.anew:
            yield "now.anew = True  # the epoch under way begins anew"

    def _following(self, stage: Stage, names: list[str]) -> Iterator[str]:
        """What follows for the objects that train."""
        loss, task = stage.after.training.loss, stage.after.data.task
        if "average" in names and stage.before.training.average is None:
            yield "now.mean, now.averaged = real_numbers(net), 0"
        if "loss" in names and loss.for_task(task).weighed:
            yield f'now.loss.weigh(data["train"][1], {len(task.classes)})'
        before = frozen(stage.before)
        yield from (f"net.{self._names.node(id)}.requires_grad_({not held})"
                    for id, held in frozen(stage.after).items() if held != before[id])

    def _expression(self, name: str, value: Any) -> str:
        """What a setting is, as an expression."""
        match name:
            case "loss":
                return self._carrier.call(value)
            case "factor":
                return self._factor(value)
            case "update":
                return str(value)
            case _:
                return repr(value)

    def _factor(self, recipe: Recipe) -> str:
        name = self._carrier.take(recipe.function)
        given = "".join(f", {word}={value!r}" for word, value in recipe.kwargs.items())
        return f"partial({name}{given})" if given else name


def loss_of(experiment: Experiment, steered: Steered, carrier: Carrier) -> str:
    """The loss: a module, or a function that asks which one holds now."""
    task = experiment.data.task
    if "loss" not in steered.varied:
        return f"loss_of = {carrier.call(experiment.training.loss.for_task(task).call())}"
    rows = f"nn.functional.one_hot(targets, {len(task.classes)}).float() if now.one_hot else targets"
    return fill(_LOSS_OF, targets=rows if "one_hot" in steered.varied else "targets")


def encoded(steered: Steered) -> bool:
    """Whether the data holds class numbers as rows of 0 and 1 all through the run."""
    task = steered.experiment.data.task
    return steered.always(lambda training: encodes(training.loss.for_task(task), task))


_DONE = {"rule", "frozen"}
"""What the objects that train hold, so that nobody need ask for it."""

_NOW = '''
# What holds now of the settings that were changed by hand while it trained.
now = SimpleNamespace(
    $fields
)
'''

_CHANGE = '''
def $name(net: Net, optimizers: list[optim.Optimizer], data: dict[str, Part]) -> None:
    """$said"""
    $lines
'''

_LOSS_OF = '''
def loss_of(outputs: Tensor, targets: Tensor) -> Tensor:
    """The loss that is made small now."""
    return now.loss(outputs, $targets)
'''
