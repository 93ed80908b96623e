"""Protects the spare compiling process: it compiles when asked, says why not, and ends with its worker."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.runtime import paths, spare
from tests.conftest import until

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="it is forked")

KEEPS = "from core.runtime import spare; spare.keep(); "
NOTHING_TO_LOAD = """
import sys, types
sys.modules["core.engine.turbo_made"] = types.SimpleNamespace(load=lambda: None)
"""
COMPILES = KEEPS + """
import json, pathlib, subprocess, sys
from tests.conftest import until
from core.engine.trainer import Trainer
from core.experiment.model import read
from core.runtime.compiling import Compiling

def refuse(*asked, **how):
    raise AssertionError("started anew")

subprocess.Popen = refuse
path = pathlib.Path(sys.argv[1])
compiling = Compiling(Trainer(read(json.loads(sys.argv[2]))), "key", path)
assert not spare.ready()
until(lambda: compiling.over, 250)
print([compiling.reason()], path.exists())
"""


def run(program: str, *asked: str) -> str:
    done = subprocess.run([sys.executable, "-c", program, *asked], cwd=paths.ROOT, capture_output=True,
                          text=True, timeout=300, check=True)
    return done.stdout.strip()


def alive(pid: int) -> bool:
    """Whether there is such a process, other than as the memory of one that ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_spare_ends_with_the_process_it_was_kept_for():
    pid = int(run(NOTHING_TO_LOAD + KEEPS + "print(spare._waiting[0]._pid)"))
    until(lambda: not alive(pid), what="its end")


def test_what_it_is_told_is_heard_while_it_loads(tmp_path):
    loaded = f"pathlib.Path({str(tmp_path / 'loaded')!r})"
    slow = NOTHING_TO_LOAD.replace("lambda: None", f"lambda: until({loaded}.exists)")
    assert run("import pathlib; from tests.conftest import until" + slow + KEEPS + f"""
process = spare.take()
process.stdin.write(b"x" * 1_000_000 + bytes([10]))
process.stdin.flush()
print("told")
{loaded}.touch()
""") == "told"


def test_a_run_trains_where_no_process_more_can_be_forked(monkeypatch):
    def full() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    open_before = len(os.listdir("/proc/self/fd"))
    spare.keep()
    assert not spare.ready()
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_nothing_is_ready_where_none_was_kept():
    assert not spare.ready()
    assert spare.take() is None


@pytest.mark.slow
def test_it_compiles_and_says_why_where_it_cannot(tmp_path):
    network = {"nodes": [{"id": "out", "layer": {"kind": "output"}}]}
    asked = {"data": {"kind": "spiral"}, "network": network, "training": {"device": "cpu", "threads": 1}}
    assert run(COMPILES, str(tmp_path / "a.steps"), json.dumps(asked)) == "[''] True"
    asked["training"] |= {"optimizer": {"kind": "lbfgs"}}
    told = run(COMPILES, str(tmp_path / "b.steps"), json.dumps(asked))
    assert "LBFGS, goes its own way" in told
    assert told.endswith("False")
    assert os.listdir(tmp_path) == ["a.steps"]
