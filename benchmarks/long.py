"""A run of ten million points: what a look at it costs, and how soon its page is there."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.figures import Figure
from core.events import Started, StepsRecorded
from core.experiment.model import write
from core.experiment.templates import template
from core.records import RunState
from core.runtime.feed import Feed
from core.store import files
from core.store.catalog import Catalog
from core.store.writer import Writer
from tests.browser.conftest import FLAGS, SEEN
from tests.conftest import App, chromium_path, start_app

SHORT, LONG, AT_ONCE, OPENINGS = 1_000, 10_000_000, 10_000, 5
DRAWN = """([low, high]) => {
  const chart = document.querySelector('.ls-chart');
  const there = ({ x }) => x?.length > 100 && x.at(-1) >= low && x.at(-1) <= high;
  return chart?.data?.some(there) && performance.now();
}"""
CHOSEN = """name => {
  window.__pressed = performance.now();
  const rows = [...document.querySelectorAll('.ls-popover .ls-link')];
  rows.find(({ textContent }) => textContent.includes(name)).click();
}"""


def measure() -> Iterator[Figure]:
    """Ticks, first looks and openings of a short and a long run."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = Path(folder) / "store"
        runs = {length: _written(store, length) for length in (SHORT, LONG)}
        ticks = {length: _tick(store, run, length) for length, run in runs.items()}
        yield Figure(f"a tick of ten new points after {LONG:,} points ÷ after {SHORT:,}",
                     f"{ticks[LONG] / ticks[SHORT]:.2f} ({1e6 * ticks[LONG]:.0f} µs)", "≤ 1.2",
                     ticks[LONG] / ticks[SHORT] <= 1.2)
        app = start_app(store)
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_init_script(SEEN)
            _opened(context, app, runs[SHORT], SHORT)  # the server and the browser are warm
            yield from _openings(context, app, runs)
        finally:
            browser.close()
            app.end()


def _openings(context: BrowserContext, app: App, runs: dict[int, int]) -> Iterator[Figure]:
    """From the list of runs, and by its address in a new tab, which starts all of the page's code too."""
    page = context.new_page()
    page.goto(f"{app.url}/?run={runs[SHORT]}")
    chosen: list[float] = []
    for _ in range(OPENINGS):
        chosen.append(_chosen(page, LONG))
        _chosen(page, SHORT)
    chosen.sort()
    page.close()
    yield _figure(f"a run of {LONG:,} points, opened from the list of runs → its curve drawn", chosen, 1000)
    for length, run in runs.items():
        times = sorted(_opened(context, app, run, length) for _ in range(OPENINGS))
        yield _figure(f"a run of {length:,} points, opened by its address in a new tab → drawn", times)


def _figure(what: str, times: list[float], most: float | None = None) -> Figure:
    told = f"median {median(times):.0f} ms ({times[0]:.0f}–{times[-1]:.0f}, {len(times)} times)"
    return Figure(what, told, f"≤ {most:.0f} ms" if most else "", median(times) <= most if most else None)


def _chosen(page: Page, length: int) -> float:
    """Milliseconds from pressing a run in the list to its curve being drawn."""
    page.locator(".ls-box").first.wait_for()
    page.get_by_role("button", name="Runs", exact=True).click()
    page.locator(".ls-popover .ls-link").first.wait_for()
    page.evaluate(CHOSEN, f"{length:,} points")
    drawn = _drawn(page, length)
    return drawn - page.evaluate("window.__pressed")


def _written(store: Path, length: int) -> int:
    """A run that told so many points."""
    experiment = template("two-spirals").experiment
    with closing(Catalog(store)) as catalog:
        run = catalog.add_run(write(experiment), f"{length:,} points", os.urandom(8).hex(), None, "accuracy")
        catalog.set_state(run, RunState.RUNNING)
        sizes = experiment.data.sizes()
        with closing(Writer(files.make_folder(files.run_folder(store, run)))) as writer:
            writer.append(Started(
                parameters=1, device="cpu", device_name="a processor", threads=1, epochs=None, data_hash="",
                steps_per_epoch=10, samples={"train": sizes.train, "validation": 1, "test": 1},
                torch_version=""))
            for first in range(1, length, AT_ONCE):
                writer.append(_recorded(first, min(AT_ONCE, length)))
        catalog.set_state(run, RunState.INTERRUPTED)
    return run


def _tick(store: Path, run: int, length: int) -> float:
    """Median seconds of a look when ten points are new."""
    times: list[float] = []
    with closing(Writer(files.run_folder(store, run))) as writer, closing(Feed(store, run)) as feed:
        feed.news()
        for first in range(length + 1, length + 2001, 10):
            writer.append(_recorded(first, 10))
            began = time.perf_counter()
            assert feed.news() is not None
            times.append(time.perf_counter() - began)
    return median(times)


def _opened(context: BrowserContext, app: App, run: int, length: int) -> float:
    """Milliseconds from asking for a run's page to its curve being drawn."""
    page = context.new_page()
    page.goto(f"{app.url}/?run={run}", wait_until="commit")
    drawn = _drawn(page, length)
    page.close()
    return drawn


def _drawn(page: Page, length: int) -> float:
    """When the curve of the run of this length was drawn, by the page's clock."""
    reach = [length, length + 3 * SHORT]
    return page.wait_for_function(DRAWN, arg=reach, polling="raf", timeout=60_000).json_value()


def _recorded(first: int, count: int) -> StepsRecorded:
    """Steps one after the other, their losses falling and scattered."""
    losses = tuple(1 / (1 + step / 1000) + 0.1 * (step * 7919 % 1000) / 1000
                   for step in range(first, first + count))
    return StepsRecorded(steps=tuple(range(first, first + count)), losses=losses)
