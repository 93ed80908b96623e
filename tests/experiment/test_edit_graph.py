"""Protects edits of the graph: wires, copies, blocks; and that the rest means what it did."""

import pytest

from benchmarks import edits as random_edits
from core.experiment import edits
from core.experiment.check import walk
from core.experiment.edits import apply
from core.experiment.model import Experiment, read, write
from core.problems import Problems
from tests.experiment.drafts import draft

CHAIN = draft({"kind": "linear", "units": 8}, {"kind": "linear", "units": 8}, "relu")
SKIP = read({"data": {"kind": "moons"}, "network": {"nodes": [
    {"id": "a", "layer": {"kind": "linear", "units": 8}},
    {"id": "b", "layer": {"kind": "linear", "units": 8}},
    {"id": "join", "layer": {"kind": "add"}, "inputs": ["b", "a"]},
    {"id": "out", "layer": {"kind": "output"}}]}})


def flow(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    return walk(experiment).inputs


def made(experiment: Experiment, *asked: dict) -> Experiment:
    for edit in asked:
        experiment = apply(experiment, edit)
    return experiment


def refusal(experiment: Experiment, edit: dict) -> str:
    with pytest.raises(Problems) as refused:
        apply(experiment, edit)
    return str(refused.value)


def test_a_layer_put_after_another_is_read_by_all_its_readers():
    grown = apply(SKIP, {"kind": "insert", "after": "a", "layer": "relu"})
    assert flow(grown) == {"a": ("input",), "relu_1": ("a",), "b": ("relu_1",), "join": ("b", "relu_1"),
                           "out": ("join",)}


def test_a_layer_put_into_a_wire_is_read_by_that_wire_alone():
    grown = apply(SKIP, {"kind": "insert", "after": "a", "before": "join", "layer": "relu"})
    assert flow(grown) == {"a": ("input",), "relu_1": ("a",), "b": ("a",), "join": ("b", "relu_1"),
                           "out": ("join",)}
    assert "does not read" in refusal(SKIP, {"kind": "insert", "after": "a", "before": "out",
                                              "layer": "relu"})


def test_a_merge_put_into_a_wire_becomes_a_skip_around_what_fits():
    grown = apply(CHAIN, {"kind": "insert", "after": "hidden2", "layer": "add"})
    assert flow(grown)["add_1"] == ("hidden2", "hidden1")
    assert walk(grown).problems == []
    assert flow(apply(CHAIN, {"kind": "insert", "after": "input", "layer": "add"}))["add_1"] == (
        "input", "input")


def test_a_layer_is_put_in_with_its_settings():
    grown = apply(CHAIN, {"kind": "insert", "after": "hidden1", "layer": "linear", "settings": {"units": 5}})
    assert grown.network.node("linear_1").layer.units == 5  # type: ignore[attr-defined]
    assert "linear_1.units" in refusal(CHAIN, {"kind": "insert", "after": "hidden1", "layer": "linear",
                                               "settings": {"units": 0}})


def test_a_wire_to_a_layer_of_one_input_takes_the_place_of_the_old_one():
    wired = apply(CHAIN, {"kind": "wire", "source": "input", "target": "hidden3"})
    assert flow(wired)["hidden3"] == ("input",)


def test_a_wire_to_a_merge_is_one_input_more_or_one_instead():
    more = apply(SKIP, {"kind": "wire", "source": "input", "target": "join"})
    assert flow(more)["join"] == ("b", "a", "input")
    other = apply(SKIP, {"kind": "wire", "source": "input", "target": "join", "instead": "b"})
    assert flow(other)["join"] == ("input", "a")
    assert apply(more, {"kind": "unwire", "source": "input", "target": "join"}) == SKIP


def test_a_wire_from_a_later_layer_moves_the_reader_behind_it():
    branch = made(SKIP, {"kind": "wire", "source": "input", "target": "b"},
                  {"kind": "wire", "source": "b", "target": "a"})
    assert flow(branch) == {"b": ("input",), "a": ("b",), "join": ("b", "a"), "out": ("join",)}
    assert list(flow(branch)) == ["b", "a", "join", "out"]


@pytest.mark.parametrize(("source", "target", "words"), [
    ("hidden3", "hidden1", "in a circle"), ("hidden1", "hidden1", "in a circle"),
    ("out", "hidden1", "end of the network"), ("nobody", "hidden1", "nothing called 'nobody'"),
    ("input.nothing", "hidden1", "nothing called 'input.nothing'"), ("input", "nobody", "no layer called")])
def test_a_wire_that_cannot_be_is_refused_in_one_sentence(source, target, words):
    assert words in refusal(CHAIN, {"kind": "wire", "source": source, "target": target})


def test_the_only_input_of_a_layer_cannot_be_taken():
    assert "needs something to read" in refusal(CHAIN, {"kind": "unwire", "source": "input",
                                                        "target": "hidden1"})


def test_a_merge_left_with_one_input_goes_with_what_it_joined():
    assert flow(apply(SKIP, {"kind": "remove", "nodes": ["b"]})) == {"a": ("input",), "out": ("a",)}


def test_pasted_layers_keep_their_wires_and_read_where_they_are_put():
    nodes = [{**node, "inputs": list(flow(SKIP)[node["id"]])} for node in write(SKIP)["network"]["nodes"][1:]]
    pasted = apply(CHAIN, {"kind": "paste", "nodes": nodes, "after": "hidden1"})
    assert flow(pasted) == {"hidden1": ("input",), "linear_1": ("hidden1",), "add_1": ("linear_1", "hidden1"),
                            "hidden2": ("add_1",), "hidden3": ("hidden2",), "out": ("hidden3",)}
    assert walk(pasted).problems == []


def test_a_duplicated_residual_follows_the_first():
    twice = apply(SKIP, {"kind": "duplicate", "nodes": ["b", "join"]})
    assert flow(twice)["linear_1"] == ("join",)
    assert flow(twice)["add_1"] == ("linear_1", "join")
    assert flow(twice)["out"] == ("add_1",)
    assert walk(twice).problems == []


def test_a_block_is_repeated_and_brought_back():
    block = made(SKIP, {"kind": "group", "nodes": ["b", "join"], "name": "step"})
    six = apply(block, {"kind": "repeat", "name": "step", "times": 6})
    assert len(six.network.nodes) == 2 + 6 * 2
    assert [node.group for node in six.network.nodes[1:5]] == ["step#1", "step#1", "step#2", "step#2"]
    assert walk(six).problems == []
    assert apply(six, {"kind": "repeat", "name": "step", "times": 1}) == block
    assert apply(six, {"kind": "repeat", "name": "step", "times": 3}) == apply(
        block, {"kind": "repeat", "name": "step", "times": 3})
    assert not any(node.group for node in apply(six, {"kind": "ungroup", "name": "step"}).network.nodes)


@pytest.mark.parametrize(("nodes", "words"), [
    (["a", "b"], "read in one place"), (["join", "out"], "output layer"), (["a", "join"], "lies between"),
    (["join"], "reads from one place"), ([], "No layers are chosen"), (["nobody"], "no layer called")])
def test_what_is_no_block_is_refused_and_told_why(nodes, words):
    assert words in refusal(SKIP, {"kind": "group", "nodes": nodes, "name": "step"})


@pytest.mark.parametrize("times", [0, 49, -1])
def test_a_block_is_repeated_1_to_48_times(times):
    block = apply(SKIP, {"kind": "group", "nodes": ["b", "join"], "name": "step"})
    assert "1 to 48" in refusal(block, {"kind": "repeat", "name": "step", "times": times})


def test_frozen_layers_keep_their_weights_until_they_are_freed():
    cold = apply(SKIP, {"kind": "freeze", "nodes": ["a", "b"], "frozen": True})
    assert [node.frozen for node in cold.network.nodes] == [True, True, False, False]
    assert apply(cold, {"kind": "freeze", "nodes": ["a", "b"], "frozen": False}) == SKIP


def test_several_edits_are_done_together_or_not_at_all():
    freeze = {"kind": "freeze", "nodes": ["a"], "frozen": True}
    both = apply(SKIP, {"kind": "several", "edits": [freeze, {"kind": "remove", "nodes": ["b"]}]})
    assert flow(both) == {"a": ("input",), "out": ("a",)}
    assert "nobody" in refusal(SKIP, {"kind": "several", "edits": [freeze, {"kind": "remove",
                                                                            "nodes": ["nobody"]}]})


def test_random_edits_break_nothing_and_are_undone_exactly():
    told = random_edits.tried(1000, seed=3)
    assert not told.crashes, told.crashes[0]
    assert not told.invalid, told.invalid[0]
    assert not told.lost, told.lost[0]
    assert min(told.done[kind] for kind in ("insert", "remove", "move", "wire", "unwire", "paste", "group",
                                            "repeat", "freeze", "duplicate")) >= 5
    assert told.undone > 100
    assert told.redone > 5


def test_an_edit_that_forgot_a_reader_would_be_found(monkeypatch):
    from core.experiment.editing import nodes

    def careless(graph, id, **_):
        graph.nodes.pop(graph.place(id))

    monkeypatch.setattr(nodes, "take", careless)
    assert random_edits.tried(200, seed=3).invalid
    assert edits.EDITS
