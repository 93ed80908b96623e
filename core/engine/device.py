"""Where to compute, with how many threads and in what precision: found, and chosen by measuring."""

import os
import platform
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.experiment.model import Training
from core.problems import Problem, Problems

MEASURED_SECONDS = 0.05
"""How long each candidate is tried; the whole choice stays well under a second."""

CLEARLY = 1.15
"""How many times as fast a choice must be that costs something: a change under way, or digits."""


class Pins(NamedTuple):
    """What was chosen for a run and is needed to repeat it exactly."""

    device: str
    threads: int
    precision: str = "float32"


Trial = Callable[[Pins], Callable[[], None]]
"""Gives a function that takes one training step as pinned, on copies."""


def found() -> list[str]:
    """The kinds of device this machine has, the processor first."""
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return ["cpu", *([accelerator.type] if accelerator else [])]


def device_name(device: str) -> str:
    """The device in words."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    if device == "mps":
        return f"Apple GPU ({platform.processor() or platform.machine()})"
    return f"{platform.processor() or platform.machine()} processor, {os.cpu_count()} cores"


def system() -> dict[str, Any]:
    """What the app found on this machine, for the eye."""
    devices = found()
    return {"devices": [{"device": device, "name": device_name(device)} for device in devices],
            "device": devices[-1], "device_name": device_name(devices[-1]), "cores": os.cpu_count(),
            "torch": torch.__version__, "python": platform.python_version()}


def usable(device: str) -> str:
    """The device itself. Raises Problems when this machine does not have it."""
    if device not in found():
        raise Problems(Problem(where="training.device", what=f"This machine has no {device!r} (found: "
                               f"{', '.join(found())}).", fix="Choose Automatic."))
    return device


def random_state(device: str) -> list[Tensor]:
    """Where the generators stand that dropout draws from: the processor's, then the device's."""
    return [torch.get_rng_state()] + ([torch.get_device_module(device).get_rng_state()]
                                      if device != "cpu" else [])


def set_random_state(device: str, states: list[Tensor]) -> None:
    """Have the generators go on from there."""
    torch.set_rng_state(states[0])
    if device != "cpu":
        torch.get_device_module(device).set_rng_state(states[1])


def choose(training: Training, trial: Trial) -> Pins:
    """The fastest allowed device, thread count and precision. What is pinned is not measured."""
    names = [usable(training.device)] if training.device != "auto" else found()
    precisions = ["float32", "bfloat16"] if training.precision == "auto" else [training.precision]
    candidates = [Pins(name, count, precision) for name in names
                  for count in ([training.threads] if training.threads else _thread_counts(name))
                  for precision in precisions]
    if len(candidates) == 1:
        return candidates[0]
    return max(candidates, key=lambda pins: _steps_per_second(pins, trial) * _worth(pins))


def _worth(pins: Pins) -> float:
    """Fewer digits must gain clearly more."""
    return 1 / CLEARLY if pins.precision == "bfloat16" else 1.0


def better(now: Pins, trial: Trial) -> tuple[Pins, float]:
    """The thread count that is fastest as the machine is now, and how many times as fast as the present one.

    The present one is returned unless another is clearly faster.
    """
    speeds = {now._replace(threads=count): 0.0 for count in _thread_counts(now.device)} | {now: 0.0}
    for pins in speeds:
        speeds[pins] = _steps_per_second(pins, trial)
    fastest = max(speeds, key=lambda pins: speeds[pins])
    torch.set_num_threads(now.threads)
    gain = speeds[fastest] / speeds[now]
    return (fastest, gain) if gain >= CLEARLY else (now, 1.0)


def free_to_choose(device: str) -> bool:
    """Whether there is more than one thread count to choose from."""
    return len(_thread_counts(device)) > 1


def _thread_counts(device: str) -> list[int]:
    """One thread, and on a larger processor half and nearly all cores: a dashboard needs one for itself."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sorted({1, max(1, cores // 2), max(1, cores - 1)}) if device == "cpu" and cores > 2 else [1]


def _steps_per_second(pins: Pins, trial: Trial) -> float:
    torch.set_num_threads(pins.threads)
    step = trial(pins)
    for _ in range(3):
        step()
    _wait(pins.device)
    began, steps = perf_counter(), 0
    while perf_counter() - began < MEASURED_SECONDS:
        step()
        steps += 1
    _wait(pins.device)
    return steps / (perf_counter() - began)


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()
