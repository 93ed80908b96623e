"""Protects the panels that try something out: how much data is enough, which learning rate to begin with."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_studio import press, run_of
from tests.browser.test_studio import steps as steps_of
from tests.conftest import App, until

pytestmark = pytest.mark.browser


@pytest.fixture
def wine(studio):
    page = studio().page
    page.get_by_role("button", name="Templates").click()
    page.locator(".ls-template").filter(has_text="Wine").first.click()
    expect(page.locator(".ls-output")).to_contain_text("Untrained")
    return page


def test_the_same_network_is_trained_on_less_and_more_data_and_drawn(wine):
    wine.get_by_role("button", name="How much data?", exact=True).click()
    panel = wine.get_by_role("dialog", name="How much data?")
    panel.get_by_role("button", name="Train five times").click()
    expect(panel.locator("[data-state=finished]")).to_have_count(5)
    expect(panel.locator("circle")).to_have_count(5)
    samples = [int(text) for text in panel.locator("tbody td:first-child").all_inner_texts()]
    assert samples == [5, 11, 26, 53, 106]


def test_a_found_learning_rate_is_taken_with_one_press(wine):
    held = wine.get_by_label("Learning rate, value").input_value()
    wine.get_by_role("button", name="Find a learning rate", exact=True).click()
    panel = wine.get_by_role("dialog", name="Find a learning rate")
    expect(panel.get_by_role("img", name="Loss over the learning rate")).to_be_visible()
    use = panel.get_by_role("button", name="Use ")
    found = use.inner_text().removeprefix("Use ")
    use.click()
    expect(panel).to_be_hidden()
    expect(wine.get_by_label("Learning rate, value")).to_have_value(found)
    assert found != held


def test_many_learning_rates_are_trained_at_once_and_the_best_is_taken_with_one_press(wine):
    wine.get_by_role("button", name="Many at once", exact=True).click()
    panel = wine.get_by_role("dialog", name="Many at once")
    panel.get_by_label("How many").fill("4")
    panel.get_by_role("button", name="Train 4 at once").click()
    expect(panel.locator("p[role=status]")).to_contain_text("All 4 are done")
    expect(panel.locator(".ls-many-curve")).to_have_count(4)
    expect(panel.locator(".ls-many-dot")).to_have_count(4)
    use = panel.get_by_role("button", name="Use ")
    found = use.inner_text().removeprefix("Use ")
    use.click()
    expect(wine.get_by_label("Learning rate, value")).to_have_value(found)
    panel.locator(".ls-many-dot").first.click()
    expect(wine.locator(".ls-bar-end .ls-badge")).to_contain_text("Finished")


def test_many_at_once_are_stopped_with_one_press(wine):
    epochs = wine.get_by_label("Epochs, value")
    epochs.fill("100000")
    epochs.press("Enter")
    wine.get_by_role("button", name="Many at once", exact=True).click()
    panel = wine.get_by_role("dialog", name="Many at once")
    panel.get_by_label("How many").fill("3")
    panel.get_by_role("button", name="Train 3 at once").click()
    expect(panel).to_contain_text("Best so far")
    stop = panel.get_by_role("button", name="Stop these 3")
    stop.focus()
    curve = panel.locator(".ls-many-curve").first
    drawn = curve.get_attribute("points")
    until(lambda: curve.get_attribute("points") != drawn, what="a longer curve")
    expect(stop).to_be_focused()
    stop.press("Enter")
    expect(panel.locator("p[role=status]")).to_contain_text("All 3 are done")


def test_a_batch_size_is_measured_and_taken_with_one_press(wine):
    wine.get_by_role("button", name="Find a batch size", exact=True).click()
    panel = wine.get_by_role("dialog", name="Find a batch size")
    expect(panel).to_contain_text("batches after")
    use = panel.get_by_role("button", name="Use ")
    found = use.inner_text().removeprefix("Use ")
    use.click()
    expect(wine.get_by_label("Batch size, value")).to_have_value(found)


def test_settings_that_are_seldom_touched_open_and_are_taken(studio, app: App):
    tab = studio()
    tab.page.get_by_role("button", name="More settings of training").click()
    panel = tab.page.get_by_role("dialog", name="More settings of training")
    for title in ("Early stopping", "Gradient clipping", "Precision", "Turbo", "Device"):
        expect(panel.get_by_text(title, exact=True).first).to_be_visible()
    panel.get_by_label("Precision").select_option("bfloat16")
    tab.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    press(tab, "Train")
    until(lambda: tab.facts()["firstPointAt"], what="a first point")
    with app.page() as page:
        page.well("watch", run=run_of(tab), after=0)
        until(lambda: page.hear() or page.ticks, what="a tick")
        assert page.ticks[0]["started"]["precision"] == "bfloat16"
    press(tab, "Stop")


def test_a_run_that_is_over_is_branched_from_at_its_end(studio):
    tab = studio()
    press(tab, "Train")
    until(lambda: steps_of(tab) > 20, what="some steps")
    press(tab, "Stop")
    branch = tab.page.get_by_role("button", name="Branch", exact=True)
    expect(branch).to_be_enabled()
    first, end = run_of(tab), steps_of(tab)
    branch.click()
    until(lambda: run_of(tab) != first, what="another run")
    tab.page.wait_for_function(f"__layerscope.lastTickStep > {end}")
    press(tab, "Stop")


def test_a_replay_says_whether_it_is_the_same_run_also_after_a_reload(studio):
    tab = studio()
    press(tab, "Train")
    until(lambda: steps_of(tab) > 20, what="some steps")
    press(tab, "Stop")
    expect(tab.page.locator(".ls-badge[data-state=stopped]").first).to_be_visible()
    first = run_of(tab)
    press(tab, "Runs")
    press(tab, f"Replay run {first}")
    until(lambda: run_of(tab) != first, what="another run")
    words = f"Every recorded loss and score and all final weights equal those of run {first} to the last bit."
    expect(tab.page.locator(".ls-notice")).to_contain_text(words)
    tab.page.reload()
    expect(tab.page.locator(".ls-notice")).to_contain_text(words)
    press(tab, "Runs")
    expect(tab.page.locator(".ls-run-said").first).to_have_text(words)


def test_a_panel_lies_below_the_head_of_a_scrolled_page_on_a_phone(studio):
    tab = studio(width=390, height=844)
    button = tab.page.get_by_role("button", name="More settings of training")
    button.scroll_into_view_if_needed()
    button.click()
    panel = tab.page.get_by_role("dialog", name="More settings of training").bounding_box()
    head = tab.page.get_by_test_id("stHeader").bounding_box()
    assert panel["y"] >= head["y"] + head["height"] - 1
    assert panel["y"] + panel["height"] <= 844
