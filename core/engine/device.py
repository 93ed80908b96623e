"""Where to compute, with how many threads, in what precision and layout: found, and chosen by measuring."""

import os
import platform
from collections.abc import Callable
from functools import cache
from time import perf_counter, process_time
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.experiment.model import Training
from core.problems import Problem, Problems

MEASURED_SECONDS = 0.05
"""How long each place to compute in is tried."""

MOST_SECONDS, MOST_SHARE = 1.0, 0.04
"""Once half these seconds are gone nothing else is tried; and tries take at most this share of a run's steps:
of its time a little more, for first steps are slower."""

CLEARLY = 1.15
"""How many times as fast a choice must be that costs something: a change under way, or digits."""

FASTER = 1.05
"""How many times as fast a choice must be that costs nothing, to be told from chance."""

_TURNS, _TURN_SECONDS = 5, 0.02
"""How often at most, and for how long, ways that compute in the same place are measured in turn."""
_LEAST, _LONG = 2, 0.2
"""A turn is so many steps at least, the first not counted; unless that takes so many seconds."""


class Pins(NamedTuple):
    """What was chosen for a run and is needed to repeat it exactly."""

    device: str
    threads: int
    precision: str = "float32"
    layout: str = "plain"
    """How pictures lie in memory: `plain`, or `channels_last`."""


Trial = Callable[[Pins], Callable[[], None]]
"""Gives a function that takes one training step as pinned, on copies."""
Clock = Callable[[], float]


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
    began, (places, *others) = perf_counter(), _choices(training, pictures)
    first = Pins(**{name: value for ways in (places, *others) for name, value in ways[0].items()})
    where = [first._replace(**way) for way in places]
    best = max(where, key=lambda pins: _steps_per_second(pins, trial)) if len(where) > 1 else first
    for ways in others:
        each = int(MOST_SHARE * steps / len(ways)) if steps is not None else _TURNS << 40
        if len(ways) > 1 and each >= _LEAST and perf_counter() - began < MOST_SECONDS / 2:
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
    """The layouts allowed."""
    return [training.layout] if training.layout != "auto" else ["plain", "channels_last"]


def _fastest(candidates: list[Pins], trial: Trial, steps: int) -> Pins:
    """The fastest of them, each measured in turn and taken at its best.

    steps: about how many steps there are for each.
    """
    began, speeds, ready = perf_counter(), dict.fromkeys(candidates, 0.0), cache(trial)
    turns = min(_TURNS, steps // _LEAST)
    for turn in range(turns):
        if turn == 0 or perf_counter() - began < MOST_SECONDS / 4:
            for pins in candidates:
                speeds[pins] = max(speeds[pins], _at_once(pins, ready, steps // turns))
    return max(candidates, key=lambda pins: speeds[pins] * _worth(pins))


def _at_once(pins: Pins, trial: Trial, most: int) -> float:
    """Steps a second in one turn of `most` steps at most."""
    step, clock = trial(pins), _clock(pins)
    began = clock()
    step()
    wait(pins.device)
    first = clock() - began
    return 1 / first if first > _LONG else _timed(step, pins, _TURN_SECONDS, most - 1, clock)


def _clock(pins: Pins) -> Clock:
    """On one thread the processor's time, where no other program counts; Windows tells it too coarsely."""
    return process_time if (pins.device, pins.threads) == ("cpu", 1) and os.name != "nt" else perf_counter


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


def _steps_per_second(pins: Pins, trial: Trial) -> float:
    torch.set_num_threads(pins.threads)
    step = trial(pins)
    for _ in range(3):
        step()
    wait(pins.device)
    return _timed(step, pins, MEASURED_SECONDS, None, perf_counter)


def _timed(step: Callable[[], None], pins: Pins, seconds: float, most: int | None, clock: Clock) -> float:
    began, steps = clock(), 0
    while steps != most and clock() - began < seconds:
        step()
        steps += 1
    wait(pins.device)
    return steps / (clock() - began)


def wait(device: str) -> None:
    """Wait until the device has done what it was given to do."""
    if device != "cpu":
        torch.accelerator.synchronize()
