"""Protects the drawing: plain JSON, one box per node, every edge between boxes, live settings that exist."""

import json

import pytest

from core.catalog.layers import LAYERS
from core.experiment.diagram import drawing, live_settings, summary
from core.experiment.edits import apply
from core.experiment.model import read
from core.experiment.templates import names, template
from tests.catalog.corners import all_corners, said
from tests.experiment.drafts import draft


@pytest.mark.parametrize("name", names())
def test_a_drawing_is_json_with_a_box_per_node(name):
    experiment = template(name).experiment
    drawn = json.loads(json.dumps(drawing(experiment), allow_nan=False))
    boxes = {box["id"]: box for box in drawn["boxes"]}
    assert list(boxes) == ["input", *(node.id for node in experiment.network.nodes)]
    assert all(edge["from"] in boxes and edge["to"] in boxes for edge in drawn["edges"])
    assert len(drawn["edges"]) == len(boxes) - 1
    assert drawn["parameters"] == sum(box["parameters"] for box in drawn["boxes"])
    assert drawn["ready"]
    assert not drawn["problems"]
    assert all(box["shape"] and box["shape_named"] and box["problem"] is None for box in drawn["boxes"])
    places = [(box["column"], box["row"]) for box in drawn["boxes"]]
    assert len(places) == len(set(places)), "no box lies on another"


def test_a_problem_is_written_at_its_box():
    drawn = drawing(draft("linear", "max_pool2d", "linear"))
    assert not drawn["ready"]
    assert [box["id"] for box in drawn["boxes"] if box["problem"]] == ["hidden2"]
    assert [box["shape"] != "" for box in drawn["boxes"]] == [True, True, False, False, False]


@pytest.mark.parametrize("nodes", [[], [{"id": "a", "layer": {"kind": "relu"}, "inputs": ["b"]}],
                                   [{"id": "a", "layer": {"kind": "relu"}, "inputs": ["a", "a"]}]])
def test_a_broken_network_is_still_drawn(nodes):
    drawn = drawing(read({"network": {"nodes": nodes}}))
    ids = {box["id"] for box in drawn["boxes"]}
    assert not drawn["ready"]
    assert all(edge["from"] in ids and edge["to"] in ids for edge in drawn["edges"])
    assert json.dumps(drawn, allow_nan=False)


@pytest.mark.parametrize("name", names())
def test_every_live_setting_can_be_set_at_its_ends(name):
    experiment = template(name).experiment
    for path, setting, value in live_settings(experiment):
        assert setting.low <= value <= setting.high
        for end in (setting.low, setting.high):
            moved = apply(experiment, {"kind": "set", "path": path, "value": end})
            assert {at: held for at, _, held in live_settings(moved)}[path] == end


def test_the_learning_rate_can_always_be_moved():
    assert "training.optimizer.learning_rate" in [path for path, _, _ in live_settings(draft())]


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_a_summary_is_short_and_in_words(layer):
    text = summary(layer)
    assert len(text) <= 60
    assert "None" not in text
    assert "(" not in text
    assert not text.startswith("1 ") or not text.split(" · ")[0].endswith("s")


@pytest.mark.parametrize(("layer", "words"), [
    ({"kind": "linear", "units": 32}, "32 neurons · ReLU"),
    ({"kind": "linear", "units": 1, "activation": "none"}, "1 neuron · no activation"),
    ({"kind": "conv2d", "kernel": 5}, "8 filters · kernel 5 · ReLU"),
    ({"kind": "max_pool2d"}, "kernel 2"),
    ({"kind": "dropout"}, "rate 0.2"),
    ({"kind": "relu"}, ""),
])
def test_a_summary_tells_what_matters(layer, words):
    assert summary(draft(layer).network.nodes[0].layer) == words
