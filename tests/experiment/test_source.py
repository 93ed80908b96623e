"""Protects the promise of the script: data, first weights and losses are the engine's, to the last bit."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.catalog.all import DATASETS, LAYERS, LOSSES, OPTIMIZERS, REGULARIZATIONS, SCHEDULES
from core.engine.trainer import Trainer
from core.events import Continued, Finished, Stopped, TurboChanged
from core.experiment import templates
from core.experiment.carry import Carrier
from core.experiment.check import walk
from core.experiment.model import Experiment, read, write
from core.experiment.replay import History, history
from core.experiment.written import network
from tests.experiment.fitting import HIDDEN, OUT, experiment, for_data, for_layer
from tests.experiment.written import by_engine, by_script, few, losses, pinned, said, script

GOLDEN = Path(__file__).parents[1] / "golden"
STEPS = 20


ASKED = {"clipped": {"clip": 0.05}, "in parts": {"parts": 3}, "clipped in parts": {"clip": 0.05, "parts": 40},
         "mixed": {"precision": "bfloat16"}, "mixed in parts": {"precision": "bfloat16", "parts": 3}}


def cases() -> dict[str, Experiment]:
    """Every entry of every catalogue at its defaults, and every template."""
    found = {f"template {name}": pinned(few(templates.template(name).experiment))
             for name in templates.names()}
    found |= {f"layer {entry.name()}": for_layer(entry) for entry in LAYERS}
    found |= {f"data {entry.name()}": for_data(entry) for entry in DATASETS}
    rules = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "regularization": REGULARIZATIONS}
    found |= {f"{part} {entry.name()}": experiment(**{part: {"kind": entry.name()}})
              for part, entries in rules.items() for entry in entries}
    found |= {f"training {name}": experiment(optimizer={"kind": rule}, regularization={"kind": "l2"}, **asked)
              for name, asked in ASKED.items() for rule in ("adamw", "lbfgs")}
    for name in ("digits-cnn", "digits-vit", "digits-lstm"):
        found[f"mixed {name}"] = asking(name, precision="bfloat16")
    for name in ("digits-cnn", "lenet-5", "small-resnet", "denoiser", "mlp-mixer", "moons"):
        found[f"channels last {name}"] = asking(name, layout="channels_last")
    for asked in ({"parts": 3}, {"precision": "bfloat16"}):
        found[f"channels last with {asked}"] = asking("digits-cnn", layout="channels_last", **asked)
    for data in ("iris", "diabetes", "plane"):
        found |= {f"loss {entry.name()} on {data}": fits for entry in LOSSES
                  if not walk(fits := experiment({"kind": data}, loss={"kind": entry.name()})).problems}
    return found


def asking(name: str, **training: Any) -> Experiment:
    """A template with other settings of training."""
    raw = write(pinned(few(templates.template(name).experiment)))
    return read({**raw, "training": {**raw["training"], **training}})


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_first_weights_and_losses_are_the_engines(name: str, tmp_path: Path) -> None:
    asked = CASES[name]
    ours, theirs = by_engine(asked, STEPS), by_script(script(asked), tmp_path / "script.py", STEPS)
    assert list(ours.weights) == list(theirs.weights)
    assert all(torch.equal(ours.weights[key], theirs.weights[key]) for key in ours.weights)
    assert len(ours.losses) == STEPS
    assert ours.losses == theirs.losses


def test_the_layout_a_run_told_of_is_the_one_of_its_script():
    asked = pinned(templates.template("digits-cnn").experiment)
    for told in ("plain", "channels_last"):
        written = script(asked, History(layout=told))
        assert ("channels_last" in written) == (told == "channels_last")


WHOLE = {
    "plateau": experiment({"kind": "iris"}, schedule={"kind": "plateau", "patience": 0}, epochs=12),
    "a last batch of one": experiment({"kind": "spiral", "samples": 100}, batch_size=59, epochs=3),
    "more than 200 epochs": experiment({"kind": "diabetes"}, batch_size=300, epochs=203),
    "predicted with its spread": experiment({"kind": "diabetes"}, loss={"kind": "gaussian_nll"}),
    "dropout and a penalty": experiment(
        {"kind": "wine"}, [HIDDEN[0], {"id": "drop", "layer": {"kind": "dropout"}}, HIDDEN[1]],
        regularization={"kind": "l1"}, optimizer={"kind": "muon"}),
    "ended early": experiment({"kind": "iris"}, epochs=500, patience=3, margin=0.001),
    "ended early with the best": experiment({"kind": "iris"}, epochs=500, patience=4, keep="best",
                                            optimizer={"kind": "sgd", "learning_rate": 0.5}),
    "a tenth of the data": experiment({"kind": "breast_cancer", "train_share": 0.1}, epochs=4),
    "a fifth of a series": experiment({"kind": "mackey_glass", "samples": 500, "train_share": 0.2},
                                      [{"id": "flat", "layer": {"kind": "flatten"}}, OUT], epochs=3),
    "classes balanced": experiment({"kind": "breast_cancer"}, epochs=8,
                                   loss={"kind": "balanced_cross_entropy", "label_smoothing": 0.1}),
    "weights averaged": experiment({"kind": "iris"}, epochs=20, average=30,
                                    optimizer={"kind": "sgd", "learning_rate": 0.5}),
    "weights averaged and the best": experiment(
        {"kind": "wine"}, [HIDDEN[0], {"id": "norm", "layer": {"kind": "batch_norm1d"}}, HIDDEN[1]],
        epochs=20, average=10, keep="best"),
    "the best of a whole run": experiment({"kind": "diabetes"}, epochs=60, keep="best"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_run_ends_with_the_same_scores(name: str, tmp_path: Path) -> None:
    trainer = Trainer(WHOLE[name])
    events = trainer.start()
    while not trainer.over:
        events += trainer.advance(1000, 60)
    finished = events[-1]
    assert isinstance(finished, Finished)
    ran = by_script(script(WHOLE[name]), tmp_path / "script.py", 10_000)
    assert ran.losses == losses(events)
    assert final_scores(tmp_path / "script.py") == finished.test


def test_the_weights_a_script_saves_are_those_it_ends_with(tmp_path: Path) -> None:
    asked = experiment({"kind": "iris"}, epochs=2)
    trainer = Trainer(asked)
    while not trainer.over:
        trainer.advance(1000, 60)
    path, saved = tmp_path / "script.py", tmp_path / "weights.pt"
    path.write_text(script(asked), encoding="utf-8")
    said(runpy.run_path(str(path)), str(path), "--save", str(saved))
    weights = torch.load(saved, weights_only=True)
    for one, other in zip(weights.values(), trainer.network.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def final_scores(path: Path) -> dict[str, float]:
    """The scores a script prints at its end."""
    last = said(runpy.run_path(str(path)), str(path)).splitlines()[-1]
    return ast.literal_eval(last.removeprefix("test "))


def test_a_run_steered_by_hand_is_steered_again(tmp_path: Path) -> None:
    nodes = [{"id": "class", "layer": {"kind": "linear"}}, {"id": "drop", "layer": {"kind": "dropout"}}, OUT]
    asked = experiment({"kind": "moons"}, nodes, epochs=None, regularization={"kind": "l2"},
                       optimizer={"kind": "sgd", "momentum": 0.0, "nesterov": True})
    trainer = Trainer(asked)
    events = trainer.start()
    for setting, value in (("training.optimizer.momentum", 0.9), ("network.drop.rate", 0.5),
                           ("training.optimizer.learning_rate", 0.2),
                           ("training.regularization.strength", 0.05)):
        events.append(trainer.change(setting, value))
        events += trainer.advance(7, 60)
    events.append(trainer.edit_weight("class", "0.weight", (3, 1), 2.5))
    events += trainer.advance(9, 60)
    events.append(trainer.edit_weight("out", "0.bias", (0,), -1.0))
    events += trainer.stop()
    stopped = events[-1]
    assert isinstance(stopped, Stopped)
    ran = by_script(script(asked, history(events)), tmp_path / "script.py", 10_000)
    assert ran.losses == losses(events)
    assert final_scores(tmp_path / "script.py") == stopped.test


def test_a_script_says_where_the_run_left_what_can_be_repeated_to_the_last_digit() -> None:
    asked = experiment({"kind": "moons"}, epochs=3)
    assert "not repeated" not in script(asked, history(Trainer(asked).start()))
    told = script(asked, history([
        TurboChanged(step=99, state="compiling"), TurboChanged(step=120, state="on"),
        Continued(step=300, again=0, exact=False, why="Other threads."),
        Continued(step=400, again=0, exact=True)]))
    said = [line for line in told.splitlines() if "not repeated to the last digit" in line]
    assert [line.partition(" from step ")[2].split()[0] for line in said] == ["121", "300"]
    ast.parse(told)


def test_a_run_stopped_before_its_first_step_stops_there_again(tmp_path: Path) -> None:
    asked = experiment({"kind": "moons"}, epochs=3)
    trainer = Trainer(asked)
    events = [*trainer.start(), trainer.edit_weight("out", "0.bias", (0,), -1.0), *trainer.stop()]
    stopped = events[-1]
    assert isinstance(stopped, Stopped)
    assert by_script(script(asked, history(events)), tmp_path / "script.py", 100).losses == []
    assert final_scores(tmp_path / "script.py") == stopped.test


def test_alone_in_a_fresh_process_it_says_the_same(tmp_path: Path) -> None:
    asked = CASES["template digits-cnn"]
    path = tmp_path / "script.py"
    path.write_text(script(asked), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-W", "error", str(path), "--losses", "8"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert [float(line) for line in done.stdout.splitlines()] == by_engine(asked, 8).losses


@pytest.mark.parametrize("name", CASES)
def test_it_imports_only_what_it_says(name: str) -> None:
    tree = ast.parse(script(CASES[name]))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    known = {*sys.stdlib_module_names, "numpy", "sklearn", "plotly", "tzdata", "torch"}
    assert {module.split(".")[0] for module in modules} <= known


HOSTILE = ("\"\"\"\nimport os\nos.system('x')", "'; import os #", "\\", "$made {name} %s",
           "é漢字\u202e\u2028\x00", "\r\n", "'''" * 3, "#", "{}")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_a_person_typed_is_only_ever_a_constant(text: str) -> None:
    plain, hostile = (ast.parse(script(read(write(experiment()) | {"name": name}))) for name in ("x", text))
    found = next(node for node in hostile.body if isinstance(node, ast.Assign))
    assert isinstance(found.value, ast.Constant)
    assert found.value.value == text
    found.value.value = "x"
    assert ast.dump(hostile) == ast.dump(plain)


def test_every_name_a_node_may_have_can_be_an_attribute(tmp_path: Path) -> None:
    names = [name for name in dir(nn.Module()) if not name.startswith("_")]
    names += ["self", "super", "x", "nn", "torch", "print", "class", "match", "None", "Net", "train_"]
    for names_of_one in (names[:40], names[40:]):
        nodes = [{"id": name, "layer": {"kind": "linear", "units": 2}} for name in names_of_one]
        asked = experiment(nodes=[*nodes, HIDDEN[1]])
        ours, theirs = by_engine(asked, 1), by_script(script(asked), tmp_path / "script.py", 1)
        assert ours.losses == theirs.losses
        assert len(theirs.weights) == 2 * len(names_of_one) + 2


def test_a_network_that_is_no_chain_names_what_it_passes_on() -> None:
    nodes = [{"id": "left", "layer": {"kind": "linear"}},
             {"id": "right", "layer": {"kind": "tanh"}, "inputs": ["input"]}, OUT | {"inputs": ["left"]}]
    asked = experiment(nodes=nodes)
    walked = walk(asked)
    lines = network.text(asked, walked, network.Names(walked), Carrier({})).splitlines()
    assert [line.split("#")[0].strip() for line in lines[-5:]] == [
        "", "left = self.left(x)", "right = self.right(x)", "out = self.out(left)", "return out"]


MUON = experiment({"kind": "moons"}, optimizer={"kind": "muon"}, schedule={"kind": "one_cycle"},
                  regularization={"kind": "l2"})
GOLD = {name: CASES[f"template {name}"] for name in ("two-spirals", "digits-cnn", "diabetes")}
GOLD |= {"moons-muon": MUON}


@pytest.mark.parametrize("name", GOLD)
def test_the_script_reads_as_it_did(name: str) -> None:
    """On a difference the new text is written, so that git shows it; look at it, then run again."""
    path, text = GOLDEN / f"{name.replace('-', '_')}.py", script(GOLD[name])
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(text, encoding="utf-8")
    assert text == before, f"{path.name} has changed. Is the difference wanted?"
