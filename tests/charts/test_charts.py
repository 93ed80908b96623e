"""Protects the charts: nothing, one point and undefined values draw; text stays text; colours can be read."""

import math

import pytest

from core.catalog.layers import LAYERS
from core.charts import compare, loss, theme
from core.experiment import model
from core.experiment.templates import template
from core.records import Run, RunState, Series

MODES = ["light", "dark"]
VALUES = [(), (0.5,), (0.5, 0.25, 0.5), (math.nan,), (0.5, math.nan, 0.1), (math.inf, 0.3), (0.0, -1.0)]


def series(name: str, values: tuple[float, ...]) -> Series:
    return Series(name=name, steps=tuple(range(1, len(values) + 1)), values=values)


def run(number: int, name: str) -> Run:
    return Run(id=number, name=name, state=RunState.FINISHED, experiment={}, created=0.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("values", VALUES, ids=str)
def test_a_loss_of_any_values_draws(values, mode):
    data = loss.loss_data([series("train_loss", values), series("validation_loss", values)])
    for logarithmic in (False, True):
        assert loss.loss_figure(data, mode, logarithmic=logarithmic).to_json()


def test_the_best_step_is_the_first_lowest_finite_one():
    assert loss.loss_data([series("validation_loss", (0.5, 0.2, math.nan, 0.2))]).best_step == 2
    assert loss.loss_data([series("validation_loss", (math.nan,))]).best_step is None
    assert loss.loss_data([]).best_step is None


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_any_number_of_runs_lies_over_each_other(count, mode):
    runs = [(run(number, f"run {number}"), [series("loss", (0.5, 0.2))]) for number in range(count)]
    figure = compare.compare_figure(compare.compare_data("loss", runs), mode, logarithmic=True)
    assert len(figure.data) == count


def test_a_run_keeps_its_colour_where_another_has_no_such_figure():
    runs = [(run(1, "a"), []), (run(2, "b"), [series("loss", (0.5,))])]
    full = [(one, [series("loss", (0.5,))]) for one, _ in runs]
    (alone,), both = (compare.compare_figure(compare.compare_data("loss", told), "light").data
                      for told in (runs, full))
    assert [alone.line.color == one.line.color for one in both] == [False, True]


def test_a_run_name_is_never_markup():
    named = run(1, "<a href='javascript:alert(1)'>&x</a>")
    data = compare.compare_data("a", [(named, [series("a", (1.0,))])])
    name = compare.compare_figure(data, "light").data[0].name
    assert "<" not in name
    assert "&amp;x" in name


def test_differences_are_named_by_node_and_only_differences():
    one = model.write(template("two-spirals").experiment)
    other = model.read(one).model_copy(update={"name": "other"})
    assert [row.where for row in compare.differences([one, model.write(other)])] == ["name"]
    shorter = {**one, "network": {"nodes": one["network"]["nodes"][1:]}}
    gone = one["network"]["nodes"][0]["id"]
    assert {row.where.split(".")[2] for row in compare.differences([one, shorter])} == {gone}
    assert compare.differences([one, one, one]) == []


@pytest.mark.parametrize("mode", MODES)
def test_text_can_be_read_on_every_surface(mode):
    tokens = theme.palette()[mode]
    for surface in ("surface", "panel"):
        for text in ("text", "quiet", "accent", "good", "bad", "warn"):
            assert contrast(tokens[text], tokens[surface]) >= 4.5, (text, surface)
    assert contrast(tokens["accent"], tokens["on_accent"]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_every_group_of_layers_has_a_colour_that_stands_out(mode):
    tokens = theme.palette()[mode]
    for group in {layer.group for layer in LAYERS} | {"input"}:
        assert contrast(tokens["groups"][group], tokens["panel"]) >= 3, group
    assert len(tokens["categorical"]) >= 10, "digits have ten classes"


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: from 1 for the same lightness to 21 for black on white."""
    low, high = sorted((lightness(one), lightness(other)))
    return (high + 0.05) / (low + 0.05)


def lightness(colour: str) -> float:
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


CALM = tuple(0.7 - 0.006 * step for step in range(100))
SPIKE = (*CALM[:50], 5e6, *CALM[51:])


def shown(*curves: tuple[float, ...]):
    """The range of the compared axis, and what the chart says about it."""
    runs = [(run(number, "run"), [series("loss", values)]) for number, values in enumerate(curves)]
    figure = compare.compare_figure(compare.compare_data("loss", runs), "light")
    return figure.layout.yaxis.range, [note.text for note in figure.layout.annotations]


def test_one_spike_does_not_flatten_the_curves_and_is_told():
    found, said = shown(CALM, SPIKE)
    assert found[0] <= min(CALM)
    assert max(CALM) <= found[1] < 2, "most of the axis is for the curves"
    assert len(said) == 1
    assert "5e+06" in said[0]
    fallen, said = shown(tuple(-value for value in SPIKE))
    assert fallen[0] > -2
    assert "below" in said[0]


@pytest.mark.parametrize("values", [CALM, tuple(2.3 * 0.9 ** step for step in range(500)), (),
                                    (0.7, 0.2, 0.3, 2.0)])
def test_a_curve_without_extremes_is_shown_whole(values):
    assert shown(values) == (None, [])


@pytest.mark.parametrize(("values", "expected"), [
    ((0.5,), (0.0, 1.0)), ((math.nan, 0.003), (0.0, 0.006)), ((-1.0,) * 30, (-2.0, 0.0)),
    ((0.0,) * 9, (0.0, 1.0))])
def test_a_value_that_never_changes_is_not_drawn_at_zero(values, expected):
    assert shown(values) == (expected, [])


def test_a_run_that_diverged_does_not_hide_one_that_did_not():
    found, _ = shown(CALM, (*CALM[:70], *(10.0 ** power for power in range(25))))
    assert max(CALM) <= found[1] < 2


def test_a_logarithmic_axis_shows_everything():
    figure = loss.loss_figure(loss.loss_data([series("train_loss", SPIKE)]), "dark", logarithmic=True)
    assert figure.layout.yaxis.range is None
    assert "best" not in [note.text for note in figure.layout.annotations]
