"""Limits: what a run may take of the machine, as its experiment says, and whether it has."""

import psutil

from core.experiment.model import Training

_GB = 1e9


def reached(training: Training, seconds: float) -> str:
    """Which limit a run has reached after so many seconds of training, for a reader; empty while none is."""
    if training.minutes is not None and seconds >= 60 * training.minutes:
        return f"It reached its limit of {training.minutes:g} minutes."
    if training.memory is not None and (taken := psutil.Process().memory_info().rss / _GB) > training.memory:
        return f"Its process took {taken:.2g} GB, more than its limit of {training.memory:g} GB."
    return ""
