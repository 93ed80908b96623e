"""Protects against data that would run: hostile input is handled under an audit hook, and nothing runs."""

import subprocess
import sys

from tests.conftest import ROOT


def ran(*words: str) -> str:
    """What ran while hostile input was handled."""
    command = [sys.executable, "-m", "tests.runtime.hostile", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_hostile_input_runs_nothing(tmp_path):
    assert ran(str(tmp_path)) == "[]"
    assert not (ROOT / "owned").exists()


def test_the_hook_finds_a_planted_fault(tmp_path):
    assert "compile" in ran(str(tmp_path), "planted")
