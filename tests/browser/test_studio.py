"""Protects the Studio as a person meets it: drawn, trained, steered, come back to, and never disturbed."""

import pytest
from playwright.sync_api import expect

from core.runtime import locks, paths
from tests.conftest import App, until

pytestmark = pytest.mark.browser

PARTS = (".ls-data", ".ls-middle", ".ls-strip", ".ls-output", ".ls-charts", ".ls-train")


def press(tab, name):
    tab.page.get_by_role("button", name=name, exact=True).click()


def steps(tab) -> int:
    return tab.page.evaluate("window.__layerscope.lastTickStep")


def run_of(tab) -> int:
    return int(tab.page.evaluate("new URL(location.href).searchParams.get('run')"))


@pytest.fixture
def training(studio, app: App):
    """A Studio whose run goes on without an end; stopped afterwards."""
    opened = studio()
    opened.page.locator(".ls-until").first.click()
    press(opened, "Train")
    until(lambda: steps(opened) > 20, what="20 steps")
    yield opened
    with app.page() as page:
        page.ask("command", run=run_of(opened), command={"kind": "stop"})


def test_it_opens_with_an_experiment_drawn_and_ready(studio):
    tab = studio(hint=True)
    assert tab.page.locator(".ls-box").count() >= 3
    expect(tab.page.get_by_label("First steps")).to_be_visible()
    expect(tab.page.locator(".ls-train")).to_be_enabled()
    tab.page.wait_for_function("""() => {
        const canvas = document.querySelector('.ls-thumb');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const colours = new Set();
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3]) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
        return colours.size > 2;
    }""")


@pytest.mark.parametrize("dark", [False, True])
def test_everything_is_on_screen_together(studio, dark):
    page = studio(dark=dark).page
    assert page.evaluate("document.scrollingElement.scrollHeight") <= 800
    for part in PARTS:
        box = page.locator(part).first.bounding_box()
        assert box, part
        assert box["x"] >= 0, part
        assert box["y"] >= 0, part
        assert box["x"] + box["width"] <= 1280, part
        assert box["y"] + box["height"] <= 800, part


def test_on_a_small_screen_output_and_loss_come_first_and_train_stays_in_reach(studio):
    page = studio(width=390, height=844).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    end = page.locator(".ls-main").bounding_box()["y"]
    for part in (".ls-output", ".ls-charts"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= end, f"{part} is seen without scrolling"
    parts = (".ls-output", ".ls-charts", ".ls-data", ".ls-middle", ".ls-strip")
    tops = [page.locator(part).first.bounding_box()["y"] for part in parts]
    assert tops == sorted(tops)
    for name in ("Templates", "Runs", "Export"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    for place in (0, 600, 1200, 10_000):
        page.mouse.wheel(0, place)
        expect(page.locator(".ls-train")).to_be_in_viewport()


def test_train_gives_points_at_once_and_the_address_names_the_run(studio):
    tab = studio()
    press(tab, "Train")
    until(lambda: tab.facts()["firstPointAt"], what="a first point")
    assert tab.facts()["firstPointAt"] > tab.facts()["trainPressedAt"]
    assert run_of(tab) > 0
    press(tab, "Stop")
    expect(tab.page.locator(".ls-bar-end .ls-badge")).to_contain_text("Stopped")


def test_pause_waits_and_one_step_is_one_step(training):
    press(training, "Pause")
    expect(training.page.locator(".ls-bar-end .ls-badge")).to_contain_text("Paused")
    until(lambda: training.page.get_by_role("button", name="Continue").count())
    held = steps(training)
    press(training, "One step")
    until(lambda: steps(training) == held + 1, what="one step")
    press(training, "Continue")
    until(lambda: steps(training) > held + 5, what="going on")


def test_a_slider_moved_while_training_is_obeyed_and_marked(training, app: App):
    slider = training.page.locator(".ls-strip").get_by_role("slider").first
    slider.focus()
    slider.press("ArrowLeft")
    with app.page() as page:
        page.well("watch", run=run_of(training), after=0)
        until(lambda: page.hear() or [mark for tick in page.ticks for mark in tick["marks"]], what="a mark")
        assert "learning rate" in next(mark["text"] for tick in page.ticks for mark in tick["marks"])


def test_a_refresh_and_a_second_tab_find_the_run_again(training, studio):
    run = run_of(training)
    training.page.reload()
    training.page.locator(".ls-box").first.wait_for()
    until(lambda: steps(training) > 20, what="the run after a refresh")
    other = studio(f"/?run={run}")
    until(lambda: steps(other) > 20, what="the run in a second tab")
    at = steps(other)
    until(lambda: steps(other) > at, what="the run going on in a second tab")
    assert run_of(other) == run_of(training) == run


def test_the_chart_is_made_once_and_keeps_its_zoom(training):
    page = training.page
    page.wait_for_function("document.querySelector('.ls-chart')?.layout?.uirevision?.startsWith('run')")
    page.evaluate("""() => {
        const chart = document.querySelector('.ls-chart');
        chart.mark = 1;
        return Plotly.relayout(chart, { 'xaxis.range[0]': 3, 'xaxis.range[1]': 17 });
    }""")
    at = training.facts()["chartDraws"]
    until(lambda: training.facts()["chartDraws"] >= at + 30, what="30 updates")
    assert page.evaluate("document.querySelector('.ls-chart').mark") == 1
    assert page.evaluate("document.querySelector('.ls-chart').layout.xaxis.range") == pytest.approx([3, 17])
    assert training.facts()["chartMounts"] == 1


def test_a_double_click_shows_all_of_the_curve_again(training):
    page = training.page
    page.wait_for_function("document.querySelector('.ls-chart')?.data?.[0]?.x.length > 20")
    press(training, "Log")
    frame = page.locator(".ls-chart").bounding_box()
    across, down = frame["x"] + frame["width"] * 0.4, frame["y"] + frame["height"] * 0.3
    page.mouse.move(across, down)
    page.mouse.down()
    page.mouse.move(across + 60, down + 20, steps=5)
    page.mouse.up()
    page.wait_for_function("!document.querySelector('.ls-chart').layout.xaxis.autorange")
    all_of_it = """() => {
        const { layout, data } = document.querySelector('.ls-chart');
        const ends = ({ range, type }) => (type === 'log' ? range.map((end) => 10 ** end) : range);
        const inside = (values, [low, high]) => values.every((value) => low <= value && value <= high);
        return layout.xaxis.autorange === true && layout.yaxis.autorange === true
            && inside(data[0].x, ends(layout.xaxis)) && inside(data[0].y, ends(layout.yaxis));
    }"""

    def shown_again() -> bool:  # on a busy machine two presses may be too far apart to be one double click
        page.mouse.dblclick(across, down, delay=30)
        return page.evaluate(all_of_it)

    until(shown_again, what="all of the curve")


def test_any_setting_of_training_changes_the_run_under_way_and_a_reload_finds_it_so(training):
    page = training.page
    page.get_by_label("Batch size, value").fill("8")
    page.keyboard.press("Enter")
    page.locator(".ls-strip select").nth(1).select_option("sgd")
    page.wait_for_function("""() => {
        const marks = document.querySelector('.ls-chart').layout?.annotations ?? [];
        const told = marks.map((mark) => mark.hovertext).join();
        return told.includes('batch size 8') && told.includes('optimizer sgd');
    }""")
    page.reload()
    expect(page.get_by_label("Batch size, value")).to_have_value("8")
    expect(page.locator(".ls-strip select").nth(1)).to_have_value("sgd")
    expect(page.get_by_role("button", name="Train with changes")).to_be_hidden()


def test_what_a_run_refuses_goes_back_to_what_it_trains_with(training):
    epochs = training.page.get_by_label("Epochs, value")
    for number in ("777", "1"):
        if not epochs.is_visible():
            training.page.locator(".ls-until").first.click()
        epochs.fill(number)
        epochs.press("Enter")
    expect(training.page.locator(".ls-notice")).to_contain_text("epochs are done already")
    expect(epochs).to_have_value("777")


def test_a_setting_moved_in_one_tab_is_followed_in_another_but_not_while_it_is_typed_there(training, studio):
    other = studio(f"/?run={run_of(training)}")
    here, there = (tab.page.get_by_label("Learning rate, value") for tab in (training, other))
    here.fill("0.002")
    here.press("Enter")
    expect(there).to_have_value("0.002")
    there.fill("0.05")
    training.page.get_by_label("Batch size, value").fill("8")
    here.fill("0.004")
    here.press("Enter")
    expect(other.page.get_by_label("Batch size, value")).to_have_value("8")
    expect(there).to_have_value("0.05")
    there.press("Enter")
    expect(here).to_have_value("0.05")
    there.blur()
    other.page.keyboard.press("Control+z")
    expect(here).to_have_value("0.004")
    for tab in (training, other):
        expect(tab.page.get_by_label("Batch size, value")).to_have_value("8")
        expect(tab.page.get_by_role("button", name="Train with changes")).to_be_hidden()


def test_twenty_clicks_on_train_start_one_run(studio, app: App):
    tab = studio()
    with app.page() as page:
        before = len(page.well("runs")["runs"])
        tab.page.evaluate("for (let n = 0; n < 20; n += 1) document.querySelector('.ls-train').click()")
        until(lambda: tab.facts()["firstPointAt"], what="a first point")
        assert len(page.well("runs")["runs"]) == before + 1
        page.ask("command", run=run_of(tab), command={"kind": "stop"})


@pytest.mark.parametrize("asked", ["999999", "x", "-1", "1e3", "%3Cscript%3Ealert(1)%3C/script%3E"])
def test_an_address_of_no_run_is_told_and_the_studio_opens(studio, asked):
    tab = studio(f"/?run={asked}")
    expect(tab.page.locator(".ls-train")).to_be_enabled()
    expect(tab.page.locator(".ls-notice")).to_contain_text("There is no run")
    expect(tab.page.locator(".ls-notice")).to_contain_text("Choose one from the list of runs.")


@pytest.mark.parametrize("path", ["/runs", "/system"])
def test_a_first_visit_to_any_page_has_the_navigation(own_app, tab, path):
    page = tab(path, at=own_app()).page
    expect(page.get_by_role("link", name="Studio").first).to_be_visible()
    page.close()


def test_the_server_may_go_and_come_back(own_app, studio):
    first = own_app()
    tab = studio(at=first)
    press(tab, "Train")
    until(lambda: steps(tab) > 5, what="steps")
    first.kill()
    expect(tab.page.locator(".ls-notice")).to_contain_text("Reconnecting")
    own_app(store=first.store, port=first.port)
    at = steps(tab)
    until(lambda: steps(tab) > at, what="steps after the server came back")
    press(tab, "Stop")
    tab.faults.clear()  # the browser tells that the line was down


def test_the_hint_is_dismissed_for_good(studio):
    tab = studio(hint=True)
    press(tab, "Do not show again")
    tab.page.reload()
    tab.page.locator(".ls-box").first.wait_for()
    expect(tab.page.get_by_label("First steps")).to_have_count(0)


def test_one_enter_in_the_palette_adds_one_layer_however_often_it_was_opened(studio):
    page = studio().page
    boxes = page.locator(".ls-box")
    before = boxes.count()
    palette = page.get_by_role("dialog", name="Add a layer", exact=True)
    page.locator(".ls-box").first.focus()
    for _ in range(3):
        page.keyboard.press("/")
        expect(palette.locator(".ls-menu-item").first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        expect(palette).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("dropout")
    page.keyboard.press("Enter")
    expect(boxes).to_have_count(before + 1)
    page.wait_for_timeout(500)
    expect(boxes).to_have_count(before + 1)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(boxes).to_have_count(before)


def test_what_was_typed_is_there_again_after_another_choice(studio):
    page = studio().page
    rate, rule = page.get_by_label("Learning rate, value"), page.get_by_label("Optimizer", exact=True)
    rate.fill("0.01")
    rate.press("Enter")
    rule.select_option("sgd")
    expect(page.locator(".ls-notice")).to_contain_text("The learning rate is 0.03 now, the usual one of SGD")
    rule.select_option("adamw")
    expect(rate).to_have_value("0.01")
    epochs = page.get_by_label("Epochs, value")
    epochs.fill("77")
    epochs.press("Enter")
    for _ in range(2):
        page.locator(".ls-until").first.click()
    expect(epochs).to_have_value("77")


def test_a_run_whose_process_is_gone_is_resumed_by_the_large_button(training, app: App):
    at = steps(training)
    run = run_of(training)
    worker = locks.signer(paths.run_lock(app.store, run))
    assert worker is not None
    worker.kill()
    expect(training.page.locator(".ls-train")).to_have_text("Resume")
    expect(training.page.get_by_role("button", name="Train anew", exact=True)).to_be_visible()
    training.page.locator(".ls-train").click()
    until(lambda: steps(training) > at + 20, what="going on")
    assert run_of(training) == run


def test_a_number_field_tells_its_bounds_and_an_emptied_one_falls_back(studio):
    page = studio().page
    epochs = page.get_by_label("Epochs, value")
    held = epochs.input_value()
    epochs.fill("")
    epochs.press("Enter")
    expect(epochs).to_have_value(held)
    expect(page.locator(".ls-field-note")).to_contain_text(" to ")
    batch = page.get_by_label("Batch size, value")
    held = batch.input_value()
    for wrong in ("999999999", "0"):
        batch.fill(wrong)
        batch.press("Enter")
        expect(page.locator(".ls-field-note").last).to_contain_text("Use 1 to ")
        expect(batch).to_have_value(held)


def test_the_curve_keeps_its_room_in_a_low_window(studio):
    chart = studio(height=657).page.locator(".ls-chart").bounding_box()
    assert chart["height"] >= 120


def test_another_template_closes_what_was_open_over_the_data(studio):
    page = studio().page
    page.locator(".ls-box").nth(1).click(position={"x": 30, "y": 10})
    expect(page.locator(".ls-dock")).to_be_visible()
    page.get_by_role("button", name="Templates").click()
    page.locator(".ls-template").nth(1).click()
    expect(page.locator(".ls-dock")).to_be_hidden()
