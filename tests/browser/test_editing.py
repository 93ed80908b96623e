"""Protects what a person changes, weights, settings, drafts, samples: followed, kept, and taken back."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_studio import press, run_of, steps
from tests.conftest import App, until

pytestmark = pytest.mark.browser

SURFACE = """() => {
    const canvas = document.querySelector('.ls-surface canvas');
    return canvas.toDataURL();
}"""


@pytest.fixture
def paused(studio, app: App):
    """A Studio whose run waits after some steps; stopped afterwards."""
    opened = studio()
    opened.page.locator(".ls-until").first.click()
    press(opened, "Train")
    until(lambda: steps(opened) > 20, what="20 steps")
    press(opened, "Pause")
    expect(opened.page.locator(".ls-bar-end .ls-badge")).to_contain_text("Paused")
    yield opened
    with app.page() as page:
        page.ask("command", run=run_of(opened), command={"kind": "stop"})


def marks(app: App, run: int, count: int) -> list[str]:
    """What was moved by hand in a run, as soon as so many things were."""
    with app.page() as page:
        page.well("watch", run=run, after=0)

        def found():
            page.hear()
            return [mark["text"] for tick in page.ticks for mark in tick["marks"]]

        until(lambda: len(found()) >= count, what=f"{count} marks")
        return found()


def choose_link(page) -> None:
    """Press the line that leaves the first tile of the first box."""
    box = page.locator(".ls-box").first.bounding_box()
    tiles = page.locator(".ls-box").first.locator(".ls-box-tiles").bounding_box()
    page.mouse.click(box["x"] + box["width"] + 3, tiles["y"] + 20)
    expect(page.locator(".ls-weight")).to_be_visible()


def test_every_box_shows_the_name_that_problems_and_the_command_line_use(studio):
    page = studio().page
    boxes = page.locator(".ls-box")
    for place in range(boxes.count()):
        name = boxes.nth(place).locator(".ls-box-id")
        expect(name).to_be_visible()
        expect(name).to_have_text(boxes.nth(place).get_attribute("data-id"))


def test_a_weight_moved_while_paused_moves_surface_and_loss_at_once_and_undo_moves_it_back(paused, app: App):
    page = paused.page
    at = steps(paused)
    choose_link(page)
    field = page.get_by_label("Weight, value")
    before, held = page.evaluate(SURFACE), field.input_value()
    field.fill("5")
    field.press("Enter")
    expect(page.locator(".ls-latest")).to_contain_text("now, with your weight: loss")
    page.wait_for_function(f"before => ({SURFACE})() !== before", arg=before)
    page.wait_for_function("document.querySelector('.ls-chart').data.some(({ name }) => /^now/.test(name))")
    press(paused, "Undo")
    expect(field).to_have_value(held)
    page.wait_for_function(f"before => ({SURFACE})() === before", arg=before)
    assert steps(paused) == at
    assert len(marks(app, run_of(paused), 2)) == 2
    press(paused, "Continue")
    expect(page.locator(".ls-latest")).not_to_contain_text("now, with your weight")


def test_an_answer_that_is_no_number_is_said(paused, app: App):
    with app.page() as page:
        for node, row in (("hidden3", 0), ("out", 0), ("out", 1)):
            page.well("command", run=run_of(paused), command={
                "kind": "weight", "node": node, "parameter": "0.weight", "index": [row, 0], "value": 3e38})
    caption = paused.page.locator(".ls-output .ls-caption").first
    expect(caption).to_contain_text("the answer there is no number")


def test_undo_moves_a_setting_of_the_live_run_back(paused, app: App):
    slider = paused.page.locator(".ls-strip").get_by_role("slider", name="Learning rate")
    held = slider.get_attribute("aria-valuetext")
    slider.focus()
    slider.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") != held
    first = marks(app, run_of(paused), 1)
    press(paused, "Undo")
    expect(slider).to_have_attribute("aria-valuetext", held)
    both = marks(app, run_of(paused), 2)
    assert both[0] == first[0]
    assert both[1] == f"learning rate {held.strip()}"


def test_changes_beyond_a_run_outlive_a_reload_and_that_is_said(paused):
    page = paused.page
    boxes = page.locator(".ls-box")
    before = boxes.count()
    page.keyboard.press("/")
    page.keyboard.type("dropout")
    page.keyboard.press("Enter")
    expect(boxes).to_have_count(before + 1)
    page.reload()
    expect(page.locator(".ls-notice")).to_contain_text(f"since run {run_of(paused)} was started are kept")
    expect(boxes).to_have_count(before + 1)
    press(paused, "Undo")
    expect(boxes).to_have_count(before)
    page.reload()
    expect(boxes).to_have_count(before)
    until(lambda: steps(paused) > 20, what="the run after a reload")
    expect(page.locator(".ls-notice")).to_be_hidden()


def test_the_palette_tells_which_entry_the_highlight_is_on_and_keeps_it_between_entries(studio):
    page = studio().page
    page.locator(".ls-box").first.focus()
    page.keyboard.press("/")
    search = page.get_by_role("combobox", name="Search layers")
    chosen = page.locator(".ls-popover:not([hidden]) .ls-menu-item[aria-selected=true]")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        expect(search).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    second = page.locator(".ls-menu-item").nth(1).bounding_box()
    across, end = second["x"] + 40, second["y"] + second["height"]
    page.mouse.move(across, end - 3)
    page.mouse.move(across, end - 2)
    page.mouse.move(across, end + 1)
    expect(chosen).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="dense", exact=True).click()
    listed = page.get_by_role("listbox", name="Layers")
    expect(listed).to_be_focused()
    expect(listed).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))


def test_any_test_row_of_a_table_can_be_followed(studio):
    page = studio().page
    page.get_by_role("button", name="Templates").click()
    page.locator(".ls-template").filter(has_text="Wine").first.click()
    rows = page.locator(".ls-rows tbody tr")
    picker = page.get_by_label("Test row to follow through the network")
    until(lambda: rows.count() > 20, what="the test rows")
    count = int(page.locator(".ls-picker").inner_text().split()[-1])
    assert rows.count() == count
    picker.fill(str(count))
    picker.press("Enter")
    expect(rows.last).to_have_attribute("aria-selected", "true")
    expect(rows.last).to_be_in_viewport()
    picker.fill("100000")
    picker.press("Enter")
    expect(picker).to_have_value(str(count))
    rows.nth(2).get_by_role("button").click()
    expect(picker).to_have_value("3")


def test_a_run_shows_the_sample_that_was_chosen_before_it_began(studio):
    page = studio().page
    page.get_by_role("button", name="Templates").click()
    page.locator(".ls-template").filter(has_text="Wine").first.click()
    rows = page.locator(".ls-rows tbody tr")
    until(lambda: rows.count() > 20, what="the test rows")
    rows.nth(3).get_by_role("button").click()
    expect(rows.nth(3)).to_have_attribute("aria-selected", "true")
    page.locator(".ls-until").first.click()
    page.locator(".ls-train").click()
    page.wait_for_function("__layerscope.lastTickStep > 20")
    page.locator(".ls-train").click()
    expect(page.locator(".ls-bar-end .ls-badge")).to_contain_text("Paused")
    page.locator(".ls-box").nth(1).click(position={"x": 30, "y": 10})
    page.get_by_role("button", name="Look inside").click()
    grower = rows.nth(3).locator("td").last.text_content() or "nothing"
    shown = page.locator(".ls-inspector .ls-facts").first
    expect(shown).to_contain_text(grower)
    expect(shown).not_to_contain_text("number 1,")
    page.get_by_role("button", name="Stop", exact=True).click()


def test_a_spike_does_not_flatten_the_live_chart(studio):
    page = studio().page
    found = page.evaluate("""async () => {
        const own = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/limits.js'));
        const { limitsOf } = await import(own.name);
        const calm = Array.from({ length: 100 }, (_, step) => 0.7 - 0.006 * step);
        const spike = calm.map((value, step) => (step === 50 ? 5e6 : value));
        return [[calm, spike], [calm], [[NaN]], [spike.map((value) => -value)]].map(limitsOf);
    }""")
    assert found[0]["range"][0] <= 0.1
    assert 0.7 <= found[0]["range"][1] < 2
    assert found[0]["highest"] == 5e6
    assert found[1] is None
    assert found[2] is None
    assert found[3]["lowest"] == -5e6
