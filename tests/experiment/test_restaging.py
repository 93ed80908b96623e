"""Protects that a script repeats what was changed while its run trained, whatever it was, to the last bit."""

import ast
import re
import runpy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from core.engine.trainer import Trainer
from core.events import Changed, Event, Finished, Stopped
from core.experiment.model import Experiment
from core.experiment.replay import History, history
from tests.experiment.fitting import OUT, experiment
from tests.experiment.written import losses, said, script

NODES = [{"id": "first", "layer": {"kind": "linear", "units": 6}},
         {"id": "second", "layer": {"kind": "linear", "units": 5}}, OUT]
NOISY = [NODES[0], {"id": "norm", "layer": {"kind": "batch_norm1d"}},
         {"id": "drop", "layer": {"kind": "dropout"}}, OUT]
MOONS = {"kind": "moons", "samples": 300}
SGD = {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9}
WILD = {"kind": "adam", "learning_rate": 1.0}
Done = tuple[int, str, Any]
"""After which step, which setting, which value; `weight` sets a weight."""


def asked(nodes: Any = None, data: Any = None, **training: Any) -> Experiment:
    """Four epochs of twelve steps, but for what is asked for."""
    return experiment(data or MOONS, nodes or NODES, **{
        "epochs": 4, "batch_size": 16, "optimizer": {"kind": "adam", "learning_rate": 0.01}, **training})


class Case(NamedTuple):
    """A run and what is done to it."""

    asked: Experiment
    done: tuple[Done, ...]
    stop: int | None = None


def one(setting: str, value: Any, step: int = 7, **training: Any) -> Case:
    """A run with one change."""
    return Case(asked(**training), ((step, setting, value),))


RULES = ("sgd", "adamw", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "lbfgs", "muon")
SINGLE = {
    "batch size": one("training.batch_size", 40),
    "batch size that leaves one out": one("training.batch_size", 179),
    "batch size at the end of an epoch": one("training.batch_size", 5, step=12),
    "batch size before the first step": one("training.batch_size", 5, step=0),
    "batch size under a schedule": one("training.batch_size", 40, schedule={"kind": "cosine"}),
    "batch size with batches of one left out": one("training.batch_size", 16, batch_size=179, step=1),
    "batch size under a plateau": one("training.batch_size", 20, step=50, epochs=8, optimizer=WILD,
                                      schedule={"kind": "plateau", "patience": 0}),
    "loss": one("training.loss", {"kind": "mse"}),
    "loss to one of classes": one("training.loss", {"kind": "cross_entropy"}, loss={"kind": "kl_div"}),
    "loss of rows to one of rows": one("training.loss", {"kind": "mse"}, loss={"kind": "kl_div"}),
    "loss that counts classes": one("training.loss", {"kind": "balanced_cross_entropy"},
                                    data={"kind": "breast_cancer", "train_share": 0.3}),
    "loss that counted classes": one("training.loss", {"kind": "hinge"},
                                     loss={"kind": "balanced_cross_entropy"}),
    "loss by its name": one("training.loss", {"kind": "cross_entropy"}),
    "smoothing": one("training.loss.label_smoothing", 0.2, loss={"kind": "cross_entropy"}),
    "loss with early stopping": one("training.loss", {"kind": "mse"}, step=40, epochs=60, patience=2,
                                    margin=0.05),
    "schedule": one("training.schedule", {"kind": "one_cycle"}),
    "part of a schedule": one("training.schedule.floor", 0.5, schedule={"kind": "cosine"}),
    "no schedule": one("training.schedule", {"kind": "constant"}, schedule={"kind": "exponential"}),
    "more epochs": one("training.epochs", 6, schedule={"kind": "one_cycle"}),
    "fewer epochs": one("training.epochs", 2, schedule={"kind": "polynomial"}),
    "the epoch under way the last": one("training.epochs", 1),
    "epochs at the end of one": one("training.epochs", 3, step=24),
    "clipping": one("training.clip", 0.05), "less clipping": one("training.clip", 0.3, clip=0.05),
    "no clipping": one("training.clip", None, clip=0.05),
    "parts": one("training.parts", 3, regularization={"kind": "l2"}),
    "no parts": one("training.parts", 1, parts=3, regularization={"kind": "l1"}),
    "penalty": one("training.regularization", {"kind": "l1", "strength": 0.02}),
    "penalty in parts": one("training.regularization", {"kind": "l2", "strength": 0.02}, parts=2),
    "another penalty": one("training.regularization", {"kind": "l2"}, regularization={"kind": "l1"}),
    "no penalty": one("training.regularization", {"kind": "none"}, regularization={"kind": "l2"}),
    "average": one("training.average", 6, keep="best"),
    "longer average": one("training.average", 20, average=5),
    "no average": one("training.average", None, average=5, nodes=NOISY),
    "patience": one("training.patience", 2, step=30, epochs=80,
                    optimizer={"kind": "sgd", "learning_rate": 1.0}),
    "no patience": one("training.patience", None, step=14, epochs=9, patience=2, margin=0.3),
    "margin": one("training.margin", 0.4, epochs=60, patience=3),
    "keep": one("training.keep", "best", step=14, epochs=6, optimizer=WILD),
    "keep no longer": one("training.keep", "last", step=30, keep="best", optimizer=WILD),
    "frozen": one("network.first.frozen", True),
    "frozen under clipping": one("network.second.frozen", True, clip=0.1),
    "frozen of two rules": one("network.second.frozen", True, optimizer={"kind": "muon"}),
    "part of a rule": one("training.optimizer.beta2", 0.9),
    "nesterov": one("training.optimizer.nesterov", True, optimizer=SGD),
    "a rule that searched": one("training.optimizer", SGD, optimizer={"kind": "lbfgs"}),
    "frozen from the start under a rule that searches": one(
        "training.clip", 0.5, nodes=[NODES[0] | {"frozen": True}, *NODES[1:]], optimizer={"kind": "lbfgs"}),
    "frozen under a rule that searches": one("network.second.frozen", True, optimizer={"kind": "lbfgs"}),
    "momentum given to RMSprop": one("training.optimizer.momentum", 0.5, optimizer={"kind": "rmsprop"}),
    "memory of a rule that searches": one("training.optimizer.max_iter", 2, optimizer={"kind": "lbfgs"}),
    "momentum to Adam": one("training.optimizer", {"kind": "adam"}, optimizer=SGD),
    "the same rule anew": one("training.optimizer", {"kind": "adam", "beta1": 0.5, "learning_rate": 0.05}),
    "two rules to one of them": one("training.optimizer", {"kind": "adamw"}, optimizer={"kind": "muon"}),
    "in a noisy network": one("training.batch_size", 30, nodes=NOISY),
} | {f"rule {kind}": one("training.optimizer", {"kind": kind}) for kind in RULES}

SEVERAL = {
    "one after the other": Case(asked(schedule={"kind": "cosine"}), (
        (7, "training.optimizer", SGD), (7, "training.optimizer.momentum", 0.5),
        (7, "training.batch_size", 8),
        (20, "training.optimizer.learning_rate", 0.02), (20, "training.optimizer", {"kind": "adamw"}),
        (20, "training.epochs", 5), (31, "training.optimizer.beta1", 0.7), (33, "network.first.frozen", True),
        (41, "network.first.frozen", False), (41, "training.optimizer.weight_decay", 0.1))),
    "numbers of a price that comes and goes": Case(asked(), (
        (3, "training.regularization", {"kind": "l2"}), (5, "training.regularization.strength", 0.1),
        (9, "training.regularization", {"kind": "none"}), (12, "training.regularization", {"kind": "l1"}),
        (12, "training.regularization.strength", 0.05))),
    "average and weights": Case(asked(NOISY, average=5, keep="best"), (
        (7, "training.average", None), (7, "training.average", 3), (12, "weight", -1.0),
        (15, "network.drop.rate", 0.1), (18, "training.loss", {"kind": "mse"}))),
    "the same epoch twice anew": Case(asked(keep="best", patience=5), (
        (15, "training.batch_size", 30), (16, "training.loss", {"kind": "hinge"}),
        (16, "training.batch_size", 12), (17, "training.minutes", 5.0))),
    "stopped": Case(asked(keep="best"),
                    ((14, "training.batch_size", 40), (15, "training.clip", 0.1)), stop=17),
    "stopped right after": Case(asked(keep="best", average=4),
                                ((26, "training.loss", {"kind": "mse"}),), stop=26),
    "stopped after an epoch": Case(asked(keep="best"), ((7, "training.batch_size", 40),), stop=17),
    "endless and stopped": Case(asked(epochs=1, optimizer=SGD), ((7, "training.epochs", None),), stop=50),
    "changed and stopped before the first step": Case(
        asked(), ((0, "training.loss", {"kind": "mse"}),), stop=0),
}
CASES = SINGLE | SEVERAL


def trained(case: Case) -> tuple[Trainer, list[Event]]:
    """The run, by the engine."""
    trainer = Trainer(case.asked)
    events = trainer.start()
    for step, setting, value in case.done:
        while trainer.step < step:
            events += trainer.advance(step - trainer.step, 60)
        events.append(trainer.edit_weight("out", "0.bias", (0,), value) if setting == "weight" else
                      trainer.change(setting, value))
    while not trainer.over and trainer.step != case.stop:
        events += trainer.advance(10_000 if case.stop is None else case.stop - trainer.step, 60)
    return trainer, events if trainer.over else events + trainer.stop()


@pytest.mark.parametrize("name", CASES)
def test_what_was_changed_is_changed_again(name: str, tmp_path: Path) -> None:
    trainer, events = trained(CASES[name])
    ended = events[-1]
    assert isinstance(ended, Finished | Stopped)
    path, saved = tmp_path / "script.py", tmp_path / "weights.pt"
    path.write_text(script(CASES[name].asked, history(events)), encoding="utf-8")
    printed = said(runpy.run_path(str(path)), str(path), "--losses", "100000", "--save", str(saved))
    assert [float(line) for line in printed.splitlines()] == losses(events)
    weights = torch.load(saved, weights_only=True)
    for ours, theirs in zip(trainer.network.state_dict().values(), weights.values(), strict=True):
        assert torch.equal(ours, theirs)
    if name in SEVERAL:
        judged = said(runpy.run_path(str(path)), str(path)).splitlines()[-1]
        assert ast.literal_eval(judged.removeprefix("test ")) == ended.test


def steered(*changes: tuple[str, Any]) -> str:
    """The script of a run to which this was done after step 313."""
    return script(asked(optimizer={"kind": "sgd"}), History(changes=tuple(
        Changed(step=313, setting=setting, value=value) for setting, value in changes)))


def test_every_change_is_told_where_it_is_made() -> None:
    told = steered(("training.batch_size", 20), ("training.optimizer", {"kind": "rmsprop"}),
                   ("network.first.frozen", True), ("training.epochs", None), ("training.clip", 0.25))
    functions = {node.name: ast.get_docstring(node) for node in ast.parse(told).body
                 if isinstance(node, ast.FunctionDef) and node.name.startswith("after_")}
    assert functions == {
        "after_313": "After step 313 the batch size was set to 20 by hand.",
        "after_313_2": "After step 313 the optimizer was set to rmsprop by hand.",
        "after_313_3": "After step 313 the layer first was frozen by hand.",
        "after_313_4": "After step 313 the number of epochs was set to off by hand.",
        "after_313_5": "After step 313 the clipping was set to 0.25 by hand."}
    assert "does not do" not in told


def test_what_changes_nothing_of_the_training_leaves_the_script_as_it_was() -> None:
    assert steered(("training.minutes", 5.0), ("training.disk", 100), ("training.batch_size", 16),
                   ("training.optimizer.nesterov", True)) == steered()


def test_only_what_is_changed_is_asked_for() -> None:
    told = steered(("training.clip", 0.25))
    assert "now.clip" in told
    assert set(re.findall(r"now\.(\w+)", told)) == {"clip", "learning_rate"}
