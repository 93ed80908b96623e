"""A run's trained network by torch.export, loaded again and run at other batch sizes."""

import io
from pathlib import Path

import torch
from torch import Tensor

from core.export.place import put
from core.export.subject import Proof, Subject
from core.export.trained import TRACED, Trained, proved, quiet, trained


def export(subject: Subject, path: Path) -> Proof:
    """Write the program to `path`, load it, run it, and compare. Raises Problems."""
    of = trained(subject)
    made = program(of)
    put(path, made)
    # A .pt2 file can carry code, so none is ever opened: what is loaded is what was made here, from memory.
    with quiet():
        loaded = torch.export.load(io.BytesIO(made)).module()

    def file(batch: Tensor) -> Tensor:
        try:
            with torch.inference_mode():
                return loaded(batch)
        except AssertionError as refused:  # how a program says that a size was fixed
            raise RuntimeError(str(refused)) from refused

    proof = proved("pt2", path, of, file, "torch.export.load")
    assert path.read_bytes() == made, "the file holds what was loaded"
    return proof


def program(of: Trained) -> bytes:
    """The network as a torch.export program."""
    held = io.BytesIO()
    with quiet():
        traced = torch.export.export(of.network, (of.inputs[:TRACED],), dynamic_shapes=(of.axes,))
        torch.export.save(traced, held)
    return held.getvalue()
