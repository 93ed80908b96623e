"""Protects scripts that carry layers of ours along, and first weights drawn by another rule."""

import ast
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from core.catalog.layers.first import Initialization
from core.engine.trainer import Trainer
from core.experiment.model import Experiment
from tests.experiment.drafts import draft
from tests.experiment.written import by_engine, by_script, losses, pinned, script


def dense(rule: str, kind: str = "linear") -> Any:
    return {"kind": kind, "initialization": rule}


def on_digits(*layers: Any) -> Experiment:
    return pinned(draft(*layers, data="digits", epochs=1, batch_size=64))


ROWS = "image_to_sequence"
NETWORKS = {
    "rules for first weights": on_digits(
        dense("orthogonal", "conv2d"), dense("kaiming_normal", "conv_transpose2d"),
        dense("xavier_normal", "separable_conv2d"), "flatten", dense("xavier_uniform")),
    "blocks of an image": on_digits(
        {"kind": "residual_block", "stride": 2}, "squeeze_excite", "bottleneck_block", "flatten",
        "dense_residual"),
    "blocks of a sequence": on_digits(ROWS, "mixer_block", "rms_norm", "glu", "swap_axes", "conv1d",
                                      "group_norm", "max_pool1d", "flatten"),
    "chance": on_digits("conv2d", "dropout2d", "gaussian_noise", "flatten", "alpha_dropout"),
    "there and back": on_digits("pixel_unshuffle", "conv2d", "upsample", "crop2d", "zero_pad2d", "flatten"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_carried_layer_computes_the_same(name: str, tmp_path: Path) -> None:
    ours = by_engine(NETWORKS[name], 12)
    theirs = by_script(script(NETWORKS[name]), tmp_path / "script.py", 12)
    assert list(ours.weights) == list(theirs.weights)
    assert all(torch.equal(ours.weights[key], theirs.weights[key]) for key in ours.weights)
    assert len(ours.losses) == 12
    assert ours.losses == theirs.losses


def test_a_rule_for_first_weights_is_one_word_of_the_script() -> None:
    text = script(NETWORKS["rules for first weights"])
    calls = [ast.unparse(node.args[1]) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Name) and node.func.id == "initialized"]
    assert calls == ["nn.init.orthogonal_", "nn.init.kaiming_normal_", "nn.init.xavier_normal_",
                     "nn.init.xavier_normal_", "nn.init.xavier_uniform_"]
    assert "initialized" not in script(NETWORKS["chance"])


def test_each_rule_starts_another_network_and_torchs_own_is_as_it_was() -> None:
    first = {rule: Trainer(on_digits("flatten", dense(rule))).network.learned()["hidden2.0.weight"].tolist()
             for rule in get_args(Initialization)}
    assert len({str(weights) for weights in first.values()}) == len(first)
    torch.manual_seed(0)
    assert torch.equal(torch.tensor(first["default"]), torch.nn.Linear(64, 16).weight)


@pytest.mark.parametrize(("layer", "setting", "value"), [
    ("gaussian_noise", "spread", 1.5), ("dropout2d", "rate", 0.7), ("alpha_dropout", "rate", 0.6)])
def test_noise_is_moved_while_a_run_trains(layer: str, setting: str, value: float) -> None:
    asked = on_digits("conv2d", layer, "flatten")
    plain = by_engine(asked, 8).losses
    trainer = Trainer(asked)
    trainer.start()
    before = losses(trainer.advance(4, 60))
    trainer.change(f"network.hidden2.{setting}", value)
    after = losses(trainer.advance(4, 60))
    assert before == plain[:4]
    assert all(one != other for one, other in zip(after, plain[4:], strict=True))
    assert getattr(trainer.experiment.network.node("hidden2").layer, setting) == value
