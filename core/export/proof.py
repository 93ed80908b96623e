"""Uses what was written as anyone would, and compares it with what the run told and learned."""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from core.catalog.metrics import compared
from core.engine import weights
from core.engine.beginning import initial
from core.engine.data import Split, split
from core.engine.device import found
from core.engine.evaluate import outputs, unscaled
from core.events import Finished, Started, Stopped
from core.experiment.model import Experiment, read
from core.export.subject import Proof, Subject, largest_difference

PATIENCE = 50.0
"""Seconds a script may take for its first steps."""
_CLOSE = 1e-6
"""How far, as a share, a figure found again may lie from the stored one: devices round sums differently."""


def of_script(path: Path, losses: list[float], whose: str, stopped: int | None = None) -> Proof:
    """Run the script for as many steps as there are losses, and compare. whose: "the run's"."""
    return _of_steps(_Runnable("script", path, path), losses, whose, stopped)


def of_notebook(path: Path, losses: list[float], whose: str, stopped: int | None = None) -> Proof:
    """Join the notebook's code cells, set LOSSES as a person would, and go on as with the script."""
    told = json.loads(path.read_bytes())
    code = "\n\n".join("".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "code")
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "cells.py"
        code = code.replace("\nLOSSES = None", f"\nLOSSES = {len(losses) or 1}", 1)
        joined.write_text(code, encoding="utf-8")
        return _of_steps(_Runnable("notebook", path, joined), losses, whose, stopped)


class _Runnable(NamedTuple):
    """What prints losses: what it is, the file it was written to, and the code to run."""

    to: str
    path: Path
    code: Path


def _of_steps(made: _Runnable, losses: list[float], whose: str, stopped: int | None) -> Proof:
    never, to = stopped == 0, made.to
    try:
        printed = _printed(made.code, len(losses) or 1) if losses or never else []
    except subprocess.TimeoutExpired:
        first = "step" if len(losses) < 2 else f"{len(losses)} steps"
        said = f"Not checked: the {to}'s first {first} took longer than {PATIENCE:g} seconds."
        return _told(made, False, 0, None, said).model_copy(update={"checked": False})
    except _NotRun as reason:
        return _told(made, False, 0, None, f"The {to} did not run: {reason}.")
    if never:
        ends = "trains on" if printed else "stops there too"
        said = f"The run was stopped before its first step; the {to} {ends}."
        return _told(made, not printed, 0, None, said)
    if not losses:
        said = "Not checked: the first loss is not a number, so there is nothing to compare."
        return _told(made, False, 0, None, said).model_copy(update={"checked": False})
    count = min(len(printed), len(losses))
    difference = largest_difference(losses[:count], printed[:count])
    if count < len(losses):
        said = f"The {to} ended after {count} steps, not {len(losses)}."
    elif difference == 0:
        said = f"The {to}'s first {count} step losses are equal to {whose}, to the last digit."
    else:
        said = f"The {to}'s first {count} step losses differ from {whose} by up to {difference}."
    return _told(made, count == len(losses) and difference == 0, count, difference, said)


def of_weights(path: Path, beside: Path, subject: Subject) -> Proof:
    """Build the network from the two files, and compare what it answers on the test split, and how well."""
    assert subject.weights is not None, "only weights that are there are proved"
    device, threads = _pins(subject)
    torch.set_num_threads(threads)
    experiment = read(beside.read_bytes())
    data = split(experiment.data, device)
    ours = _answers(subject.experiment, subject.weights, data, device)
    theirs = _answers(experiment, path, data, device)
    difference = largest_difference(ours.flatten().tolist(), theirs.flatten().tolist())
    count = theirs.numel()
    said = f"Read back, the weights give the same {count} outputs for the test split"
    if difference != 0:
        said = f"Read back, the weights give outputs for the test split that differ by up to {difference}"
    equal, figures = _judged(theirs, data, subject)
    told = Proof(to="safetensors", files=(path.name, beside.name), equal=difference == 0 and equal,
                 compared=count, largest_difference=difference, said=f"{said}.")
    if not figures:
        return told
    name, stored, again = figures
    word = f"the same {name}, {again:.6g}" if equal else f"{name} {again:.6g} instead of {stored:.6g}"
    return told.model_copy(update={
        "metric": name, "stored": stored, "found": again, "said": f"{said} and {word}."})


class _NotRun(Exception):
    """A script that did not end as it should."""


def _printed(path: Path, steps: int) -> list[float]:
    command = [sys.executable, "-I", str(path), "--losses", str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise _NotRun((done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1])
    return [float(line) for line in done.stdout.splitlines()]


def _told(made: _Runnable, equal: bool, compared: int, difference: float | None, said: str) -> Proof:
    return Proof(to=made.to, files=(made.path.name,), equal=equal, compared=compared,
                 largest_difference=difference, said=said)


def _pins(subject: Subject) -> tuple[str, int]:
    """Where the run was trained, as far as this machine has it."""
    started = next((event for event in subject.events if isinstance(event, Started)), None)
    if started is None:
        return "cpu", 1
    return (started.device if started.device in found() else "cpu"), started.threads


def _answers(experiment: Experiment, path: Path, data: Split, device: str) -> Tensor:
    """What a network with these weights puts out for the test split. (samples, outputs)"""
    network = initial(experiment)
    weights.read(path, network)
    return outputs(network.to(device), data.part("test")[0]).float().cpu()


def _judged(put_out: Tensor, data: Split, subject: Subject) -> tuple[bool, tuple[str, float, float] | None]:
    """Whether the figure runs are compared by is what the run told at its end; its name, and both values."""
    ending = next((event for event in subject.events if isinstance(event, Finished | Stopped)), None)
    if ending is None:
        return True, None
    metric, again = compared(data.task), judged(put_out, data)
    stored = ending.test[metric.kind]
    equal = math.isclose(again, stored, rel_tol=_CLOSE) or (math.isnan(again) and math.isnan(stored))
    return equal, (metric.title, stored, again)


def judged(put_out: Tensor, data: Split) -> float:
    """The figure runs are compared by, of outputs for the test split. put_out: (samples, outputs)"""
    true = data.samples.targets[data.rows["test"].cpu().numpy()]
    return compared(data.task).value(unscaled(put_out.numpy(), data), true)
