"""Protects what hands do on the canvas: layers dragged, wired, chosen, copied, grouped, mended and shared."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SEEN, Tab
from tests.conftest import until

pytestmark = pytest.mark.browser

DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def node(id: str, kind: str, *inputs: str, group: str = "", **settings: Any) -> dict[str, Any]:
    return {"id": id, "layer": {"kind": kind, **settings}, "inputs": inputs, "group": group}


def experiment(*nodes: dict[str, Any], data: str = "spiral") -> dict[str, Any]:
    return {"name": "drawn", "data": {"kind": data}, "network": {"nodes": [*nodes, node("out", "output")]}}


EMPTY = experiment()
CHAIN = experiment(node("a", "linear", units=8), node("b", "relu"), node("c", "linear", units=8))
SKIP = experiment(node("a", "linear", units=8), node("b", "relu"), node("c", "linear", units=8),
                  node("plus", "add", "c", "a"))
LONG = experiment(*(node(f"n{place}", ("linear", "relu")[place % 2]) for place in range(99)))


def drop_file(page, document, name="drawn.json"):
    """Let a file go over the page."""
    text = document if isinstance(document, str) else json.dumps(document)
    page.evaluate("""([text, name]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([text], name, { type: 'application/json' }));
        const how = { dataTransfer: carried, bubbles: true, cancelable: true };
        document.dispatchEvent(new DragEvent('drop', how));
    }""", [text, name])


def ids(page):
    return page.locator(".ls-box").evaluate_all("boxes => boxes.map(box => box.dataset.id)")


def wires(page):
    """Every wire of the draft as the page holds it: "source>target"."""
    nodes = json.loads(page.evaluate("localStorage.getItem('layerscope.draft')"))["network"]["nodes"]
    before = ["input", *(one["id"] for one in nodes)]
    return [f"{source}>{one['id']}" for place, one in enumerate(nodes)
            for source in (one["inputs"] or [before[place]])]


def has(page, *names):
    until(lambda: ids(page) == list(names), 10, f"boxes {names}, there are {ids(page)}")


def box(page, id):
    return page.locator(f'.ls-box[data-id="{id}"]')


def middle(page, id):
    frame = box(page, id).bounding_box()
    return frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2


def grip(page, id):
    """A point of a box's head, away from its tiles."""
    frame = box(page, id).bounding_box()
    return frame["x"] + frame["width"] / 2, frame["y"] + 10


def drag(page, start, end, *, shift=False):
    page.mouse.move(*start)
    if shift:
        page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def between(page, left, right):
    """The middle of the wire between two neighbours."""
    one, other = box(page, left).bounding_box(), box(page, right).bounding_box()
    return (one["x"] + one["width"] + other["x"]) / 2, one["y"] + one["height"] / 2


def undo(page):
    page.keyboard.press("Control+z")


@pytest.fixture(scope="module")
def one_tab(browser, app):
    """A Studio that stays open, and may complain of nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 800},
                                  permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    context.add_init_script(SEEN)
    tab = Tab(context.new_page())
    tab.page.goto(app.url)
    expect(tab.page.locator(".ls-train")).to_be_enabled()
    yield tab
    context.close()
    assert not tab.faults
    assert not tab.foreign


@pytest.fixture
def canvas(one_tab):
    """Opens an experiment as a file in the tab that stays open."""
    def open_canvas(document=CHAIN):
        page = one_tab.page
        page.keyboard.press("Escape")
        page.mouse.move(5, 5)
        drop_file(page, EMPTY)
        has(page, "input", "out")
        drop_file(page, document)
        has(page, "input", *(one["id"] for one in document["network"]["nodes"]))
        page.evaluate(DRAWN)
        return page

    return open_canvas


def test_the_palette_finds_by_typing_and_enter_adds_after_the_chosen_box(canvas):
    page = canvas()
    box(page, "b").click(position={"x": 30, "y": 8})
    page.keyboard.press("/")
    page.keyboard.type("tanh")
    expect(page.locator(".ls-menu-item[aria-selected=true] .ls-menu-title")).to_have_text("Tanh")
    page.keyboard.press("Enter")
    has(page, "input", "a", "b", "tanh_1", "c", "out")
    undo(page)
    has(page, "input", "a", "b", "c", "out")
    page.keyboard.press("/")
    page.keyboard.type("no such layer")
    expect(page.get_by_text("No layer is called")).to_be_visible()


def test_a_layer_is_dragged_from_the_palette_onto_a_wire(canvas):
    page = canvas()
    place = between(page, "c", "out")
    page.keyboard.press("/")
    page.keyboard.type("layer norm")
    item = page.locator(".ls-menu-item").first.bounding_box()
    drag(page, (item["x"] + 40, item["y"] + 15), place)
    has(page, "input", "a", "b", "c", "layer_norm_1", "out")
    assert "c>layer_norm_1" in wires(page)


def test_a_box_is_dragged_to_another_wire_and_escape_gives_it_up(canvas):
    page = canvas()
    drag(page, grip(page, "b"), between(page, "c", "out"))
    has(page, "input", "a", "c", "b", "out")
    undo(page)
    has(page, "input", "a", "b", "c", "out")
    page.mouse.move(*grip(page, "b"))
    page.mouse.down()
    page.mouse.move(*between(page, "c", "out"), steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    page.wait_for_timeout(200)
    assert ids(page) == ["input", "a", "b", "c", "out"]


def test_a_wire_is_drawn_to_a_merge_chosen_and_deleted(canvas):
    page = canvas(experiment(*SKIP["network"]["nodes"][:3], node("plus", "add", "c", "b")))
    box(page, "a").hover(position={"x": 30, "y": 8})
    handle = page.locator(".ls-handle").bounding_box()
    drag(page, (handle["x"], handle["y"]), middle(page, "plus"))
    labels = page.locator(".ls-shape")  # drawn with the answer, which comes after the draft is kept
    until(lambda: "a>plus" in wires(page), 10, "the wire")
    expect(labels).to_have_count(7)
    undo(page)
    until(lambda: "a>plus" not in wires(page), 10, "the wire taken back")
    expect(labels).to_have_count(6)
    page.keyboard.press("Control+Shift+z")
    until(lambda: "a>plus" in wires(page), 10, "the wire again")
    expect(labels).to_have_count(7)
    chosen = page.locator(".ls-tools-words")
    for place in range(7):
        labels.nth(place).click(force=True)
        page.evaluate(DRAWN)
        if re.match("Linear → Add", chosen.inner_text()):
            break
    before = len(wires(page))
    page.keyboard.press("Delete")
    until(lambda: len(wires(page)) == before - 1, 10, "one wire less")


def test_several_are_chosen_by_a_rectangle_copied_pasted_and_deleted(canvas):
    page = canvas()
    first, last = box(page, "a").bounding_box(), box(page, "b").bounding_box()
    end = (last["x"] + 10, last["y"] + last["height"] - 5)
    drag(page, (first["x"] - 6, first["y"] - 12), end, shift=True)
    expect(page.locator(".ls-tools-words")).to_have_text("2 layers")
    page.keyboard.press("Control+c")
    box(page, "c").click(position={"x": 30, "y": 8})
    page.keyboard.press("Control+v")
    until(lambda: len(ids(page)) == 7, 10, "two more")
    assert ids(page)[:4] == ["input", "a", "b", "c"]
    expect(page.locator(".ls-tools-words")).to_have_text("2 layers")
    page.keyboard.press("Control+d")
    until(lambda: len(ids(page)) == 9, 10, "two more again")
    page.keyboard.press("Delete")
    until(lambda: len(ids(page)) == 7, 10, "two less")
    box(page, "a").click(position={"x": 30, "y": 8})
    box(page, "b").click(position={"x": 30, "y": 8}, modifiers=["Shift"])
    expect(page.locator(".ls-box[aria-selected=true]")).to_have_count(2)


def test_a_block_is_made_folded_repeated_and_taken_apart(canvas):
    page = canvas()
    page.locator(".ls-box").first.focus()
    box(page, "a").click(position={"x": 30, "y": 8})
    box(page, "b").click(position={"x": 30, "y": 8}, modifiers=["Shift"])
    page.get_by_role("button", name="Group", exact=True).click()
    page.get_by_label("Name of the block").fill("body")
    page.keyboard.press("Enter")
    name = page.locator(".ls-frame-name")
    expect(name).to_have_text("body")
    name.click()
    page.get_by_label("Times the block is there").fill("6")
    page.keyboard.press("Enter")
    expect(name).to_have_text("body ×6")
    assert len(ids(page)) == 15
    name.click()
    page.get_by_role("button", name="Fold", exact=True).click()
    has(page, "input", "#body", "c", "out")
    expect(box(page, "#body").locator(".ls-box-title")).to_have_text("body ×6")
    box(page, "#body").dblclick(position={"x": 30, "y": 8})
    until(lambda: len(ids(page)) == 15, 10, "unfolded")
    name.click()
    page.get_by_role("button", name="Ungroup").click()
    expect(name).to_have_count(0)
    for _ in range(3):
        undo(page)
    expect(name).to_have_count(0)
    has(page, "input", "a", "b", "c", "out")


def test_one_click_mends_what_is_wrong_and_frozen_is_told(canvas):
    page = canvas(experiment(node("conv", "conv2d"), node("line", "linear", units=8), data="digits"))
    fix = page.locator(".ls-fix").first
    expect(fix).to_have_text("Fix: add Flatten")
    fix.click()
    expect(page.locator(".ls-fix")).to_have_count(0)
    expect(page.locator(".ls-train")).to_be_enabled()
    box(page, "line").click(position={"x": 30, "y": 8})
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(box(page, "line")).to_have_attribute("aria-label", re.compile("frozen"))


def test_the_keyboard_does_everything(canvas):
    page = canvas(SKIP)
    box(page, "input").focus()
    for id in ("a", "b", "c", "plus"):
        page.keyboard.press("ArrowRight")
        expect(box(page, id)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(box(page, "c")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    until(lambda: ids(page).index("c") < ids(page).index("b"), 10, "c before b")
    undo(page)
    until(lambda: ids(page).index("c") > ids(page).index("b"), 10, "c after b")
    box(page, "b").focus()
    page.keyboard.press("w")
    page.keyboard.press("ArrowRight")
    expect(box(page, "plus")).to_have_class(re.compile("ls-aimed"))
    page.keyboard.press("Enter")
    until(lambda: "b>plus" in wires(page), 10, "the wire")
    expect(page.locator("p.ls-hidden[aria-live]")).to_have_text("Wire from ReLU to Add drawn.")
    box(page, "b").focus()
    page.keyboard.press("Delete")
    until(lambda: "b" not in ids(page), 10, "b gone")
    expect(page.locator(".ls-box:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".ls-dock")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".ls-dock")).to_be_hidden()


def test_a_hundred_boxes_are_read_zoomed_and_panned(canvas):
    page = canvas(LONG)
    level = page.locator(".ls-zoom-level")
    assert int(level.inner_text().split()[0]) < 50
    frame = page.locator(".ls-field").bounding_box()
    for place in (0, 50, 99):
        seen = page.locator(".ls-box").nth(place).bounding_box()
        assert frame["x"] <= seen["x"] <= frame["x"] + frame["width"] - seen["width"]
        assert frame["y"] <= seen["y"] <= frame["y"] + frame["height"] - seen["height"]
    assert not page.locator(".ls-box-tiles:visible").count(), "from afar nothing inside is drawn"
    page.mouse.move(*middle(page, "n20"))
    for _ in range(6):
        page.mouse.wheel(0, -120)
    until(lambda: int(level.inner_text().split()[0]) > 90, 10, "zoomed in")
    expect(box(page, "n20").locator(".ls-box-id")).to_be_visible()
    assert page.locator(".ls-box:not(.ls-out)").count() < 40
    x = box(page, "n20").bounding_box()["x"]
    drag(page, (frame["x"] + 4, frame["y"] + 4), (frame["x"] + 84, frame["y"] + 44))
    until(lambda: abs(box(page, "n20").bounding_box()["x"] - x - 80) < 2, 10, "panned")
    page.keyboard.press("0")
    until(lambda: int(level.inner_text().split()[0]) < 50, 10, "all of it")


def test_a_link_opens_the_draft_and_a_changed_one_is_told(canvas, studio, app):
    page = canvas(SKIP)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name=re.compile("Copy link")).click()
    expect(page.locator(".ls-popover [role=status]")).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{app.url}/#e=1")
    other = studio(link.removeprefix(app.url)).page
    has(other, "input", "a", "b", "c", "plus", "out")
    assert "#" not in other.url
    other.reload()
    has(other, "input", "a", "b", "c", "plus", "out")
    wrong = studio(link.removeprefix(app.url)[:-4] + "AAAA").page
    expect(wrong.locator(".ls-notice")).to_contain_text("cut or changed on its way")
    expect(wrong.locator(".ls-train")).to_be_enabled()


def test_a_teachers_link_hides_what_was_left_out_until_everything_is_shown(canvas, studio, app):
    page = canvas()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name=re.compile("Teacher link")).click()
    page.get_by_label("Optimizer", exact=True).last.uncheck()
    page.get_by_label("Adding layers").uncheck()
    page.get_by_role("button", name="Copy teacher link").click()
    expect(page.locator(".ls-popover [role=status]")).to_contain_text("2 controls hidden")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "&hide=layers,optimizer" in link
    taught = studio(link.removeprefix(app.url)).page
    has(taught, "input", "a", "b", "c", "out")
    chooser = taught.locator('[data-path="training.optimizer"]')
    expect(chooser).to_be_hidden()
    expect(taught.locator(".ls-taught")).to_contain_text("Your teacher chose what you see")
    taught.reload()
    expect(taught.locator(".ls-taught")).to_be_visible()
    taught.get_by_role("button", name="Show everything").click()
    expect(chooser).to_be_visible()
    assert "hide" not in taught.url


def test_a_file_goes_out_and_comes_back_and_a_wrong_one_costs_nothing(canvas):
    page = canvas(SKIP)
    page.get_by_role("button", name="Share", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("button", name=re.compile("Download as a file")).click()
    assert taken.value.suggested_filename == "drawn.json"
    with open(taken.value.path(), encoding="utf-8") as file:
        saved = file.read()
    page.keyboard.press("Escape")
    drop_file(page, CHAIN)
    has(page, "input", "a", "b", "c", "out")
    drop_file(page, '{"network": 3}', "wrong.json")
    expect(page.locator(".ls-notice")).to_contain_text("network")
    has(page, "input", "a", "b", "c", "out")
    drop_file(page, saved)
    has(page, "input", "a", "b", "c", "plus", "out")


def test_on_a_phone_one_finger_pans_two_zoom_and_train_stays_in_reach(studio):
    page = studio(width=390, height=844, touch=True).page
    drop_file(page, LONG)
    until(lambda: len(ids(page)) == 101, 10, "the long network")
    field = page.locator(".ls-field")
    field.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    frame = field.bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    touch = page.context.new_cdp_session(page)

    def fingers(kind, *points):
        touch.send("Input.dispatchTouchEvent",
                   {"type": kind, "touchPoints": [{"x": a, "y": b, "id": place} for place, (a, b) in
                                                  enumerate(points)]})

    level = page.locator(".ls-zoom-level")
    before = int(level.inner_text().split()[0])
    fingers("touchStart", (x - 20, y), (x + 20, y))
    for far in range(20, 90, 10):
        fingers("touchMove", (x - far, y), (x + far, y))
    fingers("touchEnd")
    until(lambda: int(level.inner_text().split()[0]) > 2 * before, 10, "zoomed by two fingers")
    left = box(page, "n50").bounding_box()["x"]
    fingers("touchStart", (x, y))
    for step in range(10, 60, 10):
        fingers("touchMove", (x - step, y))
    fingers("touchEnd")
    until(lambda: box(page, "n50").bounding_box()["x"] < left - 30, 10, "panned by one finger")
    expect(page.locator(".ls-train")).to_be_in_viewport()
