"""Weights to and from safetensors: tensors only, nothing that could run on load."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from core import disk
from core.engine.build import Net
from core.engine.tensors import save
from core.problems import Problem, Problems


def write(path: Path, net: Net) -> None:
    """Write every tensor of the network to `path`, wholly or not at all. Raises OSError."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in net.tensors().items()}
    disk.place(path, lambda new: save(tensors, new))


def read(path: Path, net: Net) -> None:
    """Fill the network from `path`. Raises Problems when the file does not hold this network's tensors."""
    try:
        held = load(path.read_bytes())
    except SafetensorError as error:
        raise Problems(Problem(where=str(path), what=f"The file holds no weights ({error}).",
                               fix="Open one that was written whole.")) from None
    wanted = net.tensors()
    if held.keys() != wanted.keys() or any(held[name].shape != wanted[name].shape for name in wanted):
        raise Problems(Problem(where=str(path),
                               what=f"The file's {len(held)} tensors are not those of this network.",
                               fix="Open it with the experiment it was trained from."))
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(held[name])
