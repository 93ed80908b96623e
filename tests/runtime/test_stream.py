"""Protects the live route: every request is answered, a bad one with the way out, and no point is lost."""

import json
import os
import threading
import time
from typing import Any

import anyio
import pytest

from core.records import Snapshot
from core.runtime import stream
from core.store.catalog import Catalog
from core.store.files import run_folder
from core.store.reader import Reader
from tests.conftest import App, until


def endless(page, name="two-spirals"):
    draft = page.draft(name)
    edit = {"kind": "set", "path": "training.epochs", "value": None}
    return page.well("edit", draft=draft, edit=edit)["draft"]


def points(ticks, name="train_loss"):
    return [step for tick in ticks for step in tick["points"].get(name, [[], []])[0]]


@pytest.fixture
def page(app: App):
    with app.page() as opened:
        yield opened
        for run in opened.well("runs")["runs"]:  # leave no run at work
            if run["state"] in ("queued", "starting", "running", "paused"):
                opened.ask("command", run=run["id"], command={"kind": "stop"})


def test_the_catalogue_holds_what_a_form_needs(page):
    catalogue = page.well("catalogue")["catalogue"]
    for name in ("layers", "datasets", "optimizers", "losses", "schedules", "regularizations", "metrics"):
        assert all({"kind", "title", "help", "settings"} <= entry.keys() for entry in catalogue[name]), name
    assert {"batch_size", "epochs", "seed"} <= {setting["name"] for setting in catalogue["training"]}
    assert {"name", "title", "what", "try_this"} <= catalogue["templates"][0].keys()
    groups = {entry["group"] for entry in catalogue["layers"]}
    assert all(groups <= palette["groups"].keys() for palette in catalogue["palette"].values())


def test_every_template_is_drawn_and_ready(page):
    for template in page.well("catalogue")["catalogue"]["templates"]:
        view = page.well("template", name=template["name"])
        assert view["problems"] == []
        assert view["drawing"]["ready"]
        assert page.well("check", draft=view["draft"])["draft"] == view["draft"]


def test_an_edit_gives_the_new_draft_and_its_problems(page):
    draft = page.draft()
    insert = {"kind": "insert", "after": "input", "layer": "conv2d"}
    view = page.well("edit", draft=draft, edit=insert)
    assert len(view["draft"]["network"]["nodes"]) == len(draft["network"]["nodes"]) + 1
    assert view["problems"]
    assert not view["drawing"]["ready"]
    refused = page.ask("train", draft=view["draft"], pace=None, key=os.urandom(8).hex())
    assert refused["problems"] == view["problems"]


BAD = [
    "", "{", "[]", "null", "3", '"train"', '{"id": 1}', '{"do": "runs"}', '{"id": "x", "do": "runs"}',
    '{"id": -1, "do": "runs"}', '{"id": 1, "do": "fly"}', '{"id": 1, "do": ["runs"]}',
    '{"id": 1, "do": "runs", "more": 1}', '{"id": 1, "do": "open", "run": "1"}',
    '{"id": 1, "do": "open", "run": 1.5}',
    '{"id": 1, "do": "check", "draft": []}',
    '{"id": 1, "do": "check", "draft": {"data": {"kind": "nothing"}}}',
    '{"id": 1, "do": "check", "draft": {"schema_version": 99}}',
    '{"id": 1, "do": "check", "draft": {"a": NaN}}',
    '{"id": 1, "do": "edit", "draft": {}, "edit": {}}',
    '{"id": 1, "do": "edit", "draft": {}, "edit": {"kind": 7}}',
    '{"id": 1, "do": "template", "name": "../../etc/passwd"}',
    '{"id": 1, "do": "train", "draft": {}, "pace": -1, "key": "12345678"}',
    '{"id": 1, "do": "train", "draft": {}, "pace": null, "key": ""}',
    '{"id": 1, "do": "command", "run": 999999, "command": {"kind": "stop"}}',
    '{"id": 1, "do": "command", "run": 1, "command": {"kind": "jump"}}',
    '{"id": 1, "do": "command", "run": 1, "command": {"kind": "set", "setting": 3, "value": {}}}',
    '{"id": 1, "do": "rename", "run": 999999, "name": "x"}',
    '{"id": 1, "do": "rename", "run": 1, "name": ""}',
    '{"id": 1, "do": "delete", "run": 999999}', '{"id": 1, "do": "compare", "run": 999999}',
    '{"id": 1, "do": "watch", "run": 999999, "after": 0}', '{"id": 1, "do": "watch", "run": 1, "after": -5}',
    '{"id": 1, "do": "look", "draft": {}, "run": 999999, "sample": 0}',
    '{"id": 1, "do": "check", "draft": ' + '{"a":' * 100 + "1" + "}" * 101,
    '{"id": 1, "do": "check", "draft": ' + "[" * 5000 + "]" * 5000 + "}",
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_request_is_told_and_the_page_stays_connected(page, text):
    page.socket.send(text)
    reply = json.loads(page.socket.recv(timeout=10))
    assert reply["ok"] is False
    assert all(problem["what"] for problem in reply["problems"])
    assert "our fault" not in str(reply)
    page.well("runs")


def test_bytes_and_huge_messages_are_told_too(page):
    for message in (b"\xff\xfe\x00", b"{}", "x" * 6_000_000):
        page.socket.send(message)
        assert json.loads(page.socket.recv(timeout=10))["ok"] is False
    page.well("runs")


def test_the_same_key_is_the_same_run(app, page):
    draft, key = page.draft("one-neuron"), os.urandom(16).hex()
    answers = []

    def press():
        with app.page() as other:
            answers.append(other.train(draft, key=key))

    presses = [threading.Thread(target=press) for _ in range(20)]
    for press_ in presses:
        press_.start()
    for press_ in presses:
        press_.join()
    assert len(answers) == 20
    assert len(set(answers)) == 1


def test_every_point_arrives_once_and_in_order(page):
    run = page.train(page.draft("two-spirals"))
    page.well("watch", run=run, after=0)
    end = page.until_state("finished")
    steps = points(page.ticks)
    assert steps == sorted(set(steps))
    ending = next(tick["ended"] for tick in page.ticks if tick["ended"])  # told with the state, or before it
    assert steps[-1] == end["progress"]["step"] == ending["step"]
    assert [tick["started"] for tick in page.ticks if tick["started"]]
    assert page.ticks[0]["first"]
    with_all = page.well("compare", run=run)["series"]
    assert {one["name"] for one in with_all} >= {"train_loss", "validation_loss"}


def test_who_comes_back_gets_what_was_missed(app, page):
    run = page.train(endless(page), pace=200)
    page.well("watch", run=run, after=0)
    until(lambda: page.hear() or len(points(page.ticks)) > 30)
    page.well("watch", run=None)
    seen = len(points(page.ticks))
    cursor = page.ticks[-1]["cursor"]
    with app.page() as other:  # a second page, on another connection
        other.well("watch", run=run, after=cursor)
        until(lambda: other.hear() or len(points(other.ticks)) > 30)
    both = points(page.ticks)[:seen] + points(other.ticks)
    assert both == sorted(set(both)), "a point came twice, or out of order"
    assert both == list(range(both[0], both[-1] + 1)), "a point is missing"


def test_a_long_run_is_sent_thinned(app, page):
    run = page.train(endless(page))
    page.well("watch", run=run, after=0)
    until(lambda: page.hear() or len(points(page.ticks)) > 5000, 30)
    page.well("command", run=run, command={"kind": "stop"})
    page.until_state("stopped")
    with app.page() as late:
        late.well("watch", run=run, after=0)
        late.until_state("stopped")
        assert 500 < len(points(late.ticks)) <= 2100
        assert points(late.ticks)[-1] == late.ticks[0]["progress"]["step"]


def test_commands_are_obeyed_and_marked(page):
    run = page.train(endless(page), pace=100)
    page.well("watch", run=run, after=0)
    until(lambda: page.hear() or points(page.ticks))
    page.well("command", run=run, command={"kind": "set", "setting": "training.optimizer.learning_rate",
                                           "value": 0.002})
    until(lambda: page.hear() or [mark for tick in page.ticks for mark in tick["marks"]])
    mark = next(mark for tick in page.ticks for mark in tick["marks"])
    assert "0.002" in mark["text"]
    page.well("command", run=run, command={"kind": "pause"})
    page.until_state("paused")
    held = page.ticks[-1]["progress"]["step"]
    page.ticks.clear()
    page.well("command", run=run, command={"kind": "step"})
    until(lambda: page.hear() or held + 1 in points(page.ticks))
    page.well("command", run=run, command={"kind": "stop"})
    page.until_state("stopped")


def test_changes_are_told_once_with_their_values_and_only_those_the_page_does_not_know(page):
    run = page.train(endless(page), pace=100)
    page.well("watch", run=run, after=0)
    rate = "training.optimizer.learning_rate"

    def changes():
        return [change for tick in page.ticks for change in tick["changes"]]

    for place, value in enumerate((0.002, 0.004), 1):
        page.well("command", run=run, command={"kind": "set", "setting": rate, "value": value})
        until(lambda place=place: page.hear() or len(changes()) == place, what="a change")
    assert [(change["setting"], change["value"]) for change in changes()] == [(rate, 0.002), (rate, 0.004)]
    first = changes()[0]["number"]
    page.ticks.clear()
    page.well("watch", run=run, after=0, told=first)
    until(lambda: page.hear() or page.ticks, what="a tick")
    assert [change["value"] for change in changes()] == [0.004]
    opened = page.well("open", run=run)
    assert opened["draft"]["training"]["optimizer"]["learning_rate"] == 0.004
    assert opened["told"] > first
    page.well("command", run=run, command={"kind": "stop"})
    page.until_state("stopped")


def test_a_run_does_what_it_was_told_before_its_first_step_and_nothing_twice(page):
    asked = {"draft": endless(page), "pace": None, "key": os.urandom(8).hex(), "first": {"kind": "step"}}
    run = page.well("train", **asked)["run"]
    assert page.well("train", **asked)["run"] == run
    page.well("watch", run=run, after=0)
    page.until_state("paused")
    until(lambda: page.hear() or 1 in points(page.ticks))
    assert page.ticks[-1]["progress"]["step"] == 1
    page.well("command", run=run, command={"kind": "stop"})
    page.until_state("stopped")
    refused = page.ask("train", **asked | {"key": os.urandom(8).hex(), "first": {"kind": "dance"}})
    assert not refused["ok"]


def test_a_preview_and_a_look_come_as_snapshots(page):
    draft = page.draft()
    page.well("preview", draft=draft)
    page.well("look", draft=draft, run=None, sample=3)
    (preview_id, _, preview), (look_id, _, look) = page.frames
    assert look_id == preview_id + 1
    assert Snapshot.unpack(preview).arrays["points"].shape[1] == 2
    assert Snapshot.unpack(look).facts["sample"]["index"] == 3


def test_the_time_of_an_epoch_is_measured_once_for_drafts_that_train_alike(page):
    draft = page.draft()
    page.well("pace", draft=draft)
    page.well("pace", draft={**draft, "name": "another name"})
    first, second = (Snapshot.unpack(block).facts for _, _, block in page.frames)
    assert first["seconds_per_epoch"] > 0
    assert not first["estimated"]
    assert first == second


def test_live_snapshots_follow_the_run(page):
    run = page.train(endless(page), pace=100)
    page.well("watch", run=run, after=0)
    until(lambda: page.hear() or len([frame for frame in page.frames if frame[0] == 0]) >= 3, 30)
    lives = [Snapshot.unpack(block).step for number, of, block in page.frames if number == 0 and of == run]
    assert lives == sorted(lives)
    assert lives[-1] > lives[0]


def test_runs_are_listed_renamed_and_removed(page):
    run = page.train(page.draft("one-neuron"))
    page.well("watch", run=run, after=0)
    page.until_state("finished")
    name = "<img src=x onerror=alert(1)> " + "é" * 10
    page.well("rename", run=run, name=name)
    row = next(row for row in page.well("runs")["runs"] if row["id"] == run)
    assert row["name"] == name
    assert row["state"] == "finished"
    assert row["best"] is not None
    assert page.well("open", run=run)["run"]["name"] == name
    page.well("watch", run=None)
    page.well("delete", run=run)
    assert not page.ask("open", run=run)["ok"]


def test_curves_of_another_task_are_not_laid_over_a_run_and_of_another_loss_only_the_scores(page):
    drafts = {name: page.draft(name) for name in ("two-spirals", "moons", "diabetes")}
    drafts["moons"]["training"]["loss"] = {"kind": "cross_entropy", "label_smoothing": 0.1}
    one, same, other = (page.train({**draft, "training": {**draft["training"], "epochs": 1}})
                        for draft in drafts.values())
    for run in (one, same, other):
        page.ticks.clear()
        page.well("watch", run=run, after=0)
        page.until_state("finished")
    refused = page.ask("compare", run=other, onto=one)
    assert "different tasks" in refused["problems"][0]["what"]
    laid = page.well("compare", run=same, onto=one)
    names = {series["name"] for series in laid["series"]}
    assert "validation_accuracy" in names
    assert not {"train_loss", "validation_loss"} & names
    assert "Only the scores" in laid["said"]
    assert page.well("compare", run=one, onto=one)["said"] == ""


def test_a_run_at_work_is_not_removed(page):
    run = page.train(endless(page), pace=10)
    page.well("watch", run=run, after=0)
    page.until_state("running")
    assert "Stop it first" in page.ask("delete", run=run)["problems"][0]["fix"]


def test_who_reads_slowly_misses_snapshots_but_no_point(app, page):
    run = page.train(endless(page))
    page.well("watch", run=run, after=0)
    until(lambda: page.hear() or page.frames)
    time.sleep(4)  # not waiting for anything: this is a page that does not read
    page.well("command", run=run, command={"kind": "stop"})
    page.until_state("stopped")
    ended = next(tick["ended"] for tick in reversed(page.ticks) if tick["ended"])
    steps = points([tick for tick in page.ticks if not tick["first"]])
    stored, _ = Reader(run_folder(app.store, run)).points(limit=1_000_000)
    recorded = [step for name, step, _ in stored if name == "train_loss"]
    assert recorded[-1] > ended["step"] - 64
    assert steps == [step for step in recorded if step >= steps[0]]


def test_a_watched_run_may_vanish(app, page):
    run = page.train(page.draft("one-neuron"))
    page.well("watch", run=run, after=0)
    page.until_state("finished")
    with app.page() as other:
        other.well("delete", run=run)
    assert run not in [row["id"] for row in page.well("runs")["runs"]]
    assert not page.ask("watch", run=run, after=0)["ok"]


class Socket:
    """A page's end of the route, without a server between."""

    def __init__(self) -> None:
        self.asks, self.asked = anyio.create_memory_object_stream[dict[str, Any]](9)
        self.replies: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        try:
            return {"type": "websocket.receive", "text": json.dumps(await self.asked.receive())}
        except anyio.EndOfStream:
            return {"type": "websocket.disconnect"}

    async def send_text(self, text: str) -> None:
        self.replies.append(json.loads(text))

    async def ask(self, number: int, do: str, **fields: Any) -> dict[str, Any]:
        """The reply to a request."""
        await self.asks.send({"id": number, "do": do, **fields})
        with anyio.fail_after(20):
            while not (found := [reply for reply in self.replies if reply["id"] == number]):
                await anyio.sleep(0.002)
        return found[0]


def test_a_page_is_told_of_a_store_in_trouble_and_works_once_it_is_mended(tmp_path):
    async def visit() -> None:
        socket = Socket()
        async with socket.asked, anyio.create_task_group() as tasks:
            tasks.start_soon(stream._Visit(socket, tmp_path / "store").stay)
            async with socket.asks:
                refused = [await socket.ask(1, "runs"), await socket.ask(2, "moment", run=1, step=1),
                           await socket.ask(3, "preview", draft={})]
                assert all("is not there" in reply["problems"][0]["what"] for reply in refused)
                Catalog(tmp_path / "store").close()
                assert await socket.ask(4, "runs") == {"id": 4, "ok": True, "runs": []}

    anyio.run(visit)


def test_many_questions_at_once_are_all_answered(page):
    draft = page.draft()
    for number in range(40):
        page.socket.send(json.dumps({"id": 1000 + number, "do": "look", "draft": draft, "sample": number}))
    replies = {}

    def look():
        message = page.socket.recv(timeout=30)
        if isinstance(message, str) and "id" in (reply := json.loads(message)):
            replies[reply["id"]] = reply
        return len(replies) == 40

    until(look, 60, "forty answers")
    refused = [reply for reply in replies.values() if not reply["ok"]]
    assert all(reply["problems"][0]["fix"] == "Wait for the answers." for reply in refused)
    assert len(refused) < 40
