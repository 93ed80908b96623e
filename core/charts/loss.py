"""The loss of one run: training and validation over its steps, and where the best value lies."""

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts import limits, theme
from core.charts.theme import Mode
from core.records import Series


class LossData(NamedTuple):
    """What the chart says."""

    train: Series
    validation: Series
    best_step: int | None
    """Where the validation loss was lowest, the first on a tie."""


def loss_data(series: Iterable[Series]) -> LossData:
    """The two loss curves among a run's series; an empty curve where there is none yet."""
    named = {one.name: one for one in series}
    train = named.get("train_loss", Series(name="train_loss", steps=(), values=()))
    validation = named.get("validation_loss", Series(name="validation_loss", steps=(), values=()))
    told = zip(validation.values, validation.steps, strict=True)
    finite = [(value, step) for value, step in told if isfinite(value)]
    return LossData(train, validation, min(finite)[1] if finite else None)


def loss_figure(data: LossData, mode: Mode, *, logarithmic: bool = False) -> go.Figure:
    """Two lines, the best validation step marked."""
    tokens = theme.palette()[mode]
    figure = go.Figure(layout={"template": theme.template(mode), "height": 320})
    for title, series, colour in (("Train", data.train, tokens["train"]),
                                  ("Validation", data.validation, tokens["validation"])):
        figure.add_scatter(x=series.steps, y=series.values, name=title, mode="lines", line={"color": colour})
    if data.best_step is not None:
        figure.add_vline(x=data.best_step, line={"color": tokens["good"], "dash": "dot"},
                         annotation={"text": "best", "font": {"color": tokens["good"]}})
    figure.update_xaxes(title="Step")
    figure.update_yaxes(title="Loss", type="log" if logarithmic else "linear")
    if not logarithmic:
        limits.put(figure, (data.train.values, data.validation.values), of_one=True)
    return figure
