"""Protects the seconds per epoch told before a run: measured in about a second, from real steps."""

import subprocess
import sys
from time import perf_counter

import pytest

from core.engine.trial import SECONDS, trial
from core.problems import Problems
from tests.conftest import ROOT
from tests.experiment.drafts import draft


def test_a_trial_tells_seconds_of_real_steps_within_its_time():
    trial(draft("linear"))  # what is imported on first use
    began = perf_counter()
    told = trial(draft("linear", "linear"))
    assert perf_counter() - began < SECONDS + 5
    assert told["steps"] > 10
    assert 0 < told["seconds_per_epoch"] < 10
    assert told["memory"] >= 0
    assert (told["device"], told["threads"], told["estimated"]) == ("cpu", 1, False)


def test_more_work_takes_longer():
    wide = {"kind": "linear", "units": 1024}
    small, large = trial(draft("linear")), trial(draft(wide, wide, wide))
    assert small["seconds_per_epoch"] < large["seconds_per_epoch"]


def test_a_network_that_diverges_is_still_timed():
    told = trial(draft("linear", data="diabetes", optimizer={"kind": "sgd", "learning_rate": 10.0}))
    assert told["seconds_per_epoch"] >= 0


def test_a_draft_with_problems_is_not_tried():
    with pytest.raises(Problems):
        trial(draft("linear", "max_pool2d"))


WINDOWS = """
import sys
import core.engine.trainer, psutil
sys.modules["resource"] = None  # there is none on Windows
sys.platform = "win32"
import core.engine.trial
"""


def test_what_an_epoch_takes_can_be_measured_where_no_resource_module_is():
    done = subprocess.run([sys.executable, "-c", WINDOWS], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
