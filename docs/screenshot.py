"""Takes the README's picture from the running app: `python -m docs.screenshot`."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, SEEN
from tests.conftest import BROWSERS, start_app


def main() -> None:
    """Open the Studio, train the opening network for a while, and save what is on the screen."""
    path = next(path for path in BROWSERS if Path(path).exists())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = start_app(Path(folder) / "store")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(SEEN)
            page.goto(app.url)
            page.locator(".ls-box").first.wait_for()
            page.wait_for_timeout(6000)
            page.locator(".ls-bar").get_by_role("button", name="Train").first.click()
            page.wait_for_function("__layerscope.lastTickStep > 1300", timeout=60_000)
            page.mouse.move(2, 2)
            page.wait_for_timeout(500)
            page.screenshot(path=Path(__file__).with_name("studio.png"))
        finally:
            browser.close()
            app.end()


if __name__ == "__main__":
    main()
