"""Experiment -> the Python a person runs without us: the same data, first weights and losses, step by step.

Names no entry of the catalogue: functions are carried along as they stand, everything else is a Call.
"""

import ast
from collections.abc import Mapping
from typing import Any

from core.experiment.carry import Carrier
from core.experiment.check import check
from core.experiment.model import Experiment
from core.experiment.replay import History, steps
from core.experiment.written import data, loop, network, restaging, steering, training, updating
from core.experiment.written.restaging import Restaging
from core.experiment.written.rules import Makers
from core.experiment.written.steered import Steered

_DOCSTRING = '''"""Trains a neural network exactly as Layerscope did, without Layerscope.

python script.py               train, then judge the network on samples it has never seen
python script.py --losses 20   print the losses of the first 20 steps, and end
python script.py --save FILE   train, judge, and write the weights to a file
"""'''

_IMPORTS = {
    "argparse": "import argparse", "np": "import numpy as np", "torch": "import torch",
    "Tensor": "from torch import Tensor", "nn": "from torch import nn", "optim": "from torch import optim",
    "SimpleNamespace": "from types import SimpleNamespace", "partial": "from functools import partial",
    "train_test_split": "from sklearn.model_selection import train_test_split"}
_INSTALLED = ("numpy", "pandas", "sklearn", "torch")


def source(experiment: Experiment, history: History, engine: Mapping[str, Any]) -> str:
    """The script. Raises Problems when the experiment has any.

    engine: what the script carries along of the engine, by name: the modules of ours that a Call can name
    (`own.…`), and the functions `shuffle(count, seed, epoch)` and `due(epoch)`.
    """
    walked, carrier = check(experiment), Carrier(engine)
    steered = Steered(experiment, steps(experiment, history.changes), history)
    names = network.Names(walked)
    constants = [f"NAME = {experiment.name!r}", *data.constants(experiment.data),
                 *training.constants(steered, history)]
    body = "\n\n\n".join([
        "\n".join(constants), *data.texts(experiment.data, restaging.encoded(steered), carrier),
        *carrier.before(network.text(experiment, walked, names, carrier)),
        *_training(steered, names, carrier)])
    return f"{_DOCSTRING}\n\n{_imports(body, carrier)}\n\n{body}\n"


def _training(steered: Steered, names: network.Names, carrier: Carrier) -> list[str]:
    experiment, makers = steered.experiment, Makers(steered)
    outputs = experiment.training.loss.for_task(experiment.data.task).outputs(experiment.data.task)
    moved = [steering.text(steered, names)] if steered.done and not steered.stages else []
    return [
        *carrier.before(restaging.loss_of(experiment, steered, carrier)), *makers.texts(), *moved,
        *updating.penalty(steered), *updating.mixed(steered), *updating.update(steered),
        *carrier.before(training.judge(experiment.data, outputs, carrier)),
        *(_restaged(steered, names, makers, carrier) if steered.stages else []),
        *carrier.before(loop.train(steered, carrier)), training.main(steered)]


def _restaged(steered: Steered, names: network.Names, makers: Makers, carrier: Carrier) -> list[str]:
    staging = Restaging(steered, names, makers, carrier)
    texts = staging.texts()
    return [*carrier.before(texts[0]), *texts[1:], steering.staged(steered, names, staging.called)]


def _imports(body: str, carrier: Carrier) -> str:
    """The imports of the names the body uses: Python's own first, one line per module."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    lines = sorted(line for name, line in (_IMPORTS | carrier.imports).items() if name in used)
    merged: dict[str, str] = {}
    for line in lines:
        start, _, name = line.partition(" import ")
        merged[start] = f"{merged[start]}, {name}" if start in merged and name else line
    groups = [[line for line in merged.values() if line.split()[1].startswith(_INSTALLED) is wanted]
              for wanted in (False, True)]
    return "\n\n".join("\n".join(sorted(group, key=_is_from)) for group in groups if group)


def _is_from(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
