"""Protects going on exactly: a run cut at a checkpoint is, to the last bit, the run that was never cut."""

import errno
import random
import shutil

import pytest
import torch

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.engine import checkpoint, rhythm
from core.engine.checkpoint import Checkpoints
from core.engine.exactness import doubt, key
from core.engine.trainer import Trainer
from core.experiment.templates import template
from tests.engine.cuts import bits, cut, mutated, proves, rich, to_end
from tests.engine.runs import history

MUTATIONS = 300


@pytest.mark.parametrize("at", [4, 6])
@pytest.mark.parametrize("optimizer", [entry.name() for entry in OPTIMIZERS])
def test_every_optimizer_goes_on_exactly(optimizer, at, tmp_path):
    proves(rich(optimizer={"kind": optimizer}), at, tmp_path)


@pytest.mark.parametrize("schedule", [entry.name() for entry in SCHEDULES])
def test_every_schedule_goes_on_exactly(schedule, tmp_path):
    proves(rich(schedule={"kind": schedule}, optimizer={"kind": "sgd", "momentum": 0.9}), 7, tmp_path)


@pytest.mark.parametrize(("at", "layout"), [(1, "plain"), (5, "plain"), (17, "plain"), (5, "channels_last")])
def test_a_convolutional_network_goes_on_exactly(at, layout, tmp_path):
    ready = template("digits-cnn").experiment
    training = ready.training.model_copy(update={"epochs": 2, "device": "cpu", "threads": 1,
                                                         "layout": layout})
    proves(ready.model_copy(update={"training": training}), at, tmp_path)


def test_a_run_recorded_sparsely_goes_on_exactly_between_two_recorded_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(rhythm, "DENSE_STEPS", 2)
    proves(rich(), 9, tmp_path)


def test_what_was_changed_by_hand_goes_on_with_it(tmp_path):
    def steered(trainer: Trainer) -> None:
        trainer.advance(4, 60.0)
        trainer.change("training.optimizer.learning_rate", 0.003)
        trainer.change("training.optimizer.momentum", 0.5)
        trainer.change("network.hidden3.rate", 0.1)
        trainer.change("training.regularization.strength", 0.02)
        trainer.edit_weight("hidden1", "0.weight", (2, 1), 0.75)
        trainer.advance(1, 60.0)

    experiment = rich(optimizer={"kind": "sgd"})
    whole = Trainer(experiment)
    steered(whole)
    told = to_end(whole)
    broken = Trainer(experiment)
    steered(broken)
    other = cut(broken, experiment, tmp_path)
    assert other.experiment == broken.experiment != experiment
    assert history(to_end(other)) == history(told)
    assert bits(other) == bits(whole)


def test_a_run_that_diverges_after_a_cut_puts_the_same_weights_back(tmp_path):
    proves(rich(optimizer={"kind": "sgd", "learning_rate": 10.0}, epochs=400), 3, tmp_path)


def test_taking_checkpoints_changes_nothing_of_a_run(tmp_path):
    calm, watched = Trainer(rich()), Trainer(rich())
    torch.manual_seed(5)  # both draw from the one generator, one after the other
    calm_told = to_end(calm)
    torch.manual_seed(5)
    kept, told = Checkpoints(tmp_path), []
    while not watched.over:
        told += watched.advance(1, 60.0)
        kept.write(watched.step, 0, key(watched), watched.state())
    assert history(told) == history(calm_told)
    assert bits(watched) == bits(calm)


def test_checkpoints_that_are_let_go_are_gone_and_nothing_else_lies_about(tmp_path):
    trainer, kept = Trainer(rich()), Checkpoints(tmp_path)
    for _ in range(4):
        trainer.advance(1, 60.0)
        kept.write(trainer.step, 0, key(trainer), trainer.state())
    kept.remove([1, 2])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ckpt-3", "ckpt-4"]
    (tmp_path / ".tmp-left").mkdir()
    kept.sweep()
    assert kept.steps() == [3, 4]
    assert not (tmp_path / ".tmp-left").exists()
    assert kept.read(3).step == 3
    assert kept.bytes(3) == sum(path.stat().st_size for path in (tmp_path / "ckpt-3").iterdir())


@pytest.fixture
def two(tmp_path):
    """Checkpoints of steps 2 and 5, told with marks 10 and 20."""
    trainer, kept = Trainer(rich(optimizer={"kind": "muon"})), Checkpoints(tmp_path / "checkpoints")
    for steps, mark in ((2, 10), (3, 20)):
        trainer.advance(steps, 60.0)
        kept.write(trainer.step, mark, key(trainer), trainer.state())
    return kept


def test_a_checkpoint_ahead_of_what_was_stored_is_not_used(two):
    found, useless = two.newest(19)
    assert (found.step, found.mark, useless) == (2, 10, [5])
    assert two.newest(9) == (None, [5, 2])


def test_every_damage_is_noticed_and_the_checkpoint_before_is_used(two):
    chance, newest = random.Random(11), two.folder / "ckpt-5"
    whole = two.folder.parent / "whole"
    shutil.copytree(newest, whole)
    for number in range(MUTATIONS):
        what = mutated(newest, chance)
        found, useless = two.newest(20)
        assert (found.step, useless) == (2, [5]), f"mutation {number}: {what}"
        shutil.rmtree(newest)
        shutil.copytree(whole, newest)
    assert two.newest(20)[0].step == 5


def test_a_checkpoint_under_another_name_is_not_believed(two):
    (two.folder / "ckpt-5").rename(two.folder / "ckpt-9")
    found, useless = two.newest(20)
    assert (found.step, useless) == (2, [9])


def test_a_damaged_checkpoint_is_written_anew_when_its_step_comes_again(two):
    (two.folder / "ckpt-5" / "state.json").unlink()
    trainer = Trainer(rich())
    trainer.advance(5, 60.0)
    two.write(5, 20, key(trainer), trainer.state())
    assert two.newest(20)[0].step == 5
    assert two.steps() == [2, 5]


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_takes_no_more_leaves_the_checkpoints_before_and_nothing_half(two, monkeypatch, fault):
    def refuse(path):
        raise OSError(fault, "no")

    monkeypatch.setattr(checkpoint, "sync", refuse)
    trainer = Trainer(rich())
    trainer.advance(6, 60.0)
    with pytest.raises(OSError, match="no"):
        two.write(6, 30, key(trainer), trainer.state())
    assert sorted(path.name for path in two.folder.iterdir()) == ["ckpt-2", "ckpt-5"]
    assert two.newest(30)[0].step == 5


def test_a_checkpoint_goes_from_a_disk_that_takes_no_folder_more(two, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.tempfile, "mkdtemp", full)
    monkeypatch.setattr(checkpoint.Path, "mkdir", full)
    two.remove([5])
    assert sorted(path.name for path in two.folder.iterdir()) == ["ckpt-2"]


def test_what_exactness_depends_on_is_named_when_it_is_another():
    now = key(Trainer(rich()))
    assert doubt(now, now) == ""
    assert doubt({**now, "threads": 7}, now) == "threads was 7 and is 1"
    assert "torch was 2.0" in doubt({**now, "torch": "2.0"}, now)
    assert "cuda" in doubt(now, {**now, "device": "cuda"})
