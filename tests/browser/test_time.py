"""Protects the time machine: the Studio goes back to a moment, and a branch goes on from there."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_studio import press, run_of
from tests.browser.test_studio import training as training
from tests.conftest import App, until

pytestmark = pytest.mark.browser

SURFACE = "document.querySelector('.ls-output canvas').toDataURL()"


def number(place):
    """The digits of a text, whatever groups them."""
    return int("".join(filter(str.isdigit, place.inner_text())))


@pytest.fixture
def back(training, app: App):
    """A run that goes on, looked at as it was at its second moment."""
    slider = training.page.get_by_label("Moment of the run")
    until(lambda: int(slider.get_attribute("max")) >= 3, what="three moments")
    now = training.page.evaluate(SURFACE)
    slider.fill("1")
    words = training.page.locator(".ls-time-words")
    expect(words).to_contain_text("step")
    step = number(words)
    expect(training.page.locator(".ls-output")).to_contain_text(f"After step {step}.")
    assert training.page.evaluate(SURFACE) != now
    training.step, training.app = step, app
    return training


def test_going_back_stands_still_while_the_run_goes_on_and_now_shows_it_again(back):
    page, seen = back.page, back.page.evaluate(SURFACE)
    frames = back.facts()["frames"]
    until(lambda: back.facts()["frames"] > frames + 5, what="five live pictures")
    assert page.evaluate(SURFACE) == seen
    expect(page.locator(".ls-output")).to_contain_text(f"After step {back.step}.")
    counter = page.locator(".ls-counter").filter(has_text="Step").first
    assert number(counter) == back.step
    press(back, "Now")
    until(lambda: number(counter) > back.step, what="its step")
    until(lambda: page.evaluate(SURFACE) != seen, what="the newest picture")
    expect(page.get_by_role("button", name="Branch", exact=True)).to_be_disabled()


def test_a_branch_goes_on_from_the_moment_with_its_curve_joined_and_its_lineage_told(back):
    page, parent = back.page, run_of(back)
    press(back, "Branch")
    until(lambda: run_of(back) != parent, what="another run")
    page.wait_for_function(f"__layerscope.lastTickStep > {back.step}")
    page.wait_for_function("""step => {
        const curves = document.querySelector('.ls-chart').data ?? [];
        const of = (name) => curves.find((curve) => curve.name === name)?.x ?? [];
        return of('before, train_loss').at(-1) <= step && of('train')[0] > step;
    }""", arg=back.step)
    page.get_by_role("button", name="Runs", exact=True).click()
    expect(page.locator(".ls-lineage").first).to_have_text(f"↳ from run {parent}, step {back.step}")


def test_what_is_changed_while_looking_back_is_for_the_branch_alone(back):
    page, parent = back.page, run_of(back)
    slider = page.get_by_label("Moment of the run")
    rate, notice = page.get_by_label("Learning rate, value"), page.locator(".ls-notice")
    rate.fill("0.02")
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("Your changes are for the branch.")
    press(back, "Now")
    expect(notice).to_contain_text("What you changed for a branch is put back")
    expect(rate).to_have_value("0.003")
    slider.fill("1")
    rate.fill("0.02")
    page.keyboard.press("Enter")
    page.get_by_label("Batch size, value").fill("16")
    page.keyboard.press("Enter")
    press(back, "Branch")
    until(lambda: run_of(back) != parent, what="another run")
    with back.app.page() as other:
        asked = [other.well("open", run=run)["draft"]["training"] for run in (parent, run_of(back))]
    assert [one["batch_size"] for one in asked] == [32, 16]
    assert [one["optimizer"]["learning_rate"] for one in asked] == [0.003, 0.02]
