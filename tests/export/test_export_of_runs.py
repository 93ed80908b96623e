"""Protects the way from a stored run to its files: through an analyst's answer, and on the page."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file
from streamlit.testing.v1 import AppTest

from core import __main__ as command_line
from core.engine import weights
from core.engine.trainer import Trainer
from core.experiment import templates
from core.experiment.model import write
from core.export import Proof, ways
from core.records import RunState, Snapshot
from core.runtime import analyst, client, exports, locks, paths
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader
from core.store.writer import Writer
from tests.experiment.written import pinned


def page(number, draft=None):
    """What the Studio does when Export was pressed."""
    from pages.parts import export

    export.take_away(number, draft, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store whose dispatcher's place is taken, so that a page starts none."""
    folder = tmp_path_factory.mktemp("store")
    Catalog(folder).close()
    lock = locks.take(paths.jobs_lock(folder))
    assert lock is not None
    lock.sign(version=paths.code_version())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERSCOPE_STORE", str(folder))
        yield folder
    lock.release()


@pytest.fixture(scope="module")
def run(store: Path) -> int:
    """A run that is over, which was asked for in some ways."""
    run = trained(store)
    for to in ("script", "safetensors", "report", "metrics", "tensorboard"):
        answered(store, run=run, name="Iris", to=to)
    return run


@pytest.fixture(scope="module")
def draft(store: Path) -> dict[str, Any]:
    """A draft whose script was asked for: the experiment, and what was told."""
    asked = write(pinned(templates.template("xor").experiment))
    return {"experiment": asked, "told": answered(store, run=None, experiment=asked, to="script")}


def trained(store: Path, over: bool = True, **training: Any) -> int:
    """A short run as a worker leaves it."""
    asked = pinned(templates.template("iris").experiment, **{"epochs": 6, **training})
    with closing(Catalog(store)) as catalog:
        run = catalog.add_run(write(asked), "Iris", f"key of {training}", None, "accuracy")
        trainer = Trainer(asked)
        with closing(Writer(files.make_folder(files.run_folder(store, run)))) as writer:
            writer.append(*trainer.start())
            while not trainer.over and (over or trainer.step < 30):
                writer.append(*trainer.advance(15, 60))
        weights.write(paths.weights(store, run), trainer.network)
        for state in (RunState.STARTING, RunState.RUNNING, *([RunState.FINISHED] if over else [])):
            catalog.set_state(run, state)
    return run


def answered(store: Path, **question: Any) -> dict[str, Any]:
    """What an analyst answers."""
    key = client.ask(store, "export", question)
    analyst.main(key, store)
    found = client.answer(store, key)
    assert found is not None
    return found.facts


def shown(number: int | None, draft: dict[str, Any] | None = None, *, make: str = "") -> AppTest:
    """The dialog, opened, and one way asked for."""
    test = AppTest.from_function(page, kwargs={"number": number, "draft": draft}, default_timeout=60).run()
    if make:
        test.button(key=f"make_{f'run-{number}' if number else 'draft'}_{make}").click().run()
    assert not test.exception, [box.message for box in test.exception]
    return test


def open_ways(test: AppTest) -> set[str]:
    """The ways whose button can be pressed."""
    return {button.key.rpartition("_")[2] for button in test.button if not button.disabled}


def test_a_run_is_written_into_its_folder_with_its_proof(store: Path, run: int) -> None:
    key = client.ask(store, "export", {"run": run, "name": "Iris", "to": "script"})
    told = client.answer(store, key).facts
    assert told["proof"]["equal"]
    assert told["proof"]["compared"] == 20
    assert told["files"] == [str(files.run_folder(store, run) / "exports" / "script.py")]
    assert Path(told["files"][0]).read_text(encoding="utf-8") == told["text"]
    assert not told["passing"]


def test_first_losses_are_told_however_long_the_run(store: Path) -> None:
    run = trained(store, epochs=2000, batch_size=60)
    with closing(Reader(files.run_folder(store, run))) as reader:
        assert len(exports.first_losses(reader)) == 20


def test_every_recorded_point_is_taken_away(store: Path, run: int) -> None:
    with closing(Reader(files.run_folder(store, run))) as reader:
        stored = reader.last_point()
    for to in ("metrics", "tensorboard", "report"):
        proof = answered(store, run=run, name="Iris", to=to)["proof"]
        assert (proof["equal"], proof["compared"]) == (True, stored), proof["said"]


def test_a_draft_has_a_script_and_no_files(draft: dict[str, Any]) -> None:
    told = draft["told"]
    assert told["proof"]["equal"]
    assert told["files"] == []
    assert "def xor(" in told["text"]


def test_a_run_that_is_not_there_is_told(store: Path) -> None:
    assert "There is no run 99" in answered(store, run=99, to="script")["problem"]


def test_the_dialog_offers_every_way_of_a_run_that_is_over(run: int) -> None:
    test = shown(run)
    assert open_ways(test) == set(ways.kinds())
    said = [box.value for box in test.caption]
    assert all(way.help in said for way in ways.WAYS)


def test_the_dialog_shows_the_proof_the_script_and_the_button(run: int) -> None:
    test = shown(run, make="script")
    assert "equal to the run's" in test.success[0].value
    assert "class Net(nn.Module)" in test.code[0].value
    assert [button.label for button in test.get("download_button")] == ["Save .py"]


def test_the_dialog_hands_over_weights_with_their_experiment(run: int) -> None:
    test = shown(run, make="safetensors")
    assert "the same Accuracy" in test.success[0].value
    assert [button.label for button in test.get("download_button")] == [
        "Save .safetensors", "Save .safetensors.json"]


@pytest.mark.parametrize("way", [way for way in ways.WAYS if way.needs == "run"], ids=lambda way: way.kind)
def test_the_dialog_hands_over_what_was_recorded(way: ways.Way, run: int) -> None:
    test = shown(run, make=way.kind)
    assert "points of 5 curves, all equal" in test.success[0].value
    assert [button.label for button in test.get("download_button")] == [f"Save .{way.file.partition('.')[2]}"]


def test_a_draft_offers_what_needs_no_training_and_says_why_not_the_rest(draft: dict[str, Any]) -> None:
    test = shown(None, draft["experiment"], make="script")
    assert open_ways(test) == {"script", "notebook"}
    assert "Nothing has been trained yet. Train first, then export." in [box.value for box in test.caption]
    assert "equal to the engine's" in test.success[0].value
    assert [button.label for button in test.get("download_button")] == ["Save .py"]


def test_what_was_not_checked_is_headed_so(store: Path) -> None:
    run = trained(store, epochs=8)
    key = client.ask(store, "export", {"run": run, "name": "Iris", "to": "script"})
    proof = Proof(to="script", files=(), equal=False, checked=False, compared=0, largest_difference=None,
                  said="Not checked: the script's first step took longer than 50 seconds.")
    facts = {"proof": proof.model_dump(mode="json"), "files": [], "text": "print()", "passing": False}
    analyst.put(store, key, Snapshot(0, 0, facts))
    test = shown(run, make="script")
    assert [box.value for box in test.warning] == ["Not checked."]
    assert not test.error
    assert "The script's first step took longer" in test.text[0].value


def test_weights_that_still_change_are_not_offered(store: Path) -> None:
    run = trained(store, over=False, epochs=7)
    told = answered(store, run=run, to="script")
    assert told["proof"]["equal"]
    assert told["passing"]
    assert "not over yet" in answered(store, run=run, to="safetensors")["problem"]
    assert open_ways(shown(run)) == {way.kind for way in ways.WAYS if way.needs != "weights"}


def test_the_exit_status_tells_what_the_proof_says(
        store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = trained(store, epochs=9)
    words = ["export", str(number), "--store", str(store), "-o", str(tmp_path / "x"), "--to"]
    assert command_line.main([*words, "onnx"]) == 0
    assert "differ from the network's by at most" in capsys.readouterr().out
    left = paths.weights(store, number)
    turned = {name: -array if name.startswith("out.") else array for name, array in load_file(left).items()}
    save_file(turned, left)  # another network than the one that was judged
    assert command_line.main([*words, "safetensors"]) == 1
    assert "instead of" in capsys.readouterr().out
