"""A Chromium for a session, and a page that remembers what it complained about."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.records import RunState
from core.store.catalog import Catalog
from core.store.trouble import RunIsOver
from tests.conftest import App, until

expect.set_options(timeout=30_000)

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
STORED = "cookies,file_systems,indexeddb,local_storage,service_workers,cache_storage"
SEEN = "localStorage.setItem('layerscope.hint', 'done')"
# Streamlit looks for its server below a page's own address first; those two questions are answered 404.
KNOWN = ("/runs/_stcore/", "/system/_stcore/")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A test that failed shows what the app said: the page only tells that something went wrong."""
    report = yield
    app = item.funcargs.get("app") if isinstance(item, pytest.Function) else None
    if report.failed and isinstance(app, App):
        report.sections.append(("what the app said", app.log.read_text(errors="replace")[-6_000:]))
    return report


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module", autouse=True)
def nothing_left_training(app: App) -> Iterator[None]:
    """A run that a file of tests left behind takes no processor from the next one."""
    yield
    catalog = Catalog(app.store, create=False)
    for run in catalog.in_state(*(state for state in RunState if not state.over)):
        with suppress(RunIsOver):
            catalog.command(run.id, {"kind": "stop"})
    until(lambda: all(run.state.over for run in catalog.runs()), what="every run being over")
    catalog.close()


@dataclass
class Tab:
    """A page with all it said on its console, asked of other hosts, and popped up."""

    page: Page
    faults: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    popped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url))
        self.page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        if message.type == "error" and not any(known in str(message.location) for known in KNOWN):
            self.faults.append(f"{message.text} {message.location}")

    def _request(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.foreign.append(url)

    def _dialog(self, dialog: Any) -> None:
        self.popped.append(dialog.message)
        dialog.dismiss()

    def facts(self) -> dict[str, Any]:
        """What the Studio counts of itself."""
        return self.page.evaluate("window.__layerscope")

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()


@pytest.fixture(scope="session")
def rested(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Contexts of ordinary visitors who left: the next one finds the code of the pages there, no more."""
    contexts: list[BrowserContext] = []
    yield contexts
    for context in contexts:
        context.close()


def emptied(context: BrowserContext, app: App) -> BrowserContext:
    """The context with no page open, and nothing kept that the app could know a visitor by."""
    for page in context.pages:
        page.close()
    devtools = context.new_cdp_session(page := context.new_page())
    devtools.send("Storage.clearDataForOrigin", {"origin": app.url, "storageTypes": STORED})
    page.close()
    context.clear_cookies()
    return context


@pytest.fixture
def tab(browser: Browser, app: App, rested: list[BrowserContext]) -> Iterator[Callable[..., Tab]]:
    """Opens pages; afterwards none of them may have complained, or asked anybody else anything."""
    contexts: list[BrowserContext] = []
    plain: list[BrowserContext] = []
    tabs: list[Tab] = []

    def open_tab(path: str = "/", *, width: int = 1280, height: int = 800, dark: bool = False,
                 hint: bool = False, touch: bool = False, at: App = app) -> Tab:
        ordinary = not (touch or hint or at is not app)
        if ordinary and rested:
            context = rested.pop()
        else:
            context = browser.new_context(has_touch=touch)
            context.set_default_timeout(60_000)
            if not hint:
                context.add_init_script(SEEN)
        (plain if ordinary else contexts).append(context)
        opened = Tab(context.new_page())
        opened.page.set_viewport_size({"width": width, "height": height})
        opened.page.emulate_media(color_scheme="dark" if dark else "light")
        tabs.append(opened)
        opened.page.goto(at.url + path)
        return opened

    yield open_tab
    for context in contexts:
        context.close()
    rested.extend(emptied(context, app) for context in plain)
    assert not [fault for one in tabs for fault in one.faults]
    assert not [url for one in tabs for url in one.foreign]


@pytest.fixture
def studio(tab: Callable[..., Tab]) -> Callable[..., Tab]:
    """Opens the Studio and waits until its first experiment is drawn."""
    def open_studio(path: str = "/", **how: Any) -> Tab:
        opened = tab(path, **how)
        opened.page.locator(".ls-box").first.wait_for()
        return opened

    return open_studio
