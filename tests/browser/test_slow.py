"""Protects slow motion on the screen, and going on to an epoch."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_studio import press, run_of
from tests.conftest import App, until

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(studio, app: App):
    """A Studio whose run, if it has one at the end, is stopped."""
    tab = studio()
    yield tab
    if "run=" in tab.page.url:
        with app.page() as page:
            page.ask("command", run=run_of(tab), command={"kind": "stop"})


def test_a_step_is_told_stage_by_stage_and_the_layer_it_is_about_is_marked(opened):
    page = opened.page
    press(opened, "One step in slow motion")
    panel = page.get_by_label("Slow motion", exact=True)
    expect(panel).to_be_visible()
    press(opened, "Batch")  # it plays by itself: here it is held
    expect(panel).to_contain_text("Step 1: a batch goes in")
    expect(panel).to_contain_text("32 training samples are drawn")
    expect(panel.get_by_role("button", name="Play")).to_be_visible()
    count = int(panel.locator(".ls-slow-count").inner_text().split("/")[1])
    marked = []
    panel.get_by_role("button", name="Next stage").focus()
    for place in range(1, count):
        page.keyboard.press("ArrowRight")
        expect(panel.locator(".ls-slow-count")).to_have_text(f"{place + 1} / {count}")
        marked += [(box.get_attribute("data-stage"), box.get_attribute("data-id"))
                   for box in page.locator(".ls-box[data-stage]").all()]
    layers = [box.get_attribute("data-id") for box in page.locator(".ls-box").all()][1:]
    assert marked == [*(("forward", layer) for layer in layers),
                      *(("backward", layer) for layer in reversed(layers)),
                      *(("update", layer) for layer in layers)]
    expect(panel).to_contain_text("AdamW, learning rate 0.003")
    press(opened, "Next step")
    expect(panel.locator(".ls-slow-count")).not_to_have_text(f"{count} / {count}")
    press(opened, "Batch")
    expect(panel).to_contain_text("Step 2: a batch goes in")
    press(opened, "Continue")
    expect(panel).to_be_hidden()
    expect(page.locator(".ls-box[data-stage]")).to_have_count(0)


def test_on_a_small_screen_slow_motion_is_one_of_more_ways(studio, app: App):
    tab = studio(width=390, height=844, touch=True)
    press(tab, "More ways to go on")
    tab.page.get_by_role("dialog").get_by_role("button", name="One step in slow motion").click()
    expect(tab.page.get_by_label("Slow motion", exact=True)).to_be_in_viewport()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    with app.page() as page:
        page.ask("command", run=run_of(tab), command={"kind": "stop"})


def test_a_run_goes_on_to_an_epoch_of_ones_choice_and_waits(opened):
    press(opened, "More ways to go on")
    opened.page.get_by_label("To the end of epoch").fill("7")
    opened.page.keyboard.press("Enter")
    badge = opened.page.locator(".ls-bar-end .ls-badge")
    epoch = opened.page.locator(".ls-counter").first
    until(lambda: "7/240" in epoch.inner_text(), what="epoch 7")
    expect(badge).to_contain_text("Paused")
