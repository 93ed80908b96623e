"""Protects slow motion: the step told in stages is the very step of the run, and its numbers add up."""

import json

import numpy as np
import pytest

from core.engine.slow import FIRST, slowly
from core.engine.trainer import Trainer
from core.events import Diverged, StepsRecorded
from core.experiment.templates import template
from tests.engine.runs import same, weights
from tests.experiment.drafts import draft

FAMILIES = ("two-spirals", "digits-cnn", "digits-vit", "names-lstm", "dates", "denoiser", "mackey-glass")
NOISY = draft({"kind": "linear", "units": 8}, "batch_norm1d", "relu", {"kind": "dropout", "rate": 0.5},
              data={"kind": "moons", "samples": 120}, batch_size=20, epochs=2,
              regularization={"kind": "l2", "strength": 0.01}, clip=0.01)
IN_PARTS = draft({"kind": "linear", "units": 8}, "relu", data={"kind": "moons", "samples": 120},
                 batch_size=20, epochs=2, parts=3)
OWN = {"noisy": NOISY, "in parts": IN_PARTS}


def begun(experiment, steps=2):
    trainer = Trainer(experiment)
    trainer.start()
    trainer.advance(steps, 60.0)
    return trainer


def ready(name, layout="plain"):
    if name in OWN:
        return OWN[name]
    experiment = template(name).experiment
    here = experiment.training.model_copy(update={"device": "cpu", "threads": 1, "layout": layout})
    return experiment.model_copy(update={"training": here})


@pytest.mark.parametrize("name", [*OWN, *FAMILIES])
def test_a_step_in_slow_motion_is_the_step_the_run_takes_anyway(name):
    plain = begun(ready(name), 4)
    expected = weights(plain.network)
    slow = begun(ready(name))
    for _ in range(2):
        events, told = slowly(slow)
    assert same(weights(slow.network), expected)
    assert slow.step == told["step"] == 4
    recorded = [event for event in events if isinstance(event, StepsRecorded)]
    assert told["loss"]["value"] == pytest.approx(recorded[-1].losses[-1], rel=1e-4)
    whole(told, slow)


def test_slow_motion_tells_of_a_step_whose_pictures_lie_channels_last():
    asked = ready("digits-cnn", "channels_last")
    plain, slow = begun(asked, 3), begun(asked)
    events, told = slowly(slow)
    assert same(weights(slow.network), weights(plain.network))
    (recorded,) = [event for event in events if isinstance(event, StepsRecorded)]
    assert told["loss"]["value"] == pytest.approx(recorded.losses[-1], rel=1e-6)


def whole(told, trainer):
    """Every layer is told with its output, and every parameter with its gradient."""
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert [layer["id"] for layer in told["layers"]] == list(trainer.network.ids)
    names = [f"{layer['id']}.{one['name']}" for layer in told["layers"] for one in layer["parameters"]]
    assert sorted(names) == sorted(trainer.network.learned())
    for layer in told["layers"]:
        assert layer["least"] <= layer["mean"] <= layer["most"]
        for one in layer["parameters"]:
            assert one["gradient"] is not None
            assert one["moved"] >= 0


def test_the_numbers_of_a_neuron_add_up_and_the_update_is_rate_times_gradient():
    trainer = begun(draft({"kind": "linear", "units": 4}, "tanh", data={"kind": "moons", "samples": 90},
                          optimizer={"kind": "sgd", "learning_rate": 0.5}))
    _, told = slowly(trainer)
    for layer in (told["layers"][0], told["layers"][2]):
        neuron = layer["neuron"]
        assert neuron["others"] == 0
        found = np.dot(neuron["inputs"], neuron["weights"]) + neuron["bias"]
        assert neuron["sum"] == pytest.approx(found, abs=1e-6)
        for one in layer["parameters"]:
            moved = one["one"]["before"] - told["update"]["rate"] * one["one"]["gradient"]
            assert one["one"]["after"] == pytest.approx(moved, abs=1e-6)
            assert one["moved"] == pytest.approx(0.5 * one["gradient"], rel=1e-4)
    assert told["layers"][1]["first"] == pytest.approx(np.tanh(told["layers"][0]["first"]), abs=1e-6)


def test_the_rows_told_are_those_the_step_learns_from():
    trainer = begun(draft("linear", data={"kind": "moons", "samples": 90}, batch_size=16), 6)
    (inputs, targets), rows = trainer.coming()
    assert (inputs == trainer.split.inputs[rows]).all()
    assert (targets.numpy() == trainer.split.samples.targets[rows.numpy()]).all()
    _, told = slowly(trainer)
    assert told["batch"] == {"samples": len(rows), "rows": rows[:FIRST].tolist(), "parts": 1}


def test_a_frozen_layer_has_no_gradient_and_does_not_move():
    experiment = draft({"kind": "linear", "units": 4}, "relu", data={"kind": "moons", "samples": 90})
    first, *others = experiment.network.nodes
    nodes = (first.model_copy(update={"frozen": True}), *others)
    frozen = experiment.model_copy(update={"network": experiment.network.model_copy(update={"nodes": nodes})})
    _, told = slowly(begun(frozen))
    assert [(one["gradient"], one["moved"]) for one in told["layers"][0]["parameters"]] == [(None, 0)] * 2


def test_a_step_that_breaks_the_weights_is_told_without_its_numbers():
    trainer = begun(draft("linear", data={"kind": "plane", "samples": 90},
                          optimizer={"kind": "sgd", "learning_rate": 10.0}), 1)
    for tensor in trainer.network.learned().values():
        tensor.data.fill_(1e30)
    events, told = slowly(trainer)
    assert told["loss"]["value"] is None
    assert isinstance(events[-1], Diverged)
    assert json.dumps(told, allow_nan=False)
