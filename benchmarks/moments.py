"""The time machine: positions a second that the slider moves everything to; what keeping moments costs."""

import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import Figure
from benchmarks.networks import NETWORKS
from core.engine.checkpoint import Checkpoints
from core.engine.probes import Probe
from core.engine.trainer import Trainer
from core.experiment.model import Experiment, write
from core.runtime.eye import Eye
from core.runtime.keeper import Keeper
from core.runtime.saver import Saver
from core.store.catalog import Catalog
from tests.browser.conftest import FLAGS, SEEN
from tests.conftest import chromium_path, start_app, until

SECONDS, POSITIONS = 40.0, 30
FLUSH = 0.1
"""Seconds between two times of storing what was told, as in the app."""

# Moves the slider to a place, and tells how many milliseconds later the step is drawn that it stands for.
MOVE = """place => new Promise((done) => {
  const slider = document.querySelector('#ls-time');
  const began = performance.now();
  slider.value = place;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const digits = (text) => text.replace(/[^0-9]/g, '');
  const look = () => {
    const step = digits(document.querySelector('.ls-time-words').textContent);
    const shown = document.querySelector('.ls-output').textContent.match(/After step ([^.]*)/);
    if (step && shown && digits(shown[1]) === step) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def measure() -> Iterator[Figure]:
    """Positions a second beside a run that trains, then the share of time that moments take."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = start_app(Path(folder) / "store")
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_init_script(SEEN)
            page = context.new_page()
            page.goto(app.url)
            yield _positions(page)
        finally:
            browser.close()
            app.end()
    import_module("core.runtime.warm")  # what a worker is forked with
    for name, make in NETWORKS.items():
        yield _cost(name, make())


def _positions(page: Page) -> Figure:
    page.locator(".ls-until", has_text="until stopped").click()
    page.locator(".ls-train").click()
    slider = page.locator("#ls-time")
    until(lambda: int(slider.get_attribute("max") or 0) >= 10, 120, "ten moments")
    began = time.monotonic()
    each = [page.evaluate(MOVE, place) for place in (number * 7 % 10 for number in range(POSITIONS))]
    rate = POSITIONS / (time.monotonic() - began)
    return Figure("the slider moved: positions a second, surface and every neuron map drawn, beside the run",
                  f"{rate:.1f} (median {median(each):.0f} ms, worst {max(each):.0f})", "≥ 5", rate >= 5)


def _cost(name: str, experiment: Experiment) -> Figure:
    """A run as a worker leads it, with the time spent on moments taken apart."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        catalog = Catalog(store)
        run = catalog.run(catalog.add_run(write(experiment), name, "x" * 8, None, "accuracy"))
        keeper, trainer = Keeper(store, run, lambda: False), Trainer(experiment)
        eye = Eye(Probe(trainer.network, trainer.split, trainer.experiment), keeper.snapshot, keeper.note)
        saver = Saver(Checkpoints(store / "checkpoints"), keeper, eye)
        (store / "runs" / f"{run.id:06d}" / "run.lock").touch()
        keeper.hear(*trainer.start())
        spent, began = 0.0, time.perf_counter()
        flushed = began
        while not trainer.over and time.perf_counter() - began < SECONDS:
            keeper.hear(*trainer.advance(1_000_000, 0.01))
            if time.perf_counter() - flushed >= FLUSH:
                keeper.flush()
                flushed = time.perf_counter()
            before = time.perf_counter()
            saver.glance(trainer)
            spent += time.perf_counter() - before
        share, kept = spent / (time.perf_counter() - began), len(saver.checkpoints.steps())
        keeper.close()
        catalog.close()
    return Figure(f"{name}: share of a run's time that keeping moments takes ({SECONDS:.0f} s, {kept} kept)",
                  f"{share:.1%}", "≤ 2 %", share <= 0.02)
