"""Protects charts of several runs: only figures that measure the same share an axis, and why is said."""

import pytest

from core.charts import measures
from core.experiment import model
from core.experiment.templates import names, template
from core.records import Run, RunState


def run(number, name, **training):
    raw = model.write(template(name).experiment)
    raw["training"] |= training
    return Run(id=number, name=name, state=RunState.FINISHED, experiment=raw, created=0.0)


SPIRALS, MOONS, DIABETES = run(1, "two-spirals"), run(2, "moons"), run(3, "diabetes")
NAMED = run(4, "moons", loss={"kind": "cross_entropy"})
SMOOTHED = run(5, "moons", loss={"kind": "cross_entropy", "label_smoothing": 0.1})


def groups(figure, *runs):
    """The numbers of runs whose figure measures the same."""
    found = {}
    for one in runs:
        found.setdefault(measures.measure(one.experiment, figure), []).append(one.id)
    return list(found.values())


@pytest.mark.parametrize("figure", ["validation_loss", "train_loss", "validation_accuracy"])
def test_runs_of_different_tasks_never_share_an_axis(figure):
    assert groups(figure, SPIRALS, DIABETES, MOONS) == [[1, 2], [3]]
    said = measures.said([SPIRALS, DIABETES, MOONS])
    assert "different tasks (runs 1, 2: classification; run 3: regression)" in said


def test_runs_of_one_task_and_loss_share_every_axis_however_the_loss_was_chosen():
    for figure in ("validation_loss", "validation_accuracy"):
        assert groups(figure, SPIRALS, MOONS, NAMED) == [[1, 2, 4]]
    assert measures.said([SPIRALS, MOONS, NAMED]) == ""


def test_runs_with_other_losses_share_the_axes_of_scores_alone():
    assert groups("validation_loss", MOONS, SMOOTHED) == [[2], [5]]
    assert groups("validation_accuracy", MOONS, SMOOTHED) == [[2, 5]]
    assert "run 5: Cross-entropy, label smoothing 0.1" in measures.said([MOONS, SMOOTHED])


@pytest.mark.parametrize("name", names())
def test_every_template_says_what_its_figures_measure(name):
    told = measures.measure(run(1, name).experiment)
    assert all(told)


def test_an_experiment_that_cannot_be_read_is_like_no_other():
    broken = SPIRALS.model_copy(update={"id": 9, "experiment": {"data": {"kind": "gone"}}})
    assert groups("validation_loss", SPIRALS, broken) == [[1], [9]]
