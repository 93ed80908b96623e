"""Protects what a person sees of texts, questions and forecasts while they are learned."""

import json

import pytest
from playwright.sync_api import expect

from core.experiment.model import read, write

OUT = {"id": "out", "layer": {"kind": "output"}}
TRAINING = {"device": "cpu", "threads": 1, "epochs": None, "batch_size": 32}


def node(id, kind, inputs=(), **settings):
    return {"id": id, "layer": {"kind": kind, **settings}, "inputs": list(inputs)}


DRAFTS = {
    "forecast": ("mackey_glass", [node("gru", "gru", units=8)]),
    "cities": ("cities", [node("embed", "embedding", features=8), node("gru", "gru", units=8)]),
    "writing": ("python_topics", [node("embed", "embedding", features=8),
                                  node("block", "gpt_block", heads=2)]),
    "reverse": ("reverse", [
        node("read", "embedding", ["input.source"], features=8),
        node("encode", "transformer_encoder_layer", heads=2),
        node("write", "embedding", ["input.target"], features=8),
        node("decode", "transformer_decoder_layer", ["write", "encode"], heads=2)])}


@pytest.fixture
def opened(tab):
    """Opens the Studio with one of the drafts as it was left in this browser."""
    def open_draft(name: str):
        kind, nodes = DRAFTS[name]
        draft = json.dumps(write(read({"data": {"kind": kind}, "network": {"nodes": [*nodes, OUT]},
                                       "training": TRAINING})))
        one = tab("/system")
        one.page.evaluate("draft => localStorage.setItem('layerscope.draft', draft)", draft)
        one.page.goto(one.page.url.replace("/system", "/"))
        one.page.locator(".ls-box").first.wait_for()
        expect(one.page.locator(".ls-output")).to_contain_text("Untrained")
        return one

    return open_draft


def test_a_typed_text_is_read_and_a_sample_takes_its_place_again(opened):
    page = opened("cities").page
    page.get_by_label("Try a text of your own").fill("Oslo1")
    expect(page.locator(".ls-text-view:visible")).to_contain_text("left out: 1")
    expect(page.locator(".ls-text-view:visible > .ls-facts")).to_contain_text("%")
    page.locator(".ls-texts .ls-link").nth(2).click()
    expect(page.get_by_label("Try a text of your own")).to_have_value("")
    expect(page.locator(".ls-texts tr[aria-selected]")).to_have_count(1)


def test_a_text_is_carried_on_from_what_was_typed(opened):
    page = opened("writing").page
    expect(page.locator(".ls-likely li")).to_have_count(8)
    page.get_by_label("Begin with a text of your own").fill("The class")
    expect(page.locator(".ls-begun")).to_have_text("The class")
    expect(page.locator(".ls-written")).not_to_have_text("The class")


def test_questions_are_answered_and_attention_is_looked_at_head_by_head_while_it_trains(opened):
    page = opened("reverse").page
    expect(page.locator(".ls-exchange li")).to_have_count(8)
    page.locator(".ls-bar").get_by_role("button", name="Train").click()
    page.wait_for_function("__layerscope.frames > 1", timeout=60_000)
    page.get_by_label("Ask something of your own").fill("abcd")
    expect(page.locator(".ls-asked")).to_contain_text("abcd →")
    page.locator('.ls-box[data-id="decode"] .ls-box-tiles').click()
    heads = page.locator(".ls-heads button")
    expect(heads).to_have_count(2 + 2 + 2)  # its own attention, that to the question, states and weights
    heads.nth(3).click()
    expect(heads.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".ls-dock")).to_contain_text("cross attention")


def test_a_forecast_stands_beside_the_last_value(opened):
    page = opened("forecast").page
    expect(page.locator(".ls-forecast")).to_contain_text("by the last value")
    expect(page.locator(".ls-output")).to_contain_text("To beat: the last value stays")
