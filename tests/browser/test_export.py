"""Protects the way a person takes a run away: pressed in the Studio, checked, saved, and fit to run alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from safetensors.numpy import load_file

from core.experiment.model import read
from tests.conftest import App

pytestmark = pytest.mark.browser


@pytest.fixture
def ended(app: App) -> int:
    """A short run that is over."""
    with app.page() as page:
        draft = page.draft("iris")
        draft["training"]["epochs"] = 5
        run = page.train(draft)
        page.well("watch", run=run)
        page.until_state("finished")
    return run


def save(tab, name: str, folder: Path) -> Path:
    """What a button gives to save."""
    with tab.page.expect_download() as waited:
        tab.page.get_by_role("button", name=name, exact=True).click()
    path = folder / waited.value.suggested_filename
    waited.value.save_as(path)
    return path


def make(tab, way: str) -> None:
    """Press the button of a way."""
    row = tab.page.get_by_role("dialog").locator(".stHorizontalBlock", has_text=way)
    row.get_by_role("button", name="Make", exact=True).first.click()


def opened(tab):
    """The dialog, opened."""
    tab.page.locator(".ls-bar").get_by_role("button", name="Export", exact=True).click()
    return tab.page.get_by_role("dialog")


def test_a_run_is_taken_away_as_a_script_and_as_weights(studio, ended: int, tmp_path: Path) -> None:
    tab = studio(f"/?run={ended}")
    dialog = opened(tab)
    make(tab, "Python script")
    expect(dialog.get_by_text("equal to the run's, to the last digit")).to_be_visible(timeout=60_000)
    script = save(tab, "Save .py", tmp_path)
    command = [sys.executable, "-I", str(script), "--losses", "3"]
    assert len(subprocess.run(command, capture_output=True, check=True).stdout.splitlines()) == 3
    make(tab, "Weights")
    expect(dialog.get_by_text("and the same Accuracy")).to_be_visible(timeout=60_000)
    assert "out.0.weight" in load_file(save(tab, "Save .safetensors", tmp_path))
    assert read(json.loads(save(tab, "Save .safetensors.json", tmp_path).read_text())).training.epochs == 5
    tab.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert tab.page.locator(".ls-box").count() >= 3
