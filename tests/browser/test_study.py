"""Protects the panels that try something out: how much data is enough, which learning rate to begin with."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


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
    wine.get_by_role("button", name="find", exact=True).click()
    panel = wine.get_by_role("dialog", name="Find a learning rate")
    expect(panel.get_by_role("img", name="Loss over the learning rate")).to_be_visible()
    use = panel.get_by_role("button", name="Use ")
    found = use.inner_text().removeprefix("Use ")
    use.click()
    expect(panel).to_be_hidden()
    expect(wine.get_by_label("Learning rate, value")).to_have_value(found)
    assert found != held
