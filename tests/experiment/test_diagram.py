"""Protects the drawing: plain JSON, one box per node, every edge between boxes, live settings that exist."""

import json
import random
from typing import Any

import pytest

from benchmarks.edits import first
from core.catalog.layers import LAYERS
from core.experiment.diagram import drawing, live_settings, summary
from core.experiment.edits import apply
from core.experiment.model import Experiment, read, write
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
    read = sum(len(box["inputs"]) for box in drawn["boxes"])
    assert len(drawn["edges"]) == read >= len(boxes) - 1, "a wire for everything that is read"
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


def residuals(count: int, **block: str) -> Experiment:
    """So many residual blocks of three nodes each, on a picture."""
    nodes: list[dict[str, Any]] = [{"id": "first", "layer": {"kind": "conv2d"}}]
    for number in range(count):
        last = nodes[-1]["id"]
        nodes += [{"id": f"conv{number}", "layer": {"kind": "conv2d"}, "inputs": [last], **block},
                  {"id": f"bend{number}", "layer": {"kind": "relu"}, **block},
                  {"id": f"join{number}", "layer": {"kind": "add"}, "inputs": [f"bend{number}", last],
                   **block}]
    nodes += [{"id": "flat", "layer": {"kind": "flatten"}}, {"id": "out", "layer": {"kind": "output"}}]
    return read({"data": {"kind": "digits"}, "network": {"nodes": nodes}})


def test_skips_run_beside_a_straight_main_line_and_cross_nothing():
    drawn = drawing(residuals(32))
    assert {box["row"] for box in drawn["boxes"]} == {0}
    assert [box["column"] for box in drawn["boxes"]] == list(range(len(drawn["boxes"])))
    skips = [edge for edge in drawn["edges"] if edge["via"]]
    assert len(skips) == 32
    assert all(row == 1 for edge in skips for _, row in edge["via"])
    assert (drawn["columns"], drawn["rows"]) == (100, 2)


def test_wires_that_need_not_cross_do_not():
    chosen = [{"id": "a", "layer": {"kind": "linear"}, "inputs": ["input"]},
              {"id": "b", "layer": {"kind": "linear"}, "inputs": ["input"]},
              {"id": "b2", "layer": {"kind": "relu"}, "inputs": ["b"]},
              {"id": "a2", "layer": {"kind": "relu"}, "inputs": ["a"]},
              {"id": "join", "layer": {"kind": "add"}, "inputs": ["a2", "b2"]},
              {"id": "out", "layer": {"kind": "output"}}]
    rows = {box["id"]: box["row"] for box in drawing(read({"network": {"nodes": chosen}}))["boxes"]}
    assert (rows["a"] < rows["b"]) == (rows["a2"] < rows["b2"])


def test_nothing_lies_on_anything_else_in_random_networks():
    rng, led = random.Random(5), 0
    for _ in range(200):
        experiment = first(rng)
        drawn = drawing(experiment)
        assert drawn == drawing(read(write(experiment))), "the same network lies the same way"
        cells = [(box["column"], box["row"]) for box in drawn["boxes"]]
        vias = {(edge["from"], edge["to"]): edge["via"] for edge in drawn["edges"]}
        cells += [tuple(cell) for via in vias.values() for cell in via]
        assert len(cells) == len(set(cells))
        places = {box["id"]: box["column"] for box in drawn["boxes"]}
        for (source, target), via in vias.items():
            assert places[source] < places[target]
            assert [column for column, _ in via] == list(range(places[source] + 1, places[target]))
            led += bool(via)
    assert led > 50


def test_a_folded_block_is_one_box_with_the_costs_of_all_its_copies():
    experiment = apply(residuals(1, group="step"), {"kind": "repeat", "name": "step", "times": 6})
    whole, folded = drawing(experiment), drawing(experiment, ["step"])
    (box,) = [box for box in folded["boxes"] if box["id"] == "#step"]
    inside = [box for box in whole["boxes"] if box["block"] == "step"]
    assert (box["times"], len(box["nodes"]), box["alike"]) == (6, 18, True)
    assert [box["id"] for box in folded["boxes"]] == ["input", "first", "#step", "flat", "out"]
    for figure in ("parameters", "flops", "memory"):
        assert box[figure] == sum(part[figure] for part in inside) > 0
    assert folded["totals"] == whole["totals"]
    assert [(edge["from"], edge["to"]) for edge in folded["edges"]] == [
        ("input", "first"), ("first", "#step"), ("first", "#step"), ("#step", "flat"), ("flat", "out")]
    assert [box["column"] for box in folded["boxes"]] == [0, 1, 2, 3, 4]
    other = apply(experiment, {"kind": "set", "path": "network.conv0.kernel", "value": 5})
    assert not drawing(other)["blocks"][0]["alike"]


def test_a_block_that_is_no_longer_one_piece_says_why_and_is_not_folded():
    experiment = apply(residuals(1, group="step"), {"kind": "wire", "source": "bend0", "target": "flat"})
    broken = apply(experiment, {"kind": "insert", "after": "bend0", "before": "flat", "layer": "relu"})
    broken = apply(broken, {"kind": "insert", "after": "join0", "layer": "relu"})
    (block,) = drawing(broken, ["step"])["blocks"]
    assert "read in one place" in block["why"]
    assert not block["folded"]


@pytest.mark.parametrize("name", names())
def test_shares_of_memory_and_operations_add_up(name):
    drawn = drawing(template(name).experiment)
    totals = drawn["totals"]
    assert totals["complete"]
    assert totals["flops"] == sum(box["flops"] for box in drawn["boxes"]) > 0
    held = totals["memory"]
    assert held["total"] == sum(value for name, value in held.items() if name != "total")
    assert sum(box["memory"] for box in drawn["boxes"]) == held["total"] - held["data"]
    assert 0 < sum(box["memory_share"] for box in drawn["boxes"]) <= 1
    assert drawn["pace"]["estimated"]
    assert drawn["pace"]["seconds_per_epoch"] > 0


def test_the_course_of_the_rate_is_the_schedules_over_the_whole_run():
    asked = draft("linear", optimizer={"kind": "adam", "learning_rate": 0.02}, epochs=20,
                  schedule={"kind": "one_cycle"})
    rates = drawing(asked)["rates"]
    assert len(rates) == 45
    assert rates[0] == pytest.approx(0.02 / 25)
    assert max(rates) == pytest.approx(0.02, rel=0.02)
    assert rates[-1] < 0.001
    endless = asked.model_copy(update={"training": asked.training.model_copy(update={"epochs": None})})
    assert drawing(endless)["rates"] == []
