"""Protects edits: what is asked is done or refused as a problem, and nothing else changes."""

import itertools

import pytest

from core.catalog.layers import LAYERS
from core.experiment.check import walk
from core.experiment.edits import EDITS, apply
from core.experiment.model import Experiment, read, write
from core.experiment.templates import names, template
from core.problems import Problem, Problems
from tests.experiment.drafts import draft

SMALL = draft("linear", "linear", "relu")
EXPLICIT = read({"network": {"nodes": [
    {"id": "a", "layer": {"kind": "linear"}, "inputs": ["input"]},
    {"id": "b", "layer": {"kind": "relu"}, "inputs": ["a"]},
    {"id": "c", "layer": {"kind": "linear"}}, {"id": "out", "layer": {"kind": "output"}, "inputs": ["c"]}]}})


def ids(experiment: Experiment) -> list[str]:
    return [node.id for node in experiment.network.nodes]


def flow(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    return walk(experiment).inputs


@pytest.mark.parametrize("experiment", [SMALL, EXPLICIT], ids=["implicit", "explicit"])
@pytest.mark.parametrize("layer", [entry.name() for entry in LAYERS])
def test_insert_then_remove_is_the_identity(experiment, layer):
    for after in ["input", *ids(experiment)]:
        grown = apply(experiment, {"kind": "insert", "after": after, "layer": layer})
        (new,) = set(ids(grown)) - set(ids(experiment))
        assert flow(grown)[new][0] == after
        assert len(flow(grown)[new]) == max(grown.network.node(new).layer.arity[0], 1)
        assert len(set(ids(grown))) == len(ids(experiment)) + 1
        assert apply(grown, {"kind": "remove", "nodes": [new]}) == experiment


@pytest.mark.parametrize("experiment", [SMALL, EXPLICIT], ids=["implicit", "explicit"])
def test_duplicate_then_remove_is_the_identity(experiment):
    for node in ids(experiment)[:-1]:
        grown = apply(experiment, {"kind": "duplicate", "node": node})
        (new,) = set(ids(grown)) - set(ids(experiment))
        assert flow(grown)[new] == (node,)
        assert grown.network.node(new).layer == experiment.network.node(node).layer
        assert walk(grown).problems == []
        assert apply(grown, {"kind": "remove", "nodes": [new]}) == experiment


@pytest.mark.parametrize("experiment", [SMALL, EXPLICIT], ids=["implicit", "explicit"])
def test_a_chain_stays_a_chain_wherever_a_node_is_moved(experiment):
    hidden = ids(experiment)[:-1]
    for node, after in itertools.product(hidden, ["input", *hidden]):
        moved = apply(experiment, {"kind": "move", "node": node, "after": after})
        assert sorted(ids(moved)) == sorted(ids(experiment))
        before = ["input", *ids(moved)]
        assert flow(moved) == {id: (before[place],) for place, id in enumerate(ids(moved))}
        if node != after:
            assert flow(moved)[node] == (after,)
        assert walk(moved).problems == []


@pytest.mark.parametrize("experiment", [SMALL, EXPLICIT], ids=["implicit", "explicit"])
def test_what_read_a_removed_node_reads_what_it_read(experiment):
    hidden = ids(experiment)[:-1]
    for count in range(1, len(hidden) + 1):
        for gone in itertools.combinations(hidden, count):
            left = apply(experiment, {"kind": "remove", "nodes": list(gone)})
            assert ids(left) == [id for id in ids(experiment) if id not in gone]
            assert walk(left).problems == []


@pytest.mark.parametrize("name", names())
def test_every_value_can_be_set_to_what_it_is(name):
    experiment = template(name).experiment
    raw = write(experiment)
    for path, entry in [("data", raw["data"]), *((f"training.{part}", raw["training"][part]) for part in (
            "loss", "optimizer", "schedule", "regularization")),
                        ("training", {"batch_size": 32} and raw["training"])]:
        for key, value in entry.items():
            assert apply(experiment, {"kind": "set", "path": f"{path}.{key}", "value": value}) == experiment
    for node in raw["network"]["nodes"]:
        for key, value in node["layer"].items():
            edit = {"kind": "set", "path": f"network.{node['id']}.{key}", "value": value}
            assert apply(experiment, edit) == experiment


def test_set_changes_that_value_alone():
    after = apply(SMALL, {"kind": "set", "path": "network.hidden1.units", "value": 3})
    assert after.network.node("hidden1").layer.units == 3  # type: ignore[attr-defined]
    assert apply(after, {"kind": "set", "path": "network.hidden1.units", "value": 16}) == SMALL


def test_choosing_keeps_settings_of_the_same_name_but_not_what_is_a_rule_s_own():
    noisy = apply(SMALL, {"kind": "set", "path": "data.noise", "value": 0.3})
    assert apply(noisy, {"kind": "choose", "path": "data",
                         "entry": "circle"}).data.noise == 0.3  # type: ignore[attr-defined]
    fast = apply(SMALL, {"kind": "set", "path": "training.optimizer.learning_rate", "value": 5.0})
    assert apply(fast, {"kind": "choose", "path": "training.optimizer",
                        "entry": "sgd"}).training.optimizer.learning_rate < 1
    adam = apply(SMALL, {"kind": "choose", "path": "training.optimizer", "entry": "adam"}).training.optimizer
    assert SMALL.training.optimizer.weight_decay == 0.01  # type: ignore[attr-defined]
    assert adam.weight_decay == 0  # type: ignore[attr-defined]


def test_setting_a_kind_is_choosing_that_entry():
    for path, entry in (("training.optimizer", "sgd"), ("data", "circle"), ("network.hidden1", "relu")):
        chosen = apply(SMALL, {"kind": "choose", "path": path, "entry": entry})
        assert apply(SMALL, {"kind": "set", "path": f"{path}.kind", "value": entry}) == chosen
    with pytest.raises(Problems, match="no kind"):
        apply(SMALL, {"kind": "set", "path": "training.optimizer.kind", "value": "adm"})


def test_the_same_kind_again_changes_nothing():
    fast = apply(SMALL, {"kind": "set", "path": "training.optimizer.learning_rate", "value": 5.0})
    kind = fast.training.optimizer.kind
    assert apply(fast, {"kind": "set", "path": "training.optimizer.kind", "value": kind}) == fast


@pytest.mark.parametrize("entry", [entry.name() for entry in LAYERS])
def test_every_layer_can_be_chosen_in_place_of_another(entry):
    assert apply(SMALL, {"kind": "choose", "path": "network.hidden2", "entry": entry}).network.node(
        "hidden2").layer.kind == entry


STRANGE = [5, None, [], {}, True, 1.5, "", "nobody", "network", "network.nobody", "training", "data.kind.x",
           ["input"],
           [5], "." * 100, "x" * 10_000, "\ud800", {"kind": "set"}]


def outcome(edit: object) -> tuple[Problem, ...]:
    """Why an edit is refused; nothing when it is done."""
    try:
        assert isinstance(apply(SMALL, edit), Experiment)
    except Problems as refused:
        return refused.problems
    return ()


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.model_fields["kind"].default)
def test_an_edit_with_anything_in_it_is_done_or_refused_as_a_problem(edit):
    fields = [name for name in edit.model_fields if name != "kind"]
    good = {"after": "hidden1", "layer": "relu", "nodes": ["hidden1"], "node": "hidden1",
            "path": "training.optimizer",
            "entry": "sgd", "value": {"kind": "sgd"}, "before": "hidden2", "settings": {}, "source": "input",
            "target": "hidden2", "instead": "hidden1", "name": "block", "times": 2, "frozen": True,
            "edits": []}
    refused = 0
    for field, strange in itertools.product(fields, STRANGE):
        asked = {"kind": edit.model_fields["kind"].default, **{name: good[name] for name in fields},
                 field: strange}
        told = outcome(asked)
        refused += bool(told)
        assert all(problem.where and problem.fix and len(str(problem)) < 1000 for problem in told)
    assert refused > len(STRANGE) / 2


@pytest.mark.parametrize("edit", [5, None, [], "set", {}, {"kind": None}, {"kind": "paint"}, {"kind": []},
                                  {"kind": "set"},
                                  {"kind": "set", "path": "name"}, {"kind": "remove", "nodes": None},
                                  {"kind": "remove", "nodes": "hidden1"},
                                  {"kind": "insert", "after": "hidden1"},
                                  {"kind": "move", "node": "hidden1", "after": "nobody"},
                                  {"kind": "duplicate", "node": "hidden1", "more": 1}], ids=str)
def test_what_is_no_edit_is_refused(edit):
    with pytest.raises(Problems) as refused:
        apply(SMALL, edit)
    assert refused.value.problems[0].fix


def test_a_refused_value_is_told_by_the_path_it_was_set_at():
    for path, value in [("network.hidden1.units", 0), ("data.noise", "x"), ("training.batch_size", None),
                        ("training.optimizer.learning_rate", 11), ("name", "")]:
        with pytest.raises(Problems) as refused:
            apply(SMALL, {"kind": "set", "path": path, "value": value})
        assert [problem.where for problem in refused.value.problems] == [path]
