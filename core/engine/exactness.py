"""What the numbers of a run depend on beside its experiment: the same again, and it goes on bit for bit."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from core.engine.device import device_name

if TYPE_CHECKING:
    from core.engine.trainer import Trainer

_CORE = Path(__file__).resolve().parents[1]
_COMPUTES = ("catalog", "experiment", "engine")
"""The parts of the code that numbers come from."""


def _code() -> str:
    code = hashlib.sha256()
    for path in sorted(path for part in _COMPUTES for path in (_CORE / part).rglob("*.py")):
        code.update(path.relative_to(_CORE).as_posix().encode() + b"\0" + path.read_bytes())
    return code.hexdigest()[:16]


_CODE = _code()  # now, while the code on the disk is the code that was loaded


def key(trainer: "Trainer") -> dict[str, Any]:
    """What must be the same for a run to go on exactly, each by what a reader would call it."""
    device, threads, precision, layout = trainer.pins
    return {"torch": torch.__version__, "device": device, "machine": device_name(device), "threads": threads,
            "precision": precision, "layout": layout,
            "instruction set": torch.backends.cpu.get_cpu_capability(),
            "data": trainer.split.data_hash, "version of Layerscope": _CODE}


def doubt(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Why a run with the one key cannot be promised to go on exactly under the other; empty when it can."""
    if now["device"] != "cpu":
        return f"on {now['device']} torch may add in another order each time"
    other = [name for name in now if before.get(name) != now[name]]
    return ", ".join(f"{name} is not the same" if name in ("data", "version of Layerscope") else
                     f"{name} was {before.get(name)} and is {now[name]}" for name in other)
