"""Protects the gallery of templates: what is typed is found, and a card is chosen without a mouse."""

import pytest
from playwright.sync_api import expect

from core.experiment.gallery import gallery

pytestmark = pytest.mark.browser


def test_a_template_is_found_by_typing_and_opened_from_the_keyboard(studio):
    page = studio().page
    page.get_by_role("button", name="Templates").click()
    search, cards = page.get_by_role("combobox", name="Search templates"), page.locator(".ls-template")
    chosen = page.locator(".ls-template[aria-selected='true']")
    expect(search).to_be_focused()
    expect(cards).to_have_count(len(gallery()))
    search.press_sequentially("row by row")
    rows = [card for card in gallery() if "row by row" in card["what"]]
    expect(cards).to_have_count(len(rows))
    expect(chosen).to_have_attribute("data-name", rows[0]["name"])
    page.keyboard.press("ArrowDown")  # one row of three: there is nothing below
    expect(chosen).to_have_attribute("data-name", rows[0]["name"])
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_attribute("data-name", rows[1]["name"])
    expect(search).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("Enter")
    expect(page.locator(".ls-gallery")).to_be_hidden()
    expect(page.locator(".ls-box")).to_have_count(len(rows[1]["picture"]["boxes"]))
    expect(page.locator(".ls-box-title").first).to_have_text(rows[1]["data"])


def test_the_gallery_goes_through_all_groups_and_closes_by_escape_with_nothing_changed(studio):
    page = studio().page
    before = page.locator(".ls-box-id").all_inner_texts()
    page.get_by_role("button", name="Templates").click()
    groups = list(dict.fromkeys(card["group"] for card in gallery()))
    listed = page.get_by_role("listbox", name="Templates").get_by_role("group")
    assert [listed.nth(place).get_attribute("aria-label") for place in range(listed.count())] == groups
    shown = page.locator(".ls-template")
    pictures = {card["name"]: card["picture"]["boxes"] for card in gallery()}
    for card in shown.all():
        assert card.locator("rect").count() == len(pictures[card.get_attribute("data-name") or ""])
    for _ in range(shown.count()):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".ls-template[aria-selected='true']")).to_be_in_viewport(ratio=0.99)
    assert page.locator(".ls-template[aria-selected='true']").evaluate(
        "card => card.parentElement.parentElement.getAttribute('aria-label')") == groups[-1]
    page.keyboard.press("Escape")
    expect(page.locator(".ls-gallery")).to_be_hidden()
    expect(page.get_by_role("button", name="Templates")).to_be_focused()
    assert page.locator(".ls-box-id").all_inner_texts() == before
