"""Protects the experiment file: JSON both ways, old files open, bad ones get clear lines with the way out."""

import json
from pathlib import Path

import pytest

from core.catalog.all import CATALOGUES
from core.experiment import model
from core.experiment.model import Experiment, read, write
from core.experiment.templates import names, template
from core.problems import Problems
from tests.catalog.corners import all_corners, said

OLD = Path(__file__).parents[1] / "old"
NODE = {"id": "out", "layer": {"kind": "output"}}


def problems(raw: object) -> list[tuple[str, str, str]]:
    with pytest.raises(Problems) as refused:
        read(raw)
    found = [(problem.where, problem.what, problem.fix) for problem in refused.value.problems]
    for where, what, fix in found:
        assert where, "a refusal names a node or key"
        assert what.endswith((".", "?"))
        assert fix.endswith((".", "?", "}")) or '"' in fix
        assert len(where) + len(what) + len(fix) < 1000
        assert "Input should" not in what + fix, "in our words, not those of a library"
    assert len(found) <= 20
    return found


@pytest.mark.parametrize("name", names())
def test_json_gives_back_an_equal_experiment(name):
    experiment = template(name).experiment
    assert read(write(experiment)) == experiment
    assert read(json.dumps(write(experiment))) == experiment
    assert read(json.dumps(write(experiment)).encode()) == experiment


PLACES = {"datasets": "data", "losses": "loss", "optimizers": "optimizer", "schedules": "schedule",
          "regularizations": "regularization"}


@pytest.mark.parametrize("catalogue", [*PLACES, "layers"])
def test_every_corner_of_every_entry_survives_a_file(catalogue):
    for corner in all_corners(CATALOGUES[catalogue]):
        entry = corner.model_dump(mode="json")
        raw = {"network": {"nodes": [{"id": "a", "layer": entry}]}} if catalogue == "layers" else (
            {"data": entry} if catalogue == "datasets" else {"training": {PLACES[catalogue]: entry}})
        once = read(raw)
        assert read(write(once)) == once, said(corner)
        assert json.dumps(entry) in json.dumps(write(once)), said(corner)


def test_an_empty_object_is_the_default_experiment():
    assert read({}) == Experiment()


@pytest.mark.parametrize("path", sorted(OLD.glob("*.json")), ids=lambda path: path.stem)
def test_files_of_every_released_version_open(path):
    experiment = read(path.read_bytes())
    assert write(experiment)["schema_version"] == model.NOW
    assert read(write(experiment)) == experiment


def test_old_files_of_every_version_are_kept():
    kept = {json.loads(path.read_text(encoding="utf-8")).get("schema_version", 1)
            for path in OLD.glob("*.json")}
    assert kept == set(range(1, model.NOW + 1))


@pytest.mark.parametrize("raw",
                         ["", "{", "[1, 2", "nonsense", b"\xff\xfe", "[" * 100_000, '{"a":' * 50_000, b"\0"])
def test_what_is_not_json_is_refused(raw):
    ((_, what, fix),) = problems(raw)
    assert "This is not JSON" in what
    assert "template" in fix


@pytest.mark.parametrize("raw", ["[]", "5", "null", '"text"', "true", [], 5, None, "NaN"])
def test_what_is_no_object_is_refused(raw):
    ((_, what, _),) = problems(raw)
    assert "JSON object" in what


def test_half_a_character_is_refused():
    assert problems('{"name": "\\ud800"}') == problems({"name": "\ud800"})


@pytest.mark.parametrize(("version", "word"), [(model.NOW + 1, "Update"), (10**30, "Update"), (0, "Write"),
                                               (-1, "Write"), ("1", "Write"), (True, "Write"), (1.5, "Write"),
                                               (None, "Write"), ([], "Write")])
def test_a_version_that_cannot_be_read_is_refused(version, word):
    ((where, _, fix),) = problems({"schema_version": version})
    assert where == "schema_version"
    assert fix.startswith(word)


@pytest.mark.parametrize(("raw", "where", "what", "fix"), [
    ({"dta": {}}, "dta", "key 'dta' is unknown", "'data'"),
    ({"data": {"kind": "sprial"}}, "data", "no kind 'sprial'", "'spiral'"),
    ({"data": {}}, "data", "does not say its kind", "kind"),
    ({"data": []}, "data", "a list is not an object", "{ }"),
    ({"data": {"kind": None}}, "data", "no kind null", "Use one of"),
    ({"data": {"kind": "spiral", "noize": 1}}, "data.noize", "key 'noize'", "'noise'"),
    ({"data": {"kind": "spiral", "noise": 0.9}}, "data.noise", "0.9 is too large", "0 to 0.5"),
    ({"data": {"kind": "spiral", "noise": "0.1"}}, "data.noise", "'0.1' is not a number", "0 to 0.5"),
    ({"data": {"kind": "spiral", "noise": True}}, "data.noise", "true is not a number", "0 to 0.5"),
    ({"data": {"kind": "spiral", "arms": 2.5}}, "data.arms", "2.5 is not a whole number", "2 to 5"),
    ({"data": {"kind": "spiral", "arms": True}}, "data.arms", "true is not a whole number", "2 to 5"),
    ({"data": {"kind": "spiral", "arms": 10**300}}, "data.arms", "is too large", "2 to 5"),
    ({"data": {"kind": "spiral", "features": []}}, "data.features", "Nothing is chosen", "x1"),
    ({"data": {"kind": "spiral", "features": "x1"}}, "data.features", "not a list", "x1"),
    ({"data": {"kind": "spiral", "features": ["x_1"]}}, "data.features.0", "no choice 'x_1'", "'x1'"),
    ({"training": {"learning_rat": 1}}, "training.learning_rat", "key 'learning_rat'", "optimizer"),
    ({"training": {"optimizer": {"kind": "adam", "learning_rat": 1}}}, "training.optimizer.learning_rat",
     "key 'learning_rat'", "'learning_rate'"),
    ({"training": {"optimizer": {"kind": "adam", "learning_rate": 0}}}, "training.optimizer.learning_rate",
     "0 is too small", "1e-06 to 10"),
    ({"training": {"optimizer": {"kind": "sgd", "nesterov": 1}}}, "training.optimizer.nesterov",
     "1 is not one of the two", "true or false"),
    ({"training": {"loss": {"kind": "l1", "strength": 1}}}, "training.loss.strength", "key 'strength'",
     "kind"),
    ({"training": {"epochs": "many"}}, "training.epochs", "'many' is not a whole number", "or null"),
    ({"training": {"epochs": 0}}, "training.epochs", "0 is too small", "1 to 1000000"),
    ({"training": {"batch_size": None}}, "training.batch_size", "null is not a whole number", "1 to 8192"),
    ({"training": {"device": "gpu"}}, "training.device", "no choice 'gpu'", "'cpu'"),
    ({"training": None}, "training", "null is not an object", "{ }"),
    ({"name": ""}, "name", "empty", "at least one"),
    ({"name": "n" * 121}, "name", "121 letters", "120"),
    ({"name": 5}, "name", "5 is not a text", "quotes"),
    ({"network": {"nodes": {}}}, "network.nodes", "an object is not a list", "[ ]"),
    ({"network": {"nodes": [5]}}, "network.nodes.0", "5 is not an object", "{ }"),
    ({"network": {"nodes": [{"id": "a"}]}}, "network.a", "'layer' is missing", "Add it"),
    ({"network": {"nodes": [{"layer": {"kind": "relu"}}]}}, "network.nodes.0.id", "missing", "Add it"),
    ({"network": {"nodes": [{"id": "a b", "layer": {"kind": "relu"}}]}}, "network.nodes.0.id", "'a b'",
     "letters"),
    ({"network": {"nodes": [{"id": "a", "layer": {"kind": "liner"}}]}}, "network.a", "no kind 'liner'",
     "'linear'"),
    ({"network": {"nodes": [{"id": "a", "layer": {"kind": "linear", "unit": 5}}]}}, "network.a.unit",
     "key 'unit'",
     "'units'"),
    ({"network": {"nodes": [{"id": "a", "layer": {"kind": "linear", "units": 0}}]}}, "network.a.units",
     "0 is too small", "1 to 1024"),
    ({"network": {"nodes": [{"id": "a", "layer": {"kind": "linear"}, "input": ["b"]}]}}, "network.a.input",
     "key 'input'", "'inputs'"),
    ({"network": {"nodes": [{"id": "a", "layer": {"kind": "linear"}, "inputs": [3]}]}}, "network.a.inputs.0",
     "3 is not a text", "quotes"),
    ({"network": {"nodes": [NODE, NODE]}}, "out", "Two nodes", "another id"),
    ({"network": {"nodes": [{**NODE, "id": "input"}]}}, "input", "name of the data", "another id"),
], ids=lambda value: value if isinstance(value, str) and "." in value else "")
def test_a_fault_is_told_with_the_way_out(raw, where, what, fix):
    ((told_where, told_what, told_fix),) = problems(raw)
    assert told_where == where
    assert what in told_what
    assert fix in told_fix


@pytest.mark.parametrize("word", ["x" * 1_000_000, "🙂" * 1000, "<b>bold</b>", "a\nb", "\0"])
def test_strange_words_never_swell_a_refusal(word):
    for raw in ({word: 1}, {"data": {"kind": word}}, {"name": [word], "training": {word: word}},
                {"network": {"nodes": [{"id": word, "layer": {"kind": "linear", word: 1}}]}},
                {"training": {"epochs": word, "device": word}}):
        problems(raw)


def test_every_fault_is_told_at_once():
    assert len(problems({"data": {"kind": "spiral", "noise": 9, "arms": 9}, "training": {"seed": -1}})) == 3


def test_a_file_too_large_is_refused_unread():
    ((_, what, _),) = problems('{"name": "' + "x" * model.LARGEST_FILE + '"}')
    assert f"{model.LARGEST_FILE:,}" in what


def test_too_many_nodes_are_refused():
    nodes = [{"id": f"n{place}", "layer": {"kind": "relu"}} for place in range(model.MOST_NODES + 1)]
    ((where, what, fix),) = problems({"network": {"nodes": nodes}})
    assert where == "network.nodes"
    assert "10,001" in what
    assert "10,000" in fix


def test_a_document_nested_too_deeply_is_refused():
    deep: object = 1
    for _ in range(model.DEEPEST + 1):
        deep = {"data": deep}
    ((_, what, _),) = problems(deep)
    assert str(model.DEEPEST) in what
    assert problems(json.dumps(deep)) == problems(deep)


def test_an_unknown_node_is_named():
    with pytest.raises(Problems, match="no layer called 'nobody'"):
        Experiment().network.node("nobody")
