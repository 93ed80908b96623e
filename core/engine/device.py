"""Where to compute, with how many threads, in what precision and layout: found, and chosen by measuring."""

import os
import platform
from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.experiment.model import Training
from core.problems import Problem, Problems

MEASURED_SECONDS = 0.05
"""How long each candidate is tried; the whole choice stays well under a second."""

MOST_SECONDS, MOST_SHARE = 1.0, 0.04
"""Once half these seconds are gone nothing else is tried; and tries take at most this share of a run's steps:
of its time a little more, for first steps are slower."""

CLEARLY = 1.15
"""How many times as fast a choice must be that costs something: a change under way, or digits."""

FASTER = 1.05
"""How many times as fast a choice must be that costs nothing, to be told from chance."""

_TURNS, _LEAST = 2, 3
"""Each is measured so often at most, over so many steps at least."""
_WARM, _LONG = 2, 0.2
"""So many steps are not counted, unless they take so many seconds."""


class Pins(NamedTuple):
    """What was chosen for a run and is needed to repeat it exactly."""

    device: str
    threads: int
    precision: str = "float32"
    layout: str = "plain"
    """How pictures lie in memory: `plain`, or `channels_last`."""


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


def choose(training: Training, trial: Trial, *, pictures: bool = False, steps: int | None = None) -> Pins:
    """The fastest allowed device, thread count, precision and layout. What is pinned is not measured.

    One thing is chosen after the other, so that trials add up. pictures: whether there is a layout to choose.
    steps: those of the whole run, None when it has no end; a short one is not worth many trials.
    """
    began, choices = perf_counter(), _choices(training, pictures)
    best = Pins(**{name: value for ways in choices for name, value in ways[0].items()})
    for place, ways in enumerate(choices):
        each = int(MOST_SHARE * steps / len(ways)) if steps is not None else 1 << 40
        worth = each >= _LEAST or place == 0  # where to compute is found out at any rate
        if len(ways) > 1 and worth and perf_counter() - began < MOST_SECONDS / 2:
            best = _fastest([best._replace(**way) for way in ways], trial, each)
    return best


def _choices(training: Training, pictures: bool) -> list[list[dict[str, Any]]]:
    """What is chosen, one after the other, and the ways that are allowed of each; the plainest first."""
    names = [usable(training.device)] if training.device != "auto" else found()
    places = [{"device": name, "threads": count} for name in names
              for count in ([training.threads] if training.threads else _thread_counts(name))]
    precisions = ["float32", "bfloat16"] if training.precision == "auto" else [training.precision]
    return [places, [{"precision": one} for one in precisions],
            [{"layout": one} for one in (_layouts(training) if pictures else ["plain"])]]


def _layouts(training: Training) -> list[str]:
    """The layouts allowed. Compiled steps have their own, so beside them none is measured."""
    if training.layout != "auto":
        return [training.layout]
    return ["plain", "channels_last"] if training.turbo == "off" else ["plain"]


def _fastest(candidates: list[Pins], trial: Trial, steps: int) -> Pins:
    """The fastest of them, each measured in turn and taken at its best: others compute here too.

    steps: about how many steps there are for each.
    """
    began, speeds, ready = perf_counter(), dict.fromkeys(candidates, 0.0), cache(trial)
    turns = min(_TURNS, max(1, steps // _LEAST))
    for turn in range(turns):
        if turn == 0 or perf_counter() - began < MOST_SECONDS / 4:
            for pins in candidates:
                speeds[pins] = max(speeds[pins], _steps_per_second(pins, ready, steps // turns))
    return max(candidates, key=lambda pins: speeds[pins] * _worth(pins))


def _worth(pins: Pins) -> float:
    """Fewer digits must gain clearly more, another layout a little."""
    return (1 / CLEARLY if pins.precision == "bfloat16" else 1.0) / (
        FASTER if pins.layout == "channels_last" else 1.0)


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


def _steps_per_second(pins: Pins, trial: Trial, most: int = 1 << 40) -> float:
    """How fast it trains. most: about so many steps are taken at most."""
    torch.set_num_threads(pins.threads)
    step, began, steps = trial(pins), perf_counter(), 0
    while steps < _WARM and perf_counter() - began < MEASURED_SECONDS:
        step()
        steps += 1
    _wait(pins.device)
    if perf_counter() - began < _LONG:
        counted = max(_LEAST, most) - _WARM
        began, steps = perf_counter(), 0
        while steps < counted and perf_counter() - began < MEASURED_SECONDS:
            step()
            steps += 1
        _wait(pins.device)
    return steps / (perf_counter() - began)


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()
