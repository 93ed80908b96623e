"""What was done to a run by hand, and what its script therefore calls the run's settings."""

from collections.abc import Callable
from typing import Any

from core.catalog.base import Loss, Recipe, Task
from core.experiment.check import steps_per_epoch, total_steps
from core.experiment.model import Experiment, Training
from core.experiment.replay import History, Move, Stage

NUMBERS = ("batch_size", "epochs", "clip", "parts", "average", "patience", "margin", "keep")
"""Settings that a script reads as they are."""


class Steered:
    """A run's experiment with the changes made to it: which settings vary, and their names in the script."""

    def __init__(self, experiment: Experiment, done: list[Move | Stage], history: History) -> None:
        """history: what the run told of itself; what it does not say is as the experiment asks."""
        self.experiment, self.stopped, training = experiment, history.stopped, experiment.training
        self.mixed = (history.precision or training.precision) == "bfloat16"
        """Whether the network is computed in bfloat16 on the way forward and back."""
        asked = history.layout or training.layout
        self._lies_last = asked == "channels_last" and len(experiment.data.shape.axes) == 3
        self.done = [one for one in done if isinstance(one, Move) or one.anew or differing(one)]
        self.stages = [one for one in self.done if isinstance(one, Stage)]
        self.varied = {name for stage in self.stages for name in differing(stage)}
        self.anew = any(stage.anew for stage in self.stages)
        """Whether an epoch begins anew."""
        self.remade = [stage for stage in self.stages if remakes(stage)]
        self.freezes = "frozen" in self.varied or (
            True in frozen(experiment).values() and self.ever(lambda training: training.optimizer.closure))
        """Whether optimizers are given no frozen weights. A rule that searches rounds otherwise with them."""

    def name(self, setting: str) -> str:
        """A setting as an expression: its constant, or what holds now where it varies."""
        return f"now.{setting}" if setting in self.varied else setting.upper()

    def now(self, setting: str) -> str:
        """A number that may be moved, as an expression."""
        if self.stages:
            return f"now.{setting}"
        return f'now["{setting}"]' if self.done else setting.upper()

    def answer(self, inputs: str) -> str:
        """What the network puts out in training, as an expression."""
        if self._lies_last:
            inputs = f"{inputs}.to(memory_format=torch.channels_last)"
        return f"mixed(net, {inputs})" if self.mixed else f"net({inputs})"

    def experiments(self) -> list[Experiment]:
        """What the run was one after the other, moved numbers left out."""
        return [self.experiment, *(stage.after for stage in self.stages)]

    def ever(self, holds: Callable[[Training], Any]) -> bool:
        """Whether something holds at any time of the run."""
        return any(holds(one.training) for one in self.experiments())

    def always(self, holds: Callable[[Training], Any]) -> bool:
        """Whether something holds all through the run."""
        return all(holds(one.training) for one in self.experiments())

    def replay(self, step: str) -> list[str]:
        """The line that makes the changes before a step; none where there are none."""
        given = "net, optimizers, data" if self.stages else "net, optimizers"
        return [f"replay({given}, {step})"] if self.done else []

    def stops_after_epoch(self) -> bool:
        """Whether the step it is stopped after is the last of its epoch, which is judged first."""
        began, steps, stopped = 0, steps_per_epoch(self.experiment), self.stopped or 0
        for stage in self.stages:
            if stage.anew and stage.step < stopped:
                began, steps = stage.step, steps_per_epoch(stage.after)
        return stopped > 0 and (stopped - began) % steps == 0

    def forgets_at_last(self) -> bool:
        """Whether the best judgement is forgotten right before the run is stopped."""
        return any(stage.anew and stage.step == self.stopped for stage in self.stages)


def differing(stage: Stage) -> list[str]:
    """The names of what is another after a stage than before it."""
    old, new = facts(stage.before), facts(stage.after)
    return [name for name in old if old[name] != new[name]]


def remakes(stage: Stage) -> bool:
    """Whether the optimizers are made anew."""
    return not {"rule", "frozen"}.isdisjoint(differing(stage))


def facts(experiment: Experiment) -> dict[str, Any]:
    """All of an experiment's training that a script may have to change, by the name it has there."""
    training, task = experiment.training, experiment.data.task
    loss, penalty = training.loss.for_task(task), training.regularization.penalty()
    return {name: getattr(training, name) for name in NUMBERS} | {
        "learning_rate": training.optimizer.learning_rate, "penalty": penalty[1] if penalty else None,
        "loss": loss.call(), "one_hot": encodes(loss, task), "power": penalty[0] if penalty else None,
        "factor": curve(experiment), "update": "search" if training.optimizer.closure else "update",
        "rule": _rule(training), "frozen": frozen(experiment)}


def encodes(loss: Loss, task: Task) -> bool:
    """Whether a loss reads class numbers as rows of 0 and 1."""
    return loss.one_hot and task.kind == "classification"


def curve(experiment: Experiment) -> Recipe:
    """The function that gives the factor of the learning rate."""
    return experiment.training.schedule.curve(steps_per_epoch(experiment), total_steps(experiment))


def frozen(experiment: Experiment) -> dict[str, bool]:
    """Whether each node is frozen."""
    return {node.id: node.frozen for node in experiment.network.nodes}


def _rule(training: Training) -> list[Any]:
    """The optimizers' settings but the rate, which is set before every step."""
    return [(part.parameters, part.call.target, {**part.call.kwargs, "lr": None})
            for part in training.optimizer.parts()]
