"""Protects runs with compiled steps: killed and resumed, or replayed, they are the same to the last bit."""

import shutil
import signal
import uuid

import pytest

from core.engine import turbo, turbo_made
from core.engine.trainer import Trainer
from core.events import Compared, Continued, TurboChanged
from core.experiment.model import read
from core.records import RunState
from core.runtime import client, paths, replaying
from tests.conftest import until
from tests.runtime.conftest import experiment

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # torch's compiler uses old things
RAW = experiment(epochs=None, device="cpu", threads=1, turbo="auto")


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """The steps of that experiment, where runs look for them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = paths.compiled() / f"{turbo.wanted(Trainer(read(RAW)))}.steps"
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700)
    turbo_made.build(read(RAW), 1, path)
    path.chmod(0o600)
    return path


def used(works, run):
    return [event for event in works.said(run, TurboChanged) if event.state == "on"]


def stopped_and_replayed(works, run):
    """Stop a run; its replay is the same to the last bit, with compiled steps at the same places."""
    works.tell(run, "stop")
    works.until_over(run)
    again = replaying.replay(works.store, run, uuid.uuid4().hex)
    works.until_over(again, 120)
    (told,) = works.said(again, Compared)
    assert (told.run, told.same, told.weights) == (run, True, "equal"), told.words()
    assert used(works, again) == used(works, run)


def test_a_run_with_compiled_steps_is_resumed_and_replayed_to_the_last_bit(compiled, own_works, tmp_path):
    works = own_works(tmp_path / "store")
    works.start()
    run = works.queue(RAW)
    (on,) = until(lambda: used(works, run), 60, "compiled steps")
    for kills, ahead in enumerate((500, 3000), 1):
        works.until_step(run, on.step + ahead, 60)
        works.worker(run).send_signal(signal.SIGKILL)
        works.until_state(run, RunState.INTERRUPTED)
        client.resume(works.store, run)
        until(lambda kills=kills: len(works.said(run, Continued)) == kills, 60, "going on")
    assert [event.exact for event in works.said(run, Continued)] == [True, True]
    works.tell(run, "set", setting="training.optimizer.learning_rate", value=0.001)
    works.until_step(run, works.reader(run).progress().step + 500, 60)
    stopped_and_replayed(works, run)


def test_a_resumed_run_waits_for_steps_that_are_gone_to_be_compiled_once_more(compiled, own_works, tmp_path):
    works = own_works(tmp_path / "store")
    works.start()
    run = works.queue(RAW)
    (on,) = until(lambda: used(works, run), 60, "compiled steps")
    works.until_step(run, on.step + 500, 60)
    works.worker(run).send_signal(signal.SIGKILL)
    works.until_state(run, RunState.INTERRUPTED)
    shutil.rmtree(compiled.parent)
    client.resume(works.store, run)
    (told,) = until(lambda: works.said(run, Continued), 300, "going on")
    assert told.exact, told.why
    assert compiled.exists()
    works.tell(run, "stop")
    works.until_over(run)


def test_turbo_is_switched_on_and_off_under_way_and_a_replay_is_the_same_run(compiled, own_works, tmp_path):
    works = own_works(tmp_path / "store")
    works.start()
    run = works.queue(experiment(epochs=None, device="cpu", threads=1))
    works.until_step(run, 300, 60)
    assert works.said(run, TurboChanged) == []
    works.tell(run, "set", setting="training.turbo", value="auto")
    (on,) = until(lambda: used(works, run), 60, "compiled steps")
    works.until_step(run, on.step + 500, 60)
    works.tell(run, "set", setting="training.turbo", value="off")
    off, *_ = until(lambda: [e for e in works.said(run, TurboChanged) if e.state == "off"], 60, "plain steps")
    assert [e.reason for e in works.said(run, TurboChanged)] == ["", "It was switched off."]
    works.until_step(run, off.step + 500, 60)
    stopped_and_replayed(works, run)
