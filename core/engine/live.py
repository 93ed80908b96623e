"""Changes made under way: a setting, a weight. What cannot be changed under way is refused."""

from typing import TYPE_CHECKING, Any

import torch

from core.catalog.base import Call
from core.engine.build import resolved
from core.engine.memory import complete
from core.experiment.changing import changed, moves
from core.experiment.check import check
from core.experiment.model import Experiment
from core.problems import Problem, Problems, closest

if TYPE_CHECKING:
    from core.engine.trainer import Trainer


class Live:
    """Carries changes from an experiment into the torch objects that run it."""

    def __init__(self, trainer: "Trainer") -> None:
        self._trainer = trainer

    def change(self, setting: str, value: Any) -> None:
        """Change a setting. Raises Problems naming it, and what it may be."""
        before = self._trainer.experiment
        after = changed(before, setting, value)
        if moves(before, setting):
            self._move(before, after)
        else:
            self._trainer.adopt(after)

    def become(self, after: Experiment) -> None:
        """Go on with an experiment that is what this one becomes by changes."""
        self._move_modules(self._trainer.experiment, after)
        self._trainer.adopt(after)

    def _move(self, before: Experiment, after: Experiment) -> None:
        self._move_optimizers(before, after)
        self._move_modules(before, after)
        self._trainer.use(after)

    def edit_weight(self, node: str, parameter: str, index: tuple[int, ...], value: float) -> None:
        """Set one number of a node's parameter. Raises Problems when there is no such place or number."""
        tensors = self._trainer.network.learned()
        tensor = tensors.get(f"{node}.{parameter}")
        if tensor is None:
            raise Problems(Problem(where=node, what=f"It has no parameter {parameter!r}.",
                                   fix=closest(f"{node}.{parameter}", tensors)))
        inside = [0 <= at < size for at, size in zip(index, tensor.shape, strict=False)]
        if len(index) != tensor.ndim or not all(inside):
            raise Problems(Problem(where=node, what=f"{parameter} is {tuple(tensor.shape)} but was asked for "
                                   f"{tuple(index)}.", fix="Choose a place inside it."))
        if not abs(value) <= torch.finfo(torch.float32).max:
            raise Problems(Problem(where=node, what=f"A weight cannot be {value}.",
                                   fix="Give a finite number."))
        with torch.no_grad():
            tensor[tuple(index)] = value

    def _move_optimizers(self, before: Experiment, after: Experiment) -> None:
        parts = zip(before.training.optimizer.parts(), after.training.optimizer.parts(), strict=True)
        moved = {resolved(new.call): _moved(old.call, new.call) for old, new in parts}
        for optimizer in self._trainer.optimizers:
            changed = {name: value for name, value in moved[type(optimizer)].items() if name != "lr"}
            for group in optimizer.param_groups:
                group.update(changed)
        complete(self._trainer.optimizers)

    def _move_modules(self, before: Experiment, after: Experiment) -> None:
        old, new = check(before), check(after)
        for id in new.layers:
            calls = zip(old.layers[id].calls(*old.shapes_into(id)),
                        new.layers[id].calls(*new.shapes_into(id)), strict=True)
            for (left, right), part in zip(calls, self._trainer.network.block(id), strict=True):
                for name, value in _moved(left, right).items():
                    setattr(part, name, value)


def _moved(old: Call, new: Call) -> dict[str, Any]:
    return {name: value for name, value in new.kwargs.items() if old.kwargs[name] != value}
