"""Protects the ready-made experiments: each opens, is whole, and says what it shows."""

from pathlib import Path

import pytest

import core.experiment.templates as folder
from benchmarks.templates import PROMISES, reached
from core.engine.trainer import Trainer
from core.events import StepsRecorded
from core.experiment.check import check
from core.experiment.model import MOST_NODES
from core.experiment.templates import names, template
from core.problems import Problems
from tests.experiment.written import few, pinned


def test_every_file_is_on_the_menu_once():
    files = {path.stem for path in Path(folder.__file__).parent.glob("*.json")} - {"order"}
    assert sorted(names()) == sorted(files)


@pytest.mark.parametrize("name", names())
def test_a_template_can_be_trained_and_says_what_it_shows(name):
    ready = template(name)
    walked = check(ready.experiment)
    assert 0 < len(walked.layers) < MOST_NODES
    assert ready.title
    for sentence in (ready.what, ready.try_this):
        assert sentence.endswith((".", "?"))
    assert ready.experiment.training.device == "auto"
    assert ready.experiment.training.threads is None
    assert name == name.lower()


@pytest.mark.parametrize("name", names())
def test_its_first_step_trains(name):
    trainer = Trainer(pinned(few(template(name).experiment)))
    before = {key: tensor.clone() for key, tensor in trainer.network.learned().items()}
    (recorded,) = (event for event in trainer.advance(1, 60) if isinstance(event, StepsRecorded))
    assert 0 < recorded.losses[0] < 100
    moved = [key for key, tensor in trainer.network.learned().items() if not tensor.equal(before[key])]
    assert len(moved) > len(before) / 2


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_it_reaches_what_was_promised(name):
    found = reached(name)
    assert PROMISES[name].kept(found.score), f"{found.score} of {PROMISES[name].value}"


def test_every_template_has_a_promise():
    assert sorted(PROMISES) == sorted(names())


def test_titles_are_unique():
    titles = [template(name).title for name in names()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("name", ["two-spiral", "", "../model", "order", "x" * 10_000, "two-spirals.json"])
def test_an_unknown_template_is_refused_with_the_nearest_name(name):
    with pytest.raises(Problems, match=r"Did you mean|Use one of"):
        template(name)
