"""Protects branching: from a moment of a run on, exactly when nothing is changed, sensibly when much is."""

from typing import Any

import pytest
import torch

from core.catalog.optimizers import OPTIMIZERS
from core.engine.branch import Carried, take_over
from core.engine.packing import pack, unpack
from core.engine.trainer import Trainer
from core.events import Finished, Validated
from core.experiment.model import Experiment
from core.problems import Problems
from tests.engine.runs import history, pulled, same, weights
from tests.engine.test_checkpoint import bits, rich, to_end

AT = 4  # inside the second epoch of three steps


def moment(experiment: Experiment, at: int = AT) -> dict[str, Any]:
    """What a checkpoint after this step holds."""
    trainer = Trainer(experiment)
    trainer.start()
    trainer.advance(at, 60.0)
    tensors, structure = pack(trainer.state())
    return unpack({name: tensor.clone() for name, tensor in tensors.items()}, structure)


def branched(experiment: Experiment, state: dict[str, Any]) -> tuple[Trainer, Carried]:
    trainer = Trainer(experiment)
    torch.manual_seed(99)
    return trainer, take_over(trainer, state)


@pytest.mark.parametrize("rule", OPTIMIZERS, ids=lambda rule: rule.name())
def test_with_nothing_changed_it_is_the_run_it_came_from(rule):
    experiment = rich(optimizer={"kind": rule.name()})
    trainer, carried = branched(experiment, moment(experiment))
    assert carried == ((), True, True)
    told = history(to_end(trainer))
    whole = history(pulled(experiment))
    assert told == [one for one in whole if one in told]
    assert len(told) > 10
    ended = Trainer(experiment)
    to_end(ended)
    assert bits(trainer)[0].items() >= {name: held for name, held in bits(ended)[0].items()
                                        if not name.startswith("finite")}.items()


def test_another_rate_changes_the_course_and_nothing_before_it():
    experiment = rich(optimizer={"kind": "adam", "learning_rate": 0.01})
    other = rich(optimizer={"kind": "adam", "learning_rate": 0.03})
    trainer, carried = branched(other, moment(experiment))
    assert carried.memory
    assert trainer.rate == 0.03
    assert to_end(trainer)[-1].step == 18


def test_another_batch_size_begins_the_epoch_anew_and_keeps_the_number_of_epochs():
    experiment = rich(schedule={"kind": "one_cycle"})
    trainer, carried = branched(rich(batch_size=10, schedule={"kind": "one_cycle"}), moment(experiment))
    assert not carried.same_course
    assert (trainer.step, trainer.epoch, trainer.course.place) == (AT, 1, 0)
    assert trainer.total_steps == AT + 5 * trainer.course.steps_per_epoch
    told = to_end(trainer)
    assert isinstance(told[-1], Finished)
    assert (told[-1].step, told[-1].epoch) == (trainer.total_steps, 6)
    assert [event.epoch for event in told if isinstance(event, Validated)] == [2, 3, 4, 5, 6]


def test_layers_that_fit_keep_what_they_learned_and_others_begin_anew():
    experiment = rich()
    state = moment(experiment)
    wider = experiment.model_copy(update={"network": experiment.network.model_copy(update={"nodes": tuple(
        node.model_copy(update={"layer": node.layer.model_copy(update={"units": 9})})
        if node.layer.kind == "linear" and node.layer.units == 5 else node
        for node in experiment.network.nodes)})})
    trainer, carried = branched(wider, state)
    first = experiment.network.nodes[0].id
    assert first not in carried.fresh
    assert len(carried.fresh) == 2, "the wider layer and the one that reads it"
    held = weights(trainer.network)
    assert all(torch.equal(held[name], tensor) for name, tensor in state["network"].items()
               if name.startswith(f"{first}."))
    assert isinstance(to_end(trainer)[-1], Finished)


def test_another_rule_starts_without_memory_and_says_so():
    trainer, carried = branched(rich(optimizer={"kind": "sgd"}), moment(rich(optimizer={"kind": "adam"})))
    assert not carried.memory
    assert isinstance(to_end(trainer)[-1], Finished)


def test_a_finished_run_trains_on_with_more_epochs_and_is_refused_without():
    experiment, more = rich(), rich(epochs=8)
    state = moment(experiment, 18)
    with pytest.raises(Problems, match=r"All 6 epochs are done.*more than 6"):
        branched(experiment, state)
    whole = Trainer(more)
    to_end(whole)
    trainer, _ = branched(more, state)
    assert to_end(trainer)[-1].step == 24
    assert same(weights(trainer.network), weights(whole.network)), "a constant rate does not know the end"
