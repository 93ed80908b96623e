"""Protects one-click fixes: an edit that a problem carries mends this very problem."""

import pytest

from core.catalog.layers import LAYERS
from core.experiment.check import walk
from core.experiment.edits import apply
from core.experiment.mend import mended
from core.experiment.model import Experiment, read
from core.problems import Problem
from tests.catalog.corners import all_corners, said
from tests.catalog.test_layers import inputs, refusal
from tests.experiment.drafts import draft
from tests.experiment.fitting import BEFORE, FLAT, OUT


def problems(experiment: Experiment, where: str) -> list[Problem]:
    return [problem for problem in walk(experiment).problems if problem.where == where]


def clicked(experiment: Experiment, where: str) -> Experiment:
    """After a click on every fix that is offered at a node: each takes its problem away."""
    for _ in range(5):
        offered = [problem for problem in problems(experiment, where) if problem.edit]
        if not offered:
            return experiment
        after = apply(experiment, offered[0].edit)
        assert offered[0].what not in [left.what for left in problems(after, where)], offered[0]
        experiment = after
    raise AssertionError("the fixes do not come to an end")


def alone(layer, before, data) -> Experiment:
    nodes = [*before, {"id": "made", "layer": layer.model_dump(mode="json")}, FLAT, OUT]
    if layer.arity[0] > 1:
        last = before[-1]["id"] if before else "input"
        nodes[len(before)] |= {"inputs": [last] * layer.arity[0]}
    return read({"data": data or {"kind": "spiral"}, "network": {"nodes": nodes}})


@pytest.mark.parametrize("layer", [layer for layer in all_corners(LAYERS) if layer.group != "output"],
                         ids=said)
def test_every_offered_fix_of_a_layer_mends_it(layer):
    for data, before in BEFORE:
        clicked(alone(layer, before, data), "made")


def test_most_layers_that_refuse_common_data_offer_a_fix():
    made = [alone(layer(kind=layer.name()), before, data) for layer in LAYERS if layer.group != "output"
            for data, before in BEFORE]
    found = [problem for experiment in made for problem in problems(experiment, "made")]
    assert len(found) > 100
    assert sum(problem.edit is not None for problem in found) > 0.5 * len(found)


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_what_is_offered_makes_the_layer_take_the_shape(layer):
    for shapes in inputs(layer):
        refused = refusal(layer, *shapes)
        if refused is None:
            continue
        edit = mended("made", layer, tuple(f"in{place}" for place in range(len(shapes))), shapes,
                      refused.remedies)
        if edit is not None and edit["kind"] == "set":
            name = edit["path"].split(".")[-1]
            assert refusal(layer.model_copy(update={name: edit["value"]}), *shapes) is None
            assert getattr(layer, name) != edit["value"]


@pytest.mark.parametrize(("experiment", "where", "kind"), [
    (draft("linear", data="digits"), "hidden1", "insert"),
    (draft("conv2d", data="digits"), "out", "insert"),
    (draft("lstm", data="digits"), "hidden1", "insert"),
    (draft("conv1d", data="digits"), "hidden1", "paste"),
    (draft("linear", data="modular_addition"), "hidden1", "insert"),
    (draft({"kind": "conv2d", "kernel": 11, "padding": 0}, "flatten", data="digits"), "hidden1", "set"),
    (draft("image_to_sequence", {"kind": "multihead_attention", "heads": 3}, "flatten", data="digits"),
     "hidden2", "set"),
    (draft({"kind": "linear", "units": 64}, {"kind": "unflatten", "height": 5}, "flatten"), "hidden2",
     "several"),
    (draft("batch_norm1d", batch_size=1), "hidden1", "set"),
    (draft("linear", loss={"kind": "mse"}, schedule={"kind": "one_cycle"}, epochs=None),
     "training.schedule", "choose"),
], ids=str)
def test_a_common_slip_is_mended_by_one_click(experiment, where, kind):
    (problem,) = problems(experiment, where)
    assert problem.edit
    assert problem.edit["kind"] == kind
    assert problems(apply(experiment, problem.edit), where) == []


@pytest.mark.parametrize("nodes", [
    [{"id": "a", "layer": {"kind": "relu"}}], [],
    [{"id": "a", "layer": {"kind": "relu"}},
     {"id": "b", "layer": {"kind": "relu"}, "inputs": ["input"]}, OUT],
    [OUT, {"id": "a", "layer": {"kind": "relu"}}],
    [{"id": "a", "layer": {"kind": "add"}, "inputs": ["input"]}, OUT],
    [{"id": "a", "layer": {"kind": "relu"}, "inputs": ["input", "input"]}, OUT],
    [{"id": "a", "layer": {"kind": "linear"}, "frozen": True}, OUT | {"frozen": True}]], ids=str)
def test_a_network_in_pieces_is_whole_after_a_few_clicks(nodes):
    experiment = read({"data": {"kind": "moons"}, "network": {"nodes": nodes}})
    for _ in range(5):
        found = walk(experiment).problems
        if not found:
            return
        assert found[0].edit, found[0]
        experiment = apply(experiment, found[0].edit)
    assert walk(experiment).problems == []


@pytest.mark.parametrize("join", ["add", "multiply"])
def test_channels_are_matched_on_the_other_branch(join):
    experiment = read({"data": {"kind": "digits"}, "network": {"nodes": [
        {"id": "a", "layer": {"kind": "conv2d", "filters": 4}},
        {"id": "b", "layer": {"kind": "conv2d", "filters": 9}},
        {"id": "join", "layer": {"kind": join}, "inputs": ["b", "a"]}, FLAT, OUT]}})
    (problem,) = problems(experiment, "join")
    assert problem.edit == {"kind": "insert", "after": "a", "before": "join", "layer": "conv2d", "settings": {
        "filters": 9, "kernel": 1, "padding": 0, "activation": "none"}}
    assert walk(apply(experiment, problem.edit)).problems == []
