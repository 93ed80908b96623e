"""Protects what survives a kill: every point a reader saw, and a state that is true."""

import random
import signal
import time

import pytest

from core.events import Finished, StepsRecorded
from core.records import RunState
from core.runtime import paths
from core.store import files
from core.store.writer import Writer
from tests.conftest import until

KILLS = 10
NOTICED = 2.0
"""Seconds within which a killed worker's run says that it was interrupted."""


def test_no_kill_of_a_worker_costs_a_point_that_was_seen_or_leaves_a_lie(works):
    chance = random.Random(7)
    for kill in range(KILLS):
        run = works.queue()
        worker = works.worker(run)
        moment = time.monotonic() + chance.uniform(0.0, 0.6)
        reader, seen = works.reader(run), []
        while time.monotonic() < moment:
            some, _ = reader.points(len(seen))
            seen += some
        worker.send_signal(signal.SIGKILL)
        row = works.until_state(run, RunState.INTERRUPTED, seconds=NOTICED)
        assert "killed (signal 9)" in row.reason
        assert reader.points(limit=10**9)[0][:len(seen)] == seen, f"kill {kill}"
        events = reader.events()
        assert [seq for seq, _ in events] == list(range(1, len(events) + 1))


def test_a_run_goes_on_without_its_dispatcher_and_is_found_again(own_works):
    works = own_works()
    works.start("--idle", 60)
    run, killed = works.queue(pace=300), works.queue(pace=300)
    for one in (run, killed):
        works.until_step(one, 1, 60)
    works.dispatchers[0].kill()
    works.dispatchers[0].wait()
    at = works.reader(run).progress().step
    works.until_step(run, at + 1)
    works.worker(killed).send_signal(signal.SIGKILL)
    waiting = works.queue(pace=300)
    works.start("--idle", 60)
    works.until_state(killed, RunState.INTERRUPTED)
    works.until_step(waiting, 1, 60)
    assert works.run(run).state is RunState.RUNNING
    works.worker(run).send_signal(signal.SIGKILL)
    assert works.until_state(run, RunState.INTERRUPTED, seconds=NOTICED).reason.endswith(".")
    works.tell(waiting, "stop")
    works.until_over(waiting)


def test_a_dispatcher_finds_out_what_became_of_the_runs_of_the_one_before(own_works):
    works = own_works()
    never_begun, died_starting, told_its_end = (works.queue(pace=300) for _ in range(3))
    for run in (never_begun, died_starting, told_its_end):
        assert works.catalog.claim()[0].id == run
    files.make_folder(works.folder(died_starting))
    paths.run_lock(works.store, died_starting).touch()
    works.catalog.set_state(told_its_end, RunState.RUNNING)
    writer = Writer(works.folder(told_its_end))
    writer.append(StepsRecorded(steps=(1,), losses=(0.5,)), Finished(step=1, epoch=1, seconds=2.0, test={}))
    writer.close()
    works.start("--idle", 60)
    assert works.until_state(died_starting, RunState.INTERRUPTED).reason.endswith(".")
    works.until_state(told_its_end, RunState.FINISHED)
    works.until_step(never_begun, 1, 60)


def test_a_dead_fork_server_takes_no_run_along_and_is_replaced(own_works):
    works = own_works()
    works.start("--idle", 60)
    run = works.queue(pace=300)
    works.until_step(run, 1, 60)
    worker = works.worker(run)
    worker.parent().send_signal(signal.SIGKILL)
    at = works.reader(run).progress().step
    works.until_step(run, at + 1)
    other = works.queue(pace=300)
    works.until_step(other, 1, 60)
    assert works.run(run).state is RunState.RUNNING
    for one in (run, other):
        works.tell(one, "stop")
        assert works.until_over(one).state is RunState.STOPPED
    until(lambda: not works.alive(run), what="the worker letting go")


@pytest.mark.slow
def test_a_fork_server_that_dies_while_it_is_asked_costs_no_run(own_works):
    works = own_works()
    works.start("--idle", 60)
    run = works.queue(pace=300)
    works.until_step(run, 1, 60)
    server = works.worker(run).parent()
    server.suspend()  # it takes the question and does not answer
    other = works.queue(pace=300)
    works.until_state(other, RunState.STARTING)
    server.kill()
    works.until_step(other, 1, 60)
    assert works.run(run).state is RunState.RUNNING
    for one in (run, other):
        works.tell(one, "stop")
        assert works.until_over(one).state is RunState.STOPPED
