"""Protects how children use memory: what a step let go of is there for the next one."""

import os
import subprocess
import sys

import pytest

from core.runtime.children import HELD
from tests.runtime.conftest import experiment

STEPS = """
import resource, torch
for step in range(20):
    if step == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    held = [torch.zeros(7_000_000).add_(1) for _ in range(4)]
    while held:
        held.pop()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(environment: dict[str, str]) -> int:
    """How often ten steps with 112 MB of tensors, after ten others, were given a page of memory anew."""
    rest = {name: value for name, value in os.environ.items() if name not in HELD} | {"OMP_NUM_THREADS": "1"}
    return int(subprocess.run([sys.executable, "-c", STEPS], env=rest | environment,
                              capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a matter of glibc")
def test_memory_that_a_step_let_go_of_is_not_asked_of_the_system_again():
    assert faults(HELD) < 100  # otherwise up to 273,000, as chance has laid the memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a matter of glibc")
def test_workers_are_told_so(works):
    run = works.queue(experiment(epochs=None))
    works.until_step(run, 1)
    assert works.worker(run).environ().items() >= HELD.items()
