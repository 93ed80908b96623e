"""Runs laid over each other: a figure of each as a curve, and where their experiments differ."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from core.catalog.metrics import METRICS
from core.charts import limits, theme
from core.charts.theme import Mode
from core.events import Changed, Event, WeightEdited
from core.records import Run, Series


class Curve(NamedTuple):
    """One run's values of the figure compared."""

    title: str
    series: Series
    place: int = 0
    """That of its run among those compared, which gives it the same colour in every chart."""


class CompareData(NamedTuple):
    """What the chart says."""

    figure: str
    """The name of the series compared: `validation_loss`, `validation_accuracy`."""
    curves: tuple[Curve, ...]


class Difference(NamedTuple):
    """One place where experiments differ, with each one's value; None where there is none."""

    where: str
    values: tuple[Any, ...]


class Change(NamedTuple):
    """One thing that was changed by hand while a run trained."""

    step: int
    """The step it held after."""
    what: str
    """The setting's dotted path, or the weight."""
    value: str
    """What it became, for a reader."""


def changes(events: Iterable[Event]) -> list[Change]:
    """What was changed by hand, in order."""
    found: list[Change] = []
    for event in events:
        if isinstance(event, Changed):
            found.append(Change(event.step, event.setting, event.words()))
        elif isinstance(event, WeightEdited):
            index = ", ".join(map(str, event.index))
            found.append(Change(event.step, f"{event.node}.{event.parameter}[{index}]", f"{event.value:.6g}"))
    return found


def compare_data(figure: str, runs: Iterable[tuple[Run, Sequence[Series]]]) -> CompareData:
    """The curves of the runs that have this figure, each named so that equal names stay apart."""
    curves = [Curve(f"{run.id} · {run.name}", one, place)
              for place, (run, series) in enumerate(runs) for one in series if one.name == figure]
    return CompareData(figure, tuple(curves))


def compare_figure(data: CompareData, mode: Mode, *, logarithmic: bool = False) -> go.Figure:
    """One line per run; told apart by dash as well as by colour."""
    colours = theme.palette()[mode]["categorical"]
    figure = go.Figure(layout={"template": theme.template(mode), "height": 320, "showlegend": True})
    for curve in data.curves:
        place = curve.place
        line = {"color": colours[place % len(colours)], "dash": ("solid", "dash", "dot")[place % 3]}
        figure.add_scatter(x=curve.series.steps, y=curve.series.values, mode="lines", line=line,
                           name=plain(curve.title))
    figure.update_xaxes(title="Step")
    figure.update_yaxes(title=title(data.figure), type="log" if logarithmic else "linear")
    if not logarithmic:
        limits.put(figure, (curve.series.values for curve in data.curves))
    return figure


def title(figure: str) -> str:
    """A series' name for a reader: `validation_f1` is "Validation F1"."""
    split, _, score = figure.partition("_")
    titles = {metric.name(): metric.title for metric in METRICS}
    return f"{split.capitalize()} {titles.get(score, score.replace('_', ' '))}"


def differences(experiments: Sequence[dict[str, Any]]) -> list[Difference]:
    """Where the experiments say different things, in the order of the first that says something there."""
    flat = [dict(_said("", experiment)) for experiment in experiments]
    places = dict.fromkeys(where for one in flat for where in one)
    rows = [Difference(where, tuple(one.get(where) for one in flat)) for where in places]
    return [row for row in rows if any(value != row.values[0] for value in row.values)]


def plain(text: str) -> str:
    """Text that Plotly shows as it is, tags and all."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _said(where: str, value: Any) -> Iterable[tuple[str, Any]]:
    """Every value of an experiment with its dotted path; a node goes by its id, not by its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _said(f"{where}.{name}" if where else name, inner)
    elif isinstance(value, list) and value and all(isinstance(item, dict) and "id" in item for item in value):
        for node in value:
            yield from _said(f"{where}.{node['id']}", {name: node[name] for name in node if name != "id"})
    else:
        yield where, value
