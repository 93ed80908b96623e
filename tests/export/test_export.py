"""Protects what is taken away: written whole, proved by use, refused with a way out, told when it differs."""

import json
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from core import export
from core.engine import weights
from core.engine.trainer import Trainer
from core.events import StepsRecorded
from core.experiment import templates
from core.experiment.model import Experiment, read
from core.export import Proof, Subject, script, ways
from core.export.proof import of_script
from core.problems import Problems
from tests.conftest import ROOT
from tests.experiment.written import pinned


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A short run that is over, with its weights."""
    return trained("digits-cnn", tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The same of a network that is soon converted."""
    return trained("iris", tmp_path_factory.mktemp("run"))


def trained(name: str, folder: Path) -> Subject:
    asked = pinned(templates.template(name).experiment, epochs=1)
    trainer = Trainer(asked)
    events = trainer.start()
    events += trainer.advance(1000, 60)
    kept = folder / "weights.safetensors"
    weights.write(kept, trainer.network)
    losses = tuple(loss for event in events if isinstance(event, StepsRecorded) for loss in event.losses)
    return Subject(asked, tuple(events), losses, True, kept)


@pytest.fixture(scope="module")
def scripted(ended: Subject, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Proof]:
    """The run's script, and what its proof told."""
    path = tmp_path_factory.mktemp("scripted") / "script.py"
    return path, export.export(ended, "script", path)


@pytest.fixture
def repeated(ended: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts that say the run's losses without training, so that none of them waits for torch."""
    text = f"import sys\nprint(*{ended.losses}[:int(sys.argv[2])], sep='\\n')\n"
    monkeypatch.setattr("core.export.script.text", lambda *_: text)


def test_a_script_is_run_and_says_the_same(scripted: tuple[Path, Proof]) -> None:
    path, proof = scripted
    assert (proof.equal, proof.compared, proof.largest_difference) == (True, 17, 0.0)
    assert "first 17 step losses are equal to the run's" in proof.said
    assert [file.name for file in path.parent.iterdir()] == ["script.py"]


@pytest.mark.usefixtures("repeated")
def test_losses_that_differ_are_told(ended: Subject, tmp_path: Path) -> None:
    other = ended._replace(losses=(ended.losses[0] + 0.5, *ended.losses[1:]))
    proof = export.export(other, "script", tmp_path / "script.py")
    assert not proof.equal
    assert proof.largest_difference == pytest.approx(0.5)
    assert "differ from the run's by up to 0.5" in proof.said


@pytest.mark.parametrize(("text", "word"), [
    ("raise SystemExit('no torch here')", "did not run: no torch here"), ("", "ended after 0 steps, not 1"),
    ("print(float('nan'))", "differ")])
def test_a_script_that_does_not_do_its_work_is_told(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(text)
    proof = of_script(path, [0.5], "the run's")
    assert not proof.equal
    assert proof.largest_difference is None
    assert word in proof.said


def test_weights_are_read_back_and_judged(ended: Subject, tmp_path: Path) -> None:
    path = tmp_path / "digits.safetensors"
    proof = export.export(ended, "safetensors", path)
    assert proof.equal
    assert proof.largest_difference == 0.0
    assert proof.compared == 10 * 359
    assert proof.found == proof.stored == ended.events[-1].test["accuracy"]
    beside = tmp_path / "digits.safetensors.json"
    assert {file.name for file in tmp_path.iterdir()} == {path.name, beside.name}
    assert read(json.loads(beside.read_text())) == ended.experiment
    assert path.read_bytes() == ended.weights.read_bytes()


def test_the_weights_fit_the_script(ended: Subject, scripted: tuple[Path, Proof]) -> None:
    import runpy

    import torch

    net = runpy.run_path(str(scripted[0]))["Net"]()
    held = {name: torch.from_numpy(array) for name, array in load_file(ended.weights).items()}
    assert net.load_state_dict(held, strict=True)


def test_weights_of_a_run_that_goes_on_are_refused(ended: Subject, tmp_path: Path) -> None:
    with pytest.raises(Problems, match=r"not over yet.*Stop it, or wait"):
        export.export(ended._replace(over=False), "safetensors", tmp_path / "x.safetensors")
    with pytest.raises(Problems, match=r"without leaving weights.*Train it again"):
        export.export(ended._replace(weights=tmp_path / "none"), "safetensors", tmp_path / "x.safetensors")
    assert not list(tmp_path.iterdir())


def test_weights_of_another_network_are_refused(ended: Subject, tmp_path: Path) -> None:
    held = load_file(ended.weights)
    held.pop("conv1.0.weight")
    save_file(held, tmp_path / "other")
    with pytest.raises(Problems, match=r"not those of this network"):
        export.export(ended._replace(weights=tmp_path / "other"), "safetensors", tmp_path / "x.safetensors")


@pytest.mark.parametrize("to", ways.kinds())
def test_a_place_that_takes_no_file_is_told(to: str, smaller: Subject, tmp_path: Path) -> None:
    with pytest.raises(Problems, match=r"cannot be written.*Name a file in a folder that exists"):
        export.export(smaller, to, tmp_path / "nowhere" / "x")


def test_every_way_has_a_file_and_a_sentence() -> None:
    for way in ways.WAYS:
        assert (ROOT / "core/export" / f"{way.module}.py").exists()
        assert way.help.endswith(".")
        assert way.file.partition(".")[2]
    assert len(set(ways.kinds())) == len({way.file for way in ways.WAYS}) == len(ways.WAYS)


@pytest.mark.parametrize(("had", "possible"), [
    ({"begun": False, "over": False, "weights": False}, {"draft"}),
    ({"begun": True, "over": False, "weights": False}, {"draft", "run"}),
    ({"begun": True, "over": True, "weights": False}, {"draft", "run"}),
    ({"begun": True, "over": True, "weights": True}, {"draft", "run", "weights"})])
def test_what_is_lacking_is_said_with_the_way_out(had: dict[str, bool], possible: set[str]) -> None:
    for way in ways.WAYS:
        missing = ways.lacking(way, **had)
        assert (missing is None) == (way.needs in possible), way.kind
        assert missing is None or missing.fix


def test_an_unknown_way_is_told_with_the_known_ones(ended: Subject, tmp_path: Path) -> None:
    with pytest.raises(Problems, match=r"'safetensors'"):
        export.export(ended, "safetensor", tmp_path / "x")


def unheard(asked: Experiment, *, stopped: bool) -> Subject:
    """A run steered before it told a loss."""
    trainer = Trainer(asked)
    events = [*trainer.start(), trainer.change("training.optimizer.learning_rate", 0.5),
              trainer.change("training.batch_size", 24), trainer.change("training.clip", 0.2),
              trainer.edit_weight("out", "0.bias", (0,), -1.0)]
    return Subject(asked, (*events, *(trainer.stop() if stopped else [])))


def test_what_was_steered_before_the_first_loss_is_steered_again(tmp_path: Path) -> None:
    asked = pinned(templates.template("iris").experiment, epochs=3)
    proof = export.export(unheard(asked, stopped=False), "script", tmp_path / "script.py")
    text = (tmp_path / "script.py").read_text()
    assert "(0, 'learning_rate', (), 0.5)" in text
    assert "-1.0" in text
    assert "After step 0 the batch size was set to 24 by hand." in text
    assert proof.equal, proof.said
    assert proof.compared > 1
    plain = Subject(asked)  # that a draft's script says the same is proved where a page asks for one
    assert "CHANGES" not in script.text(plain, script.first(plain)[0])


def test_a_run_stopped_before_its_first_step_is_exported_as_that(tmp_path: Path) -> None:
    asked = pinned(templates.template("iris").experiment, epochs=3)
    proof = export.export(unheard(asked, stopped=True), "script", tmp_path / "script.py")
    assert (proof.equal, proof.compared) == (True, 0), proof.said
    assert "before its first step" in proof.said


def test_a_script_that_takes_too_long_is_told_as_not_checked(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.export.proof.PATIENCE", 0.5)
    path = tmp_path / "script.py"
    path.write_text("import time; time.sleep(20)")
    proof = of_script(path, [0.5], "the run's")
    assert not proof.equal
    assert not proof.checked
    assert proof.said.startswith("Not checked: the script's first step took longer than 0.5 seconds")


@pytest.mark.usefixtures("repeated")
def test_a_slow_run_is_compared_over_fewer_steps(ended: Subject, tmp_path: Path) -> None:
    proof = export.export(ended._replace(step_seconds=8.0), "script", tmp_path / "script.py")
    assert (proof.equal, proof.compared) == (True, 3)
