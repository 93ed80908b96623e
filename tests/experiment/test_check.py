"""Protects the walk: shapes and counts are torch's, and a problem is told where it lies, with the way out."""

from time import perf_counter

import pytest
import torch

from core.catalog.datasets import DATASETS
from core.catalog.layers import LAYERS
from core.engine.build import network
from core.experiment.check import INPUT, MOST, check, steps_per_epoch, total_steps, walk
from core.experiment.model import read
from core.experiment.templates import names, template
from core.problems import Problems
from tests.catalog.corners import all_corners, said
from tests.experiment.drafts import draft

RELU = {"kind": "relu"}
OUTPUT = {"id": "out", "layer": {"kind": "output"}}


def told(experiment) -> list[tuple[str, str]]:
    found = walk(experiment).problems
    for problem in found:
        assert problem.what.endswith(".")
        assert problem.fix.endswith((".", "?"))
    return [(problem.where, f"{problem.what} {problem.fix}") for problem in found]


@pytest.mark.parametrize("name", names())
def test_shapes_and_counts_of_a_network_are_torchs(name):
    experiment = template(name).experiment
    walked = check(experiment)
    net = network(experiment)
    assert sum(walked.parameters.values()) == sum(parameter.numel() for parameter in net.parameters())
    shape = experiment.data.shape
    kind = torch.int64 if shape.dtype == "integer" else torch.float32
    traces = dict(net.eval().traces(torch.zeros(2, *shape.sizes, dtype=kind)))
    assert {id: tuple(trace.output.shape[1:]) for id, trace in traces.items()} == {
        id: walked.shapes[id].sizes for id in traces}
    assert set(traces) == {"input", *walked.layers}


@pytest.mark.parametrize("data", all_corners(DATASETS), ids=said)
def test_every_data_set_can_be_learned_by_the_smallest_network_or_says_why_not(data):
    told(read({"data": data.model_dump(mode="json")}))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda entry: entry.name())
@pytest.mark.parametrize("data", ["moons", "digits"])
def test_a_layer_is_accepted_or_refused_with_the_way_out(layer, data):
    found = told(draft(layer.name(), data=data))
    assert len(found) <= 2
    assert all(where in ("hidden1", "out") for where, _ in found)


def test_nodes_after_a_problem_are_not_blamed():
    found = told(draft("linear", "max_pool2d", "linear", "relu"))
    assert [where for where, _ in found] == ["hidden2"]


@pytest.mark.parametrize(("nodes", "where", "words"), [
    ([], INPUT, "Add an Output layer"),
    ([{"id": "a", "layer": RELU}], "a", "no output layer at its end"),
    ([OUTPUT, {"id": "a", "layer": RELU}], "out", "stands before the end"),
    ([{"id": "a", "layer": RELU, "inputs": ["b"]}, {"id": "b", "layer": RELU}, OUTPUT], "a", "in a circle"),
    ([{"id": "a", "layer": RELU, "inputs": ["a"]}, OUTPUT], "a", "in a circle"),
    ([{"id": "hidden", "layer": RELU}, {**OUTPUT, "inputs": ["hiden"]}], "out", "Did you mean 'hidden'?"),
    ([{"id": "a", "layer": RELU}, {**OUTPUT, "inputs": ["input"]}], "a", "No other layer reads it"),
    ([{**OUTPUT, "inputs": ["input", "input"]}], "out", "Remove an input"),
])
def test_a_network_that_cannot_be_built_says_so_at_the_node(nodes, where, words):
    found = told(read({"network": {"nodes": nodes}}))
    assert any(place == where and words in text for place, text in found), found
    with pytest.raises(Problems):
        check(read({"network": {"nodes": nodes}}))


@pytest.mark.parametrize(("raw", "where", "words"), [
    ({"data": {"kind": "moons", "validation_fraction": 0.5, "test_fraction": 0.5}}, "data.test_fraction",
     "100 %"),
    ({"data": {"kind": "spiral", "arms": 5, "samples": 20}}, "data", "4 samples, too few for 5 classes"),
    ({"training": {"loss": {"kind": "l1"}}}, "training.loss", "not for classification"),
    ({"data": {"kind": "plane"}, "training": {"loss": {"kind": "cross_entropy"}}}, "training.loss",
     "for regression"),
    ({"training": {"schedule": {"kind": "cosine"}, "epochs": None}}, "training.schedule", "Set epochs"),
])
def test_what_training_cannot_do_is_refused(raw, where, words):
    found = told(read(raw))
    assert any(place == where and words in text for place, text in found), found


@pytest.mark.parametrize("layer", ["batch_norm1d", {"kind": "linear"}])
def test_a_layer_that_needs_a_batch_is_refused_one_sample_at_a_time(layer):
    found = told(draft(layer, batch_size=1))
    assert [where for where, _ in found] == (["hidden1"] if isinstance(layer, str) else [])
    assert told(draft(layer, batch_size=2)) == []


def test_what_would_fill_the_memory_is_refused_at_the_heaviest_layer():
    wide = {"kind": "conv2d", "filters": 256, "kernel": 1, "padding": 5}
    found = told(draft(*[wide] * 6, "flatten", "linear", data="digits", batch_size=8192))
    assert len(found) == 1
    assert found[0][0].startswith("hidden")
    assert "GiB" in found[0][1]


@pytest.mark.parametrize("inputs", [["nobody"], [], ["n3"], ["n9999"]])
def test_ten_thousand_nodes_are_walked_in_no_time(inputs):
    nodes = [{"id": f"n{place}", "layer": RELU, "inputs": inputs} for place in range(9_999)]
    experiment = read({"network": {"nodes": [*nodes, OUTPUT]}})
    began = perf_counter()
    found = told(experiment)
    assert perf_counter() - began < 2
    assert len(found) <= MOST


@pytest.mark.parametrize(("batch_size", "steps"),
                         [(1, 300), (32, 10), (299, 1), (300, 1), (301, 1), (8192, 1)])
def test_a_last_batch_of_one_sample_is_left_out(batch_size, steps):
    experiment = draft(data={"kind": "moons", "samples": 500}, batch_size=batch_size, epochs=3)
    assert experiment.data.sizes().train == 300
    assert steps_per_epoch(experiment) == steps
    assert total_steps(experiment) == 3 * steps


def test_a_run_without_an_end_has_no_number_of_steps():
    assert total_steps(draft(epochs=None)) is None
