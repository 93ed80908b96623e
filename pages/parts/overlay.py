"""Several runs laid over each other: what differs in what was asked, and their figures."""

from typing import Any

import pandas as pd
import streamlit as st

from core.charts import compare, measures
from core.charts.compare import CompareData
from core.charts.measures import Measure
from core.records import Run, Series
from pages.parts import session
from pages.parts.runs import curves, logarithmic, told

Told = list[tuple[Run, list[Series]]]
"""Runs with all that they recorded."""

MOST = 10
"""Runs that are laid over each other at once: as many as there are colours."""
_CHANGES = 8
"""Changes by hand that are told of one run."""


def overlay(runs: list[Run]) -> None:
    """What differs in what was asked of several runs, then their validation figures over each other.

    Only runs whose figure measures the same share a chart.
    """
    if len(runs) > MOST:
        st.info(f"Select at most {MOST} runs: more lines than that cannot be told apart.")
        return
    if why := measures.said(runs):
        st.info(f"{why} So each has charts of its own.")
    differences(runs)
    found = [(run, curves(run)) for run in runs]
    scale = logarithmic()
    charts = [(measure, data) for name in dict.fromkeys(one.name for _, series in found for one in series)
              if name.startswith("validation_") for measure, data in apart(name, found) if data.curves]
    if not charts:
        st.info("None of these runs has been judged on its validation split yet.")
    sides = st.columns(2)
    for place, (measure, data) in enumerate(charts):
        side, words = sides[place % 2], ", ".join(filter(None, measure))
        if why:
            side.caption(words[0].upper() + words[1:])
        figure = compare.compare_figure(data, session.mode(), logarithmic=scale)
        side.plotly_chart(figure, theme=None, key=f"{data.figure} {measure}",
                          alt=f"{data.figure} of {len(data.curves)} runs of {words}")


def apart(figure: str, found: Told) -> list[tuple[Measure, CompareData]]:
    """A figure of several runs, one chart for each thing that it measures in them."""
    each = [(measures.measure(run.experiment, figure), run, series) for run, series in found]
    return [(measure, compare.compare_data(figure, [(run, series if one == measure else [])
                                                    for one, run, series in each]))
            for measure in dict.fromkeys(one for one, _, _ in each)]


def differences(runs: list[Run]) -> None:
    """Only what differs in what was asked."""
    st.subheader("Differences")
    asked = compare.differences([run.experiment for run in runs])
    rows = [[row.where, *map(_plain, row.values)] for row in asked]
    steered = [steering(run) for run in runs]
    if any(steered):
        rows.append(["changed while it trained", *(said or "nothing" for said in steered)])
    if not rows:
        st.info("These runs were asked for exactly the same, and nothing was changed while they trained.")
        return
    st.table(pd.DataFrame(rows, columns=["Setting", *(f"Run {run.id}" for run in runs)]).set_index("Setting"))


def steering(run: Run) -> str:
    """What was changed by hand while a run trained, in one line; empty when nothing was."""
    found = told(run, lambda reader: compare.changes(event for _, event in reader.events(points=False)), [])
    said = [f"{what.removeprefix('training.')} {value} after step {step:,}"
            for step, what, value in found[:_CHANGES]]
    return "; ".join([*said, *([f"and {len(found) - _CHANGES} more"] if len(found) > _CHANGES else [])])


def _plain(value: Any) -> str:
    return "–" if value is None else str(value)
