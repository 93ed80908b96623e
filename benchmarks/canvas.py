"""The network canvas with 100 layers in a Chromium on the same cores, beside a run that trains all the while.

A drag is a pointer moved once in every frame the browser gives; a frame counts when what is dragged moved.
"""

import json
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import Figure
from tests.browser.conftest import FLAGS, SEEN
from tests.conftest import App, chromium_path, start_app, until

LAYERS, OPENINGS, SECONDS = 99, 9, 4.0
KINDS = ("linear", "relu", "layer_norm", "dropout")

# Opens an experiment as a dropped file; answers when it stood on the screen, in milliseconds.
OPEN = """([text, boxes]) => new Promise((done) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], 'drawn.json', { type: 'application/json' }));
  const began = performance.now();
  const look = () => {
    const drawn = document.querySelectorAll('.ls-box').length === boxes;
    if (!drawn) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  };
  const how = { dataTransfer: carried, bubbles: true, cancelable: true };
  document.dispatchEvent(new DragEvent('drop', how));
  look();
})"""

# Presses on an element, then moves the pointer once a frame; answers the times of frames in which it moved.
DRAG = """([pressed, moving, seconds]) => new Promise((done) => {
  const element = document.querySelector(pressed);
  const { left, top } = element.getBoundingClientRect();
  const [x, y] = [left + 12, top + 6];
  const tell = (kind, at) => element.dispatchEvent(new PointerEvent(kind, { bubbles: true, cancelable: true,
    pointerId: 1, pointerType: 'mouse', isPrimary: true, buttons: 1, clientX: at[0], clientY: at[1] }));
  const { style } = document.querySelector(moving);
  const place = () => style.transform + style.translate;
  const times = []; let last = place(); let frame = 0; const began = performance.now();
  tell('pointerdown', [x, y]);
  const step = (now) => {
    if (place() !== last) times.push(now);
    last = place();
    frame += 1;
    if (performance.now() - began > seconds * 1000) {
      tell('pointercancel', [x, y]);
      return done(times);
    }
    tell('pointermove', [x + 90 * Math.sin(frame / 9), y + 60 * Math.cos(frame / 9)]);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def measure() -> Iterator[Figure]:
    """How soon 100 layers are drawn, and how smoothly they are dragged."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = start_app(Path(folder) / "store")
        browser = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_init_script(SEEN)
            page = context.new_page()
            page.goto(app.url)
            page.locator(".ls-box").first.wait_for()
            yield _opened(app, page)
            yield from _dragged(page)
        finally:
            browser.close()
            app.end()


def experiment(layers: int) -> dict[str, Any]:
    """A chain of so many layers and an output, until stopped."""
    nodes = [{"id": f"n{place}", "layer": {"kind": KINDS[place % len(KINDS)]}} for place in range(layers)]
    return {"name": "drawn", "network": {"nodes": [*nodes, {"id": "out", "layer": {"kind": "output"}}]},
            "training": {"epochs": None}}


def _opened(app: App, page: Page) -> Figure:
    times: list[float] = []
    long, none = json.dumps(experiment(LAYERS)), json.dumps(experiment(0))
    with app.page() as other:
        run = other.train(experiment(LAYERS))
        other.well("watch", run=run, after=0)
        other.until_state("running")
        for _ in range(OPENINGS):
            page.evaluate(OPEN, [none, 2])
            page.wait_for_timeout(300)
            times.append(page.evaluate(OPEN, [long, LAYERS + 2]))
        other.well("command", run=run, command={"kind": "stop"})
        other.until_state("stopped")
    worst = max(times)
    return Figure(f"a network of {LAYERS + 1} nodes opened → drawn, median of {OPENINGS} beside a run",
                  f"{median(times):.0f} ms (worst {worst:.0f})", "≤ 500 ms", median(times) <= 500)


def _dragged(page: Page) -> Iterator[Figure]:
    """The run shown on the page is that of the 100 layers themselves."""
    page.locator(".ls-train").click()
    until(lambda: page.evaluate("window.__layerscope.frames") > 3, 60, "live pictures")
    yield _frames(page, "all of it panned", ".ls-field", ".ls-world")
    yield _frames(page, "a box dragged, all in sight", '.ls-box[data-id="n40"]', '.ls-box[data-id="n40"]')
    page.keyboard.press("+")
    for _ in range(3):
        page.keyboard.press("+")
    page.wait_for_timeout(500)
    seen = page.locator(".ls-box:not(.ls-out)").count()
    yield _frames(page, f"panned near, {seen} boxes live inside", ".ls-field", ".ls-world")
    near = page.locator(".ls-box:not(.ls-out)").nth(seen // 2).get_attribute("data-id")
    yield _frames(page, "a box dragged near", f'.ls-box[data-id="{near}"]', f'.ls-box[data-id="{near}"]')
    page.get_by_role("button", name="Stop", exact=True).click()


def _frames(page: Page, what: str, pressed: str, moving: str) -> Figure:
    before = page.evaluate("window.__layerscope.frames")
    times: list[float] = page.evaluate(DRAG, [pressed, moving, SECONDS])
    pictures = (page.evaluate("window.__layerscope.frames") - before) / SECONDS
    rate = 1000 * (len(times) - 1) / (times[-1] - times[0])
    late = quantiles((b - a for a, b in pairwise(times)), n=20)[-1]
    return Figure(f"{what}, while it trains: frames a second",
                  f"{rate:.0f} (95 % within {late:.0f} ms; {pictures:.1f} live pictures a second)",
                  "≥ 30", rate >= 30)
