"""Protects the companion: it compiles beside a run only when that may pay, and says what came of it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from core.engine import turbo, turbo_made
from core.engine.native.compiler import Compiled
from core.engine.trainer import Trainer
from core.engine.turbo_graph import described
from core.events import TurboChanged
from core.experiment.model import Experiment, read, write
from core.runtime import paths
from core.runtime import turbo as companions
from core.runtime.turbo import Companion


def spirals(optimizer: str = "adam", **training: object) -> Experiment:
    hidden = {"id": "hidden", "layer": {"kind": "linear", "units": 8}}
    return read({"data": {"kind": "spiral"},
                 "network": {"nodes": [hidden, {"id": "out", "layer": {"kind": "output"}}]},
                 "training": {"optimizer": {"kind": optimizer}, "device": "cpu", "threads": 1, "epochs": None,
                              "turbo": "auto", **training}})


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(companions, "_LOOK", 0.0)


def led(experiment: Experiment, folder, seconds: float = 0.0, free: bool = True) -> list[TurboChanged]:
    """What is told of a run that goes on until something came of it, at least 10 times 20 steps."""
    trainer, told = Trainer(experiment), list[TurboChanged]()
    trainer.start()
    companion = Companion(trainer, told.append, folder)
    until, rounds = time.monotonic() + seconds, 0
    while rounds < 10 or (time.monotonic() < until and not (told and told[-1].state != "compiling")):
        trainer.advance(20, 60)
        companion.glance(free)
        rounds += 1
    companion.end()
    return told


def test_nothing_is_compiled_unless_asked(at_once, tmp_path):
    assert read({}).training.turbo == "off"
    assert led(spirals(turbo="off"), tmp_path) == []


def test_a_run_that_does_not_go_at_full_speed_or_ends_soon_is_left_alone(at_once, tmp_path):
    assert led(spirals(), tmp_path, free=False) == []
    assert led(spirals(epochs=100), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_why_there_is_no_turbo_is_told_once_in_words(at_once, tmp_path):
    (told,) = led(spirals("lbfgs"), tmp_path)
    assert (told.state, told.reason) == ("off", "Its optimizer, LBFGS, goes its own way through a step.")


def test_a_folder_that_takes_nothing_is_told(at_once, tmp_path):
    (tmp_path / "file").write_text("")
    (told,) = led(spirals(), tmp_path / "file" / "turbo")
    assert told.state == "off"
    assert "Nothing can be compiled here" in told.reason


@pytest.mark.skipif(sys.platform == "win32", reason="folders have other rules there")
@pytest.mark.parametrize("open_to_others", ["turbo", "", "turbo/steps.steps"])
def test_programs_that_others_could_have_put_there_are_not_loaded(
        at_once, tmp_path, monkeypatch, open_to_others):
    loads = []
    monkeypatch.setattr(turbo, "wanted", lambda trainer: "steps")
    monkeypatch.setattr(turbo_made, "loaded", loads.append)
    (tmp_path / "turbo").mkdir(mode=0o700)
    (tmp_path / "turbo/steps.steps").write_bytes(b"a program")
    (tmp_path / open_to_others).chmod(0o777)
    (told,) = led(spirals(), tmp_path / "turbo")
    assert told.state == "off"
    assert "Others can change" in told.reason
    assert not loads


@pytest.mark.skipif(sys.platform == "win32", reason="folders have other rules there")
def test_a_link_to_a_program_is_not_loaded(at_once, tmp_path, monkeypatch):
    loads = []
    monkeypatch.setattr(turbo, "wanted", lambda trainer: "steps")
    monkeypatch.setattr(turbo_made, "loaded", loads.append)
    (tmp_path / "elsewhere").write_bytes(b"a program")
    (tmp_path / "steps.steps").symlink_to(tmp_path / "elsewhere")
    (told,) = led(spirals(), tmp_path)
    assert "Others can change" in told.reason
    assert not loads


def test_a_folder_for_compiled_steps_is_closed_to_others(at_once, tmp_path, monkeypatch):
    def refuse(*asked):
        raise OSError(28, "no room")

    monkeypatch.setattr(companions, "Compiling", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = os.umask(0)
    try:
        (told,) = led(spirals(), paths.compiled())
    finally:
        os.umask(before)
    assert "no room" in told.reason
    made = tmp_path / "layerscope", paths.compiled()
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o700, 0o700]


@pytest.mark.parametrize("named", ["", "here"])
def test_a_cache_folder_that_is_not_absolute_counts_as_not_there(monkeypatch, named):
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert paths.compiled() == Path.home() / ".cache/layerscope/turbo"


@pytest.mark.slow
def test_without_a_compiler_the_run_trains_on_and_says_why(at_once, tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    begun, ended = led(spirals(), tmp_path, seconds=300)
    assert (begun.state, ended.state) == ("compiling", "off")
    assert "C++ compiler" in ended.reason


@pytest.mark.slow
def test_steps_are_compiled_beside_the_run_and_found_again_by_the_next(at_once, tmp_path):
    begun, on = led(spirals(), tmp_path, seconds=500)
    assert (begun.state, on.state) == ("compiling", "on")
    assert on.gain > turbo.LEAST_GAIN
    assert on.step > begun.step
    (again,) = led(spirals(), tmp_path, seconds=60)
    assert (again.state, again.seconds) == ("on", 0.0)
    assert [path.suffix for path in tmp_path.iterdir()] == [".steps"]


@pytest.mark.slow
def test_a_compilation_ends_with_the_run_it_is_for(tmp_path):
    process = subprocess.Popen([sys.executable, "-m", "core.runtime.turbo_compile"],
                               cwd=paths.ROOT, stdin=subprocess.PIPE)
    assert process.stdin is not None
    asked = {"path": str(tmp_path / "steps.steps"), "threads": 1, "experiment": write(spirals())}
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    process.stdin.close()
    assert process.wait(timeout=120) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_steps_a_run_used_are_taken_up_again_without_being_measured(tmp_path, monkeypatch):
    trainer, told = Trainer(spirals()), list[TurboChanged]()
    trainer.start()
    trainer.advance(1, 60)
    steps, _ = described(trainer.experiment)
    monkeypatch.setattr(turbo_made, "loaded", lambda path: Compiled(lambda first, count, given: (
        steps(torch.tensor(first), torch.tensor(count), *given)[:count]), whole=True))
    monkeypatch.setattr(turbo, "gain", lambda *given: pytest.fail("measured"))
    key = turbo.wanted(trainer)
    tmp_path.chmod(0o700)
    (tmp_path / f"{key}.steps").touch(mode=0o600)
    assert Companion(trainer, told.append, tmp_path).pin(key, lambda: True) == ""
    assert trainer.turbo is not None
    assert trainer.state()["turbo"] == key
    assert told == []


class Endless:
    over = False

    def __init__(self, trainer: object, key: str, path: object) -> None:
        self.key = key

    def end(self) -> None:
        pass


def test_turbo_switched_off_while_it_compiles_and_on_again_compiles_anew(at_once, tmp_path, monkeypatch):
    monkeypatch.setattr(companions, "Compiling", Endless)
    trainer, told = Trainer(spirals()), list[TurboChanged]()
    trainer.start()
    companion = Companion(trainer, told.append, tmp_path)
    for turbo_is in ("auto", "off", "auto"):
        if trainer.experiment.training.turbo != turbo_is:
            trainer.change("training.turbo", turbo_is)
        for _ in range(10):
            trainer.advance(20, 60)
            companion.glance(free=True)
    assert [event.state for event in told] == ["compiling", "off", "compiling"]


def test_steps_that_cannot_be_had_again_are_told_and_it_goes_on_with_plain_ones(tmp_path, monkeypatch):
    trainer, told = Trainer(spirals()), list[TurboChanged]()
    trainer.start()
    trainer.advance(1, 60)
    companion = Companion(trainer, told.append, tmp_path)
    assert "another version" in companion.pin("of another version", lambda: True)
    key = turbo.wanted(trainer)
    (tmp_path / f"{key}.steps").write_text("no program")
    assert "could not be loaded" in companion.pin(key, lambda: True)
    (tmp_path / f"{key}.steps").unlink()
    monkeypatch.setattr(companions, "Compiling", Endless)
    assert "the run was ended" in companion.pin(key, lambda: False)
    assert trainer.turbo is None
    assert [event.state for event in told if event.state != "compiling"] == ["off"] * 3
    trainer.advance(10, 60)
    assert trainer.step == 11
