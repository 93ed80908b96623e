"""Protects the dispatcher: there is one, it answers, makes room for a newer one, and goes when unneeded."""

import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import psutil
import pytest

from core.records import RunState
from core.runtime import client, locks, paths
from core.store import files
from tests.conftest import until
from tests.runtime.conftest import ROOT, experiment


def wait(process, seconds: float = 15) -> int:
    """The exit code of a process, once it is gone."""
    until(lambda: process.poll() is not None, seconds, "the end of a process")
    return process.returncode


def ask(store, kind: str, **payload):
    """The answer to a question."""
    key = client.ask(store, kind, payload)
    return until(lambda: client.answer(store, key), 60, "an answer")


def test_of_four_starters_one_dispatcher_serves(own_works):
    works = own_works()
    starters = [works.start("--idle", 60) for _ in range(4)]
    serving = works.at_work()
    losers = [process for process in starters if process.pid != serving]
    assert len(losers) == 3
    assert [wait(process) for process in losers] == [0, 0, 0]
    assert works.at_work() == serving


def test_a_dispatcher_nobody_needs_ends_and_one_with_a_client_stays(own_works):
    works = own_works()
    here = locks.take(paths.web_lock(works.store), shared=True)
    process = works.start("--idle", 0.5)
    works.at_work()
    with pytest.raises(AssertionError, match="did not happen"):
        wait(process, 2)
    here.release()
    assert wait(process) == 0
    assert not locks.held(paths.jobs_lock(works.store))


def test_a_dispatcher_whose_store_is_gone_ends(own_works):
    works = own_works()
    process = works.start("--idle", 60)
    works.at_work()
    shutil.move(works.store, works.store.with_name("elsewhere"))
    wait(process)
    assert not works.store.exists(), "it makes no store anew"
    shutil.move(works.store.with_name("elsewhere"), works.store)


def test_a_dispatcher_of_other_code_drains_and_is_replaced_while_its_run_trains_on(own_works, tmp_path):
    works = own_works()
    shutil.copytree(ROOT / "core", tmp_path / "older" / "core")
    (tmp_path / "older" / "core" / "other.py").write_text('"""What only the other version has."""\n')
    old = works.start("--idle", 60, root=tmp_path / "older")
    first = works.at_work()
    run = works.queue(pace=300)
    at = works.until_step(run, 1, 60)
    staying = client.stay(works.store, 1.0)
    try:
        assert wait(old) == 0
        assert works.at_work() != first
        assert locks.signature(paths.jobs_lock(works.store))["version"] == paths.code_version()
        works.until_step(run, at + 1)
        works.tell(run, "stop")
        assert works.until_over(run).state is RunState.STOPPED
    finally:
        staying.end()


def test_a_dispatcher_that_was_killed_is_started_again_by_who_stays(own_works, monkeypatch):
    works = own_works()
    monkeypatch.chdir(works.store.parent)
    staying = client.stay(Path(works.store.name), 1.0)  # as a command line names it
    try:
        first = locks.signer(paths.jobs_lock(works.store)) or until(
            lambda: locks.signer(paths.jobs_lock(works.store)), what="a dispatcher")
        first.send_signal(signal.SIGKILL)
        again = until(lambda: (locks.held(paths.jobs_lock(works.store))
                               and (found := locks.signer(paths.jobs_lock(works.store)))
                               and found.pid != first.pid), 20, "another dispatcher")
        assert again
    finally:
        staying.end()
    until(lambda: not locks.held(paths.jobs_lock(works.store)), 20, "the dispatcher ending when nobody stays")


def test_a_dispatcher_of_other_code_that_ended_by_itself_is_replaced_all_the_same(tmp_path, monkeypatch):
    ended = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    holder = psutil.Process(ended.pid)
    ended.communicate()
    monkeypatch.setattr(locks, "signer", lambda path: holder)
    starter, started = client.Starter(), []
    monkeypatch.setattr(starter, "_start", lambda store, idle: started.append(store))
    starter.replace(tmp_path, 1.0)
    assert started == [tmp_path]


def test_no_stranger_with_the_number_of_a_dead_dispatcher_is_signalled(tmp_path):
    lock = locks.take(tmp_path / "lock")
    lock.sign(version="x")
    mine = locks.signer(tmp_path / "lock")
    assert mine is not None
    signed = locks.signature(tmp_path / "lock")
    (tmp_path / "lock").write_text(str({**signed, "created": signed["created"] - 60}).replace("'", '"'))
    assert locks.signer(tmp_path / "lock") is None
    lock.release()


BREAKS = """
import sys
from core.runtime import jobs
from core.records import RunState
from core.runtime.dispatcher import Dispatcher

def breaks(self, look=Dispatcher._look_after_adopted):
    assert not self._catalog.in_state(RunState.RUNNING), "it breaks"
    look(self)

Dispatcher._look_after_adopted = breaks
jobs.run()
"""


def test_a_dispatcher_that_breaks_lets_go_at_once_and_its_run_trains_on(own_works):
    works = own_works()
    run = works.queue(pace=300)
    broken = subprocess.run([sys.executable, "-c", BREAKS, works.store], cwd=ROOT, capture_output=True,
                            text=True, timeout=30, check=False)
    assert broken.returncode == 1
    assert "it breaks" in broken.stderr
    assert not locks.held(paths.jobs_lock(works.store))
    at = works.reader(run).progress()
    works.until_step(run, (at.step if at else 0) + 1)
    works.start("--idle", 60)
    works.at_work()
    works.tell(run, "stop")
    assert works.until_over(run).state is RunState.STOPPED


def test_as_many_runs_train_at_once_as_there_are_slots_and_paused_ones_take_none(works):
    runs = [works.queue(pace=50) for _ in range(3)]
    for run in runs[:2]:
        works.until_step(run, 10, 60)
    assert works.run(runs[2]).state is RunState.QUEUED
    works.tell(runs[0], "pause")
    works.until_state(runs[2], RunState.RUNNING)
    for run in runs:
        works.tell(run, "stop")
        works.until_over(run)


def test_questions_are_answered_and_kept(works):
    raw = experiment()
    shown = ask(works.store, "preview", experiment=raw)
    assert len(shown.arrays["points"]) == raw["data"]["samples"]
    looked = ask(works.store, "look", experiment=raw, run=None, sample=3)
    assert looked.facts["sample"]["index"] == 3
    assert client.system(works.store)["torch"]
    path = files.answer_file(works.store, client.ask(works.store, "preview", {"experiment": raw}))
    before = path.stat().st_mtime_ns
    ask(works.store, "preview", experiment=raw)
    assert path.stat().st_mtime_ns == before


def test_an_answer_that_comes_while_it_is_looked_for_is_no_trouble(tmp_path, monkeypatch):
    path = files.answer_file(tmp_path, "key")
    path.parent.mkdir()

    def come_too_late(self: Path) -> bytes:
        self.write_bytes(b"an answer")
        raise FileNotFoundError(2, "No such file or directory", str(self))

    with monkeypatch.context() as late:
        late.setattr(Path, "read_bytes", come_too_late)
        assert client.answer(tmp_path, "key") is None
    assert path.exists()


def test_a_finished_run_is_looked_at_with_what_it_learned(works):
    raw = experiment(epochs=2)
    run = works.queue(raw)
    untrained = ask(works.store, "look", experiment=raw, run=None, sample=0)
    works.until_over(run, 60)
    learned = ask(works.store, "look", experiment=raw, run=run, sample=0)
    assert (learned.arrays["weights/hidden1"] != untrained.arrays["weights/hidden1"]).any()


@pytest.mark.parametrize(("kind", "payload"), [
    ("nonsense", {}),
    ("look", {"experiment": {"network": 3}, "run": None, "sample": 0}),
    ("look", {"experiment": {}, "run": 10**6, "sample": 0, "more": uuid.uuid4().hex}),
    ("look", {"experiment": experiment(), "run": 10**6, "sample": 0}),
])
def test_a_question_that_has_no_answer_is_answered_with_a_problem(works, kind, payload):
    assert ask(works.store, kind, **payload).facts["problem"].endswith((".", "?"))


def test_a_question_that_takes_too_long_is_given_up_with_a_word(own_works):
    works = own_works()
    works.start("--idle", 60, "--answer-seconds", 0)
    works.at_work()
    raw = experiment()
    for node in raw["network"]["nodes"][:-1]:
        node["layer"]["units"] = 512
    answer = ask(works.store, "look", experiment=raw, run=None, sample=0)
    assert "longer than 0 seconds" in answer.facts["problem"]
    assert answer.facts["passing"]
