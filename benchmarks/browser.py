"""The Studio in a Chromium on the same cores: how soon a press, a slider and a value are seen.

A run says with its progress when that was so; a value is seen when the chart that shows it was drawn.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import Figure
from core.store import files
from core.store.reader import Reader
from tests.browser.conftest import FLAGS, SEEN
from tests.conftest import App, chromium_path, start_app, until

PRESSES, MOVES, SECONDS = 7, 20, 30.0

# Notes, once a frame, when the chart was drawn again and what it then showed.
WATCH = """() => {
  window.__seen = []; let draws = 0;
  const look = () => {
    const now = window.__layerscope;
    if (now && now.chartDraws !== draws) {
      draws = now.chartDraws;
      window.__seen.push([performance.timeOrigin + performance.now(), now.lastTickStep, now.frames]);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def measure() -> Iterator[Figure]:
    """Presses, moves, and a run of at least 30 seconds at a pace a person watches."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = start_app(Path(folder) / "store")
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_init_script(SEEN)
            page = context.new_page()
            page.goto(app.url)
            with app.page() as other:  # until an analyst has answered, nothing has drawn the surface
                other.well("look", draft=other.draft(), run=None, sample=0)
            yield from _presses(page)
            yield from _moves(app)
            yield from _watched(app, page)
        finally:
            browser.close()
            app.end()


def _presses(page: Page) -> Iterator[Figure]:
    times: list[float] = []
    for _ in range(PRESSES):
        page.locator(".ls-train").click()
        until(lambda: _facts(page)["firstPointAt"], 20, "a first point")
        facts = _facts(page)
        times.append(facts["firstPointAt"] - facts["trainPressedAt"])
        page.get_by_role("button", name="Stop", exact=True).click()
        page.locator(".ls-train", has_text="Train").wait_for()
        page.wait_for_timeout(500)
    yield Figure(
        "Train pressed → first point on screen, the first time",
        f"{times[0]:.0f} ms",
        "≤ 1500 ms",
        times[0] <= 1500,
    )
    warm = median(times[1:])
    yield Figure(
        "Train pressed → first point on screen, warm, median", f"{warm:.0f} ms", "≤ 700 ms", warm <= 700
    )


def _moves(app: App) -> Iterator[Figure]:
    """From the command sent to the mark told back; the run obeyed somewhere before that."""
    times: list[float] = []
    with app.page() as page:
        draft = page.draft()
        draft["training"]["epochs"] = None
        run = page.train(draft)
        page.well("watch", run=run, after=0)
        page.until_state("running")
        for move in range(MOVES):
            began = time.perf_counter()
            page.well(
                "command",
                run=run,
                command={
                    "kind": "set",
                    "setting": "training.optimizer.learning_rate",
                    "value": 0.001 + move * 1e-5,
                },
            )
            until(lambda want=move + 1: page.hear(seconds=0.01) or _marks(page.ticks) >= want, 10, "a mark")
            times.append(1000 * (time.perf_counter() - began))
        page.well("command", run=run, command={"kind": "stop"})
    yield Figure(
        f"learning rate moved → told back as obeyed (at most), median of {MOVES}",
        f"{median(times):.0f} ms (worst {max(times):.0f})",
        "≤ 150 ms",
        median(times) <= 150,
    )


def _watched(app: App, page: Page) -> Iterator[Figure]:
    page.locator(".ls-until").first.click()  # epochs: until stopped
    page.evaluate(WATCH)
    page.locator(".ls-train").click()
    until(lambda: _facts(page)["firstPointAt"], 20, "a first point")
    run = page.evaluate("Number(new URL(location.href).searchParams.get('run'))")
    page.evaluate("""() => { const chart = document.querySelector('.ls-chart'); chart.mark = 1;
        return Plotly.relayout(chart, { 'xaxis.range[0]': 3, 'xaxis.range[1]': 40 }); }""")
    page.evaluate("window.__seen.length = 0")
    with _Said(files.run_folder(app.store, run)) as said:
        page.wait_for_timeout(1000 * SECONDS)
    seen: list[list[float]] = page.evaluate("window.__seen")
    mark, zoom = page.evaluate("""() => {
        const chart = document.querySelector('.ls-chart');
        return [chart.mark, chart.layout.xaxis.range];
    }""")
    facts = _facts(page)
    page.get_by_role("button", name="Stop", exact=True).click()
    yield from _shown(said.noted, seen)
    yield Figure(
        f"zoom after {len(seen)} updates; chart nodes made",
        f"{zoom}; {facts['chartMounts']}",
        "[3, 40]; 1",
        mark == 1 and zoom == [3, 40] and facts["chartMounts"] == 1,
    )


def _shown(said: list[tuple[float, int]], seen: list[list[float]]) -> Iterator[Figure]:
    """How old values are when they appear, and how often something new appears."""
    ages: list[float] = []
    for computed, step in said:
        shown = next((at for at, last, _ in seen if last >= step and at >= computed), None)
        if shown is not None:
            ages.append(shown - computed)
    late = quantiles(ages, n=20)[-1]
    yield Figure(
        f"value → pixel, median of {len(ages)}",
        f"{median(ages):.0f} ms (95 %: {late:.0f})",
        "≤ 150 ms",
        median(ages) <= 150,
    )
    seconds = (seen[-1][0] - seen[0][0]) / 1000
    draws, frames = len(seen) / seconds, (seen[-1][2] - seen[0][2]) / seconds
    yield Figure(
        "updates a second: loss chart; surface and every neuron map",
        f"{draws:.1f}; {frames:.1f}",
        "≥ 8",
        min(draws, frames) >= 8,
    )


class _Said:
    """Notes every step a run tells, with when it was reached: (milliseconds since 1970, step)."""

    def __init__(self, folder: Path) -> None:
        self.noted: list[tuple[float, int]] = []
        self._folder = folder
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "_Said":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with closing(Reader(self._folder)) as reader:
            step = 0
            while not self._over.wait(0.01):
                progress = reader.progress()
                if progress and progress.at and progress.step > step:
                    step = progress.step
                    self.noted.append((1000 * progress.at, step))


def _facts(page: Page) -> dict[str, Any]:
    return page.evaluate("window.__layerscope")


def _marks(ticks: list[dict[str, Any]]) -> int:
    return sum(len(tick["marks"]) for tick in ticks)
