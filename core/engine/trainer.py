"""Trainer: an experiment, one step after the other, telling what happened. It prints and stores nothing.

What is recorded and validated is a function of the step alone; the clock decides only when it is told.
"""

import math
from collections.abc import Callable, Generator
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from core.engine import device as devices
from core.engine.beginning import Batch, Order, initial, pictures, shuffle, tried
from core.engine.course import Course
from core.engine.data import Split, split
from core.engine.device import Pins
from core.engine.evaluate import encoded, scores
from core.engine.live import Live
from core.engine.memory import give, remembered
from core.engine.rhythm import Recorder, due
from core.engine.safety import LastFinite
from core.engine.stepper import Stepper
from core.engine.verdict import Verdict
from core.events import (
    Changed,
    Diverged,
    Event,
    Finished,
    Started,
    StepsRecorded,
    Stopped,
    Validated,
    WeightEdited,
)
from core.experiment.changing import course
from core.experiment.check import check, steps_per_epoch, total_steps
from core.experiment.model import Experiment, read, write
from core.problems import Problem, Problems

if TYPE_CHECKING:
    from core.engine.turbo import Turbo

class Trainer:
    """One execution of an experiment. Not pulling `advance` is a pause; `stop` ends it early.

    Order of events: `start()` gives Started and the validation at step 0; then StepsRecorded and Validated
    with steps that never go back; exactly one of Finished, Diverged, Stopped, after which it is `over`.
    """

    def __init__(self, experiment: Experiment, data: Split | None = None, pins: Pins | None = None) -> None:
        """Make data (unless it is given) and network. Raises Problems when the experiment has any.

        pins: where a run trained so far that is to go on there; otherwise they are chosen.
        """
        check(experiment)
        self.experiment = experiment
        training = experiment.training
        made = cache(lambda device: data or split(experiment.data, device))
        self.pins = pins or self._chosen(made)
        torch.set_num_threads(self.pins.threads)
        self.split: Split = made(self.pins.device)
        self.network = initial(experiment).to(self.pins.device)
        self._inputs, self._targets = self._train_tensors(experiment)
        self.course = Course(steps_per_epoch(experiment, len(self._inputs)))
        self.batch_size = experiment.training.batch_size
        self.seconds, self.over = 0.0, False
        self.stepper = Stepper(experiment, self.network, self._targets, self.pins.precision, self.pins.layout)
        self._live = Live(self)
        self._order: Order | None = None
        self._recorder = Recorder()
        self._finite = LastFinite(self.network)
        self.verdict = Verdict(self.network, training)
        self.turbo: Turbo | None = None

    def _chosen(self, made: Callable[[str], Split]) -> Pins:
        """What is fastest for its very steps. made: gives the data on a device."""
        asked = self.experiment
        return devices.choose(asked.training, lambda pins: tried(asked, pins, made(pins.device)),
                              pictures=pictures(asked), steps=total_steps(asked))

    def start(self) -> list[Event]:
        """What was chosen, and the network's scores before any training."""
        training = self.experiment.training
        started = Started(
            parameters=sum(parameter.numel() for parameter in self.network.parameters()),
            device=self.pins.device, device_name=devices.device_name(self.pins.device),
            threads=self.pins.threads, precision=self.pins.precision, layout=self.pins.layout,
            epochs=training.epochs, steps_per_epoch=self.course.steps_per_epoch,
            data_hash=self.split.data_hash,
            samples={name: len(rows) for name, rows in self.split.rows.items()},
            torch_version=torch.__version__)
        return [started, self._validated()]

    def advance(self, steps: int, seconds: float) -> list[Event]:
        """Take at most `steps` steps, at least one, until `seconds` have passed; what happened meanwhile."""
        assert not self.over, "a run that is over takes no steps"
        began = perf_counter()
        events: list[Event] = []
        first = self.step
        last = first + steps
        while self.step == first or (self.step < last and perf_counter() - began < seconds):
            self._take_steps(last - self.step)
            if self.course.ended:
                events += self.end_epoch(began)
                if self.over:
                    return events
        events += self.tell(began)
        self.seconds += 0.0 if self.over else perf_counter() - began
        return events

    def change(self, setting: str, value: Any) -> Changed:
        """Change a setting; it holds from the next step on. Raises Problems when it cannot be changed so.

        Another batch size or loss begins the epoch under way anew.
        """
        self._live.change(setting, value)
        return Changed(step=self.step, setting=setting, value=value)

    def edit_weight(self, node: str, parameter: str, index: tuple[int, ...], value: float) -> WeightEdited:
        """Set one weight; it holds from the next step on. Raises Problems when there is no such weight."""
        self._live.edit_weight(node, parameter, index, value)
        return WeightEdited(step=self.step, node=node, parameter=parameter, index=index, value=value)

    def stop(self, why: str = "") -> list[Event]:
        """End now: what is not yet told, then Stopped with the scores on the test split.

        why: the limit that was reached; empty when a person asked for it.
        """
        events = self.tell(perf_counter())
        if not self.over and self._finite.broken():
            events.append(self._diverged(self.step, math.nan))
        if not self.over:
            self.over = True
            kept = self.verdict.leave()
            events.append(Stopped(step=self.step, epoch=self.epoch, seconds=self.seconds,
                                  test=self._scores("test"), kept=kept, why=why))
        return events

    def state(self) -> dict[str, Any]:
        """Everything needed to go on from here exactly; tensors as they are, without copies."""
        return {"step": self.step, "epoch": self.epoch, "seconds": self.seconds,
                "epoch_began": self.course.began,
                "experiment": write(self.experiment), "network": self.network.tensors(),
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "recorder": self._recorder.state(), "finite": self._finite.state(), **self.verdict.state(),
                "turbo": self.turbo.key if self.turbo else "",
                "random": devices.random_state(self.pins.device)}

    def restore(self, state: dict[str, Any]) -> None:
        """Stand where a trainer of the same experiment stood when it told this state."""
        self._live.become(read(state["experiment"]))
        with torch.no_grad():
            for name, tensor in self.network.tensors().items():
                tensor.copy_(state["network"][name])
        for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        self._stand(state, state["epoch_began"])
        self._recorder.restore(state["recorder"])
        self._finite.take(state["finite"])
        self.verdict.restore(state)

    def go_on(self, state: dict[str, Any], *, same_course: bool) -> None:
        """Count on from where another trainer stood, whose weights this one has.

        same_course: the same samples in the same batches towards the same loss, so that an epoch under way
        goes on and losses before it count; otherwise the epoch begins anew.
        """
        self._stand(state, state["epoch_began"] if same_course else state["step"])
        if same_course:
            self._recorder.restore(state["recorder"])
        self.verdict.go_on(state, same_course=same_course)
        for _ in range(2):
            self._finite.keep(self.step)

    def _stand(self, state: dict[str, Any], epoch_began: int) -> None:
        self.course.stand(state["step"], state["epoch"], epoch_began)
        self.seconds = state["seconds"]
        self._order = self._shuffled()
        devices.set_random_state(self.pins.device, state["random"])

    def judged(self) -> dict[str, float | None]:
        """The validation scores of the network as it stands now, told but not recorded; None is no number."""
        return {name: value if math.isfinite(value) else None
                for name, value in self._scores("validation").items()}

    def adopt(self, experiment: Experiment) -> None:
        """Go on with an experiment of the same data and layers, whatever else is another. Raises Problems."""
        before, training = self.experiment, experiment.training
        if training.epochs is not None and training.epochs <= self.epoch:
            raise Problems(Problem(where="training.epochs", what=f"{self.epoch} epochs are done already.",
                                   fix=f"Set more than {self.epoch}, or press Stop."))
        anew = course(before) != course(experiment)
        if anew:
            self._inputs, self._targets = self._train_tensors(experiment)
        memory = remembered(self.optimizers, self.network)
        for node in experiment.network.nodes:
            self.network.block(node.id).requires_grad_(not node.frozen)
        self.stepper = Stepper(experiment, self.network, self._targets, self.pins.precision, self.pins.layout)
        give(self.optimizers, self.network, memory, whole=training.optimizer.closure)
        self.verdict.adopt(training, anew=anew)
        self.experiment, self.batch_size, self.turbo = experiment, training.batch_size, None
        if anew:
            self._begin_course(experiment)

    def _begin_course(self, experiment: Experiment) -> None:
        """Other batches, or another loss: the epoch begins anew, and what was best before is forgotten."""
        self.course.steps_per_epoch = steps_per_epoch(experiment, len(self._inputs))
        self.course.stand(self.step, self.epoch, self.step)
        self._order = self._shuffled()

    def rechoose(self) -> tuple[Pins, float]:
        """Where it would train fastest as the machine is now, and how many times as fast; see `better`."""
        random = devices.random_state(self.pins.device)
        found = devices.better(self.pins, lambda pins: tried(self.experiment, pins, self.split))
        devices.set_random_state(self.pins.device, random)
        return found

    def pin(self, threads: int) -> None:
        """Go on with so many threads; steps compiled for another number are used no more."""
        self.pins, self.turbo = self.pins._replace(threads=threads), None
        torch.set_num_threads(threads)

    def use(self, experiment: Experiment) -> None:
        """Go on with an experiment that differs in live settings only."""
        self.stepper.use(experiment)
        self.experiment = experiment

    @property
    def step(self) -> int:
        """How many updates were made."""
        return self.course.step

    @property
    def epoch(self) -> int:
        """How many passes over the train split are finished."""
        return self.course.epoch

    @property
    def total_steps(self) -> int | None:
        """The step after which the run ends; None when it has no end."""
        return self.course.total(self.experiment.training.epochs)

    @property
    def optimizers(self) -> list[torch.optim.Optimizer]:
        """The torch optimizers at work."""
        return self.stepper.optimizers

    @property
    def rate(self) -> float:
        """The learning rate of the step to come."""
        return self.stepper.rate(self.course.scheduled, self.verdict.losses)

    def coming_rates(self, most: int) -> list[float]:
        """The learning rates of the steps to come in this epoch, of so many at most."""
        count = min(most, self.course.steps_per_epoch - self.course.place)
        return self.stepper.rates(self.course.scheduled, count, self.verdict.losses)

    @property
    def training_set(self) -> Batch:
        """Inputs and targets of the train split, as the loss reads them."""
        return self._inputs, self._targets

    def share(self, other: "Trainer") -> None:
        """Hold the training set that another trainer of the same data and loss holds, instead of a copy."""
        self._inputs, self._targets = other.training_set

    def coming(self) -> tuple[Batch, Tensor]:
        """The batch of the step to come, and which rows of the data set it holds."""
        order = shuffle(len(self._inputs), self.experiment.training.seed, self.epoch + 1)
        order = order[self.course.place * self.batch_size:][:self.batch_size]
        there = order.to(self._inputs.device)
        return (self._inputs[there], self._targets[there]), self.split.rows["train"].cpu()[order]

    def _take_steps(self, most: int) -> None:
        """Take one step, or at once as many as were compiled together."""
        place = self.course.place
        if place == 0 or self._order is None:
            self.begin_epoch()
            self._order = self._shuffled()
        joined = self.turbo.room(place, most) if self.turbo else 0
        if self.turbo and joined > 0:
            rates = self.stepper.rates(self.course.scheduled, joined, self.verdict.losses)
            self._recorder.add(self.turbo.take(self._order, place, rates))
            self.course.step += joined
            return
        inputs, targets = self._order.batches[place]
        self.took(self.stepper.step(self.course.scheduled, inputs, targets, self.verdict.losses))

    def begin_epoch(self) -> None:
        """Remember the weights an epoch begins with, to go back to if they break."""
        self._finite.keep(self.step)

    def follow(self) -> None:
        """Find the network's tensors anew, after others were put in their place that hold the same."""
        self._finite.follow(self.network)
        self.verdict.follow()

    def took(self, loss: Tensor) -> None:
        """Take note of a step that was taken; loss: the mean of its batch before the update."""
        self.counted()
        self.hear(loss)

    def counted(self) -> None:
        """Count a step that was taken; its loss is told later."""
        self.course.step += 1
        self.verdict.took()

    def hear(self, losses: Tensor) -> None:
        """Take note of the loss of a step, or of several in order, that were counted: () or (steps,)"""
        self._recorder.add(losses)

    def _shuffled(self) -> Order:
        """This epoch's samples in their order: a permutation drawn from the seed and the epoch alone."""
        order = shuffle(len(self._inputs), self.experiment.training.seed, self.epoch + 1)
        order = order.to(self._inputs.device)
        inputs, targets = self._inputs.index_select(0, order), self._targets.index_select(0, order)
        return Order(inputs, targets, self.batch_size)

    def end_epoch(self, began: float) -> list[Event]:
        """What is told at the end of an epoch; began: when (by `perf_counter`) its last steps began."""
        events = self.tell(began)
        if self.over:
            return events
        self.course.end_epoch()
        last = self.epoch == self.experiment.training.epochs
        if last and self._finite.broken():
            self.seconds += perf_counter() - began
            return [*events, self._diverged(self.step, math.nan)]
        if last or due(self.epoch):
            events.append(self.verdict.judge(self._validated))
        waited = self.verdict.waited(self.epoch)
        if last or waited:
            self.over = True
            self.seconds += perf_counter() - began
            kept = self.verdict.leave()
            events.append(Finished(step=self.step, epoch=self.epoch, seconds=self.seconds,
                                   test=self._scores("test"), waited=None if last else waited, kept=kept))
        return events

    def tell(self, began: float) -> list[Event]:
        """What the steps since the last call recorded; a loss that is not finite ends the run."""
        told = self._recorder.take(self.step)
        events: list[Event] = [StepsRecorded(steps=told.steps, losses=told.losses)] if told.steps else []
        if told.broken is None:
            return events
        self.seconds += perf_counter() - began
        return [*events, self._diverged(told.broken.step, told.broken.loss)]

    def _diverged(self, step: int, loss: float) -> Diverged:
        """End because of what `step` showed, with the last finite weights put back."""
        self.over = True
        return Diverged(step=step, epoch=self.course.epoch_of(step), seconds=self.seconds,
                        loss=loss, finite_step=self._finite.restore())

    def _validated(self) -> Validated:
        return Validated(step=self.step, epoch=self.epoch, learning_rate=self.rate,
                         scores=self._scores("validation"))

    def _scores(self, name: str) -> dict[str, float]:
        loss = self.experiment.training.loss.for_task(self.split.task)
        return scores(self.network, self.split, name, self.stepper.loss_of, loss.one_hot)

    def _train_tensors(self, experiment: Experiment) -> Batch:
        inputs, targets = self.split.part("train")
        loss = experiment.training.loss.for_task(self.split.task)
        return inputs, encoded(targets, self.split, loss.one_hot)


def train(experiment: Experiment) -> Generator[Event, None, None]:
    """Run the whole experiment, event by event. Closing it early is a stop without a word."""
    trainer = Trainer(experiment)
    yield from trainer.start()
    while not trainer.over:
        yield from trainer.advance(1_000_000, 0.1)
