"""The list of runs, what a person may do with one, and what one reached."""

import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from core.catalog.metrics import METRICS
from core.charts import loss
from core.events import Compared, Finished, Stopped
from core.problems import Problems, StoreTrouble
from core.records import Run, RunState, Series
from core.runtime import lineage, replaying
from core.store import files
from core.store.reader import Reader
from core.store.trouble import StoreMissing
from pages.parts import onward, session

T = TypeVar("T")

_SHOWN = 1000
"""Points a curve is thinned to."""

_REPLAY = ("Trains it again as it went, with what was changed by hand at its steps, and compares the two, "
           "number by number.")

BADGES = {
    RunState.QUEUED: "◌ queued", RunState.STARTING: "◔ starting", RunState.RUNNING: "● running",
    RunState.PAUSED: "Ⅱ paused", RunState.FINISHED: "✓ finished", RunState.STOPPED: "■ stopped",
    RunState.DIVERGED: "↗ diverged", RunState.FAILED: "✕ failed", RunState.INTERRUPTED: "⚡ interrupted",
}


def table(runs: list[Run]) -> list[int]:
    """Draw the runs, newest first, and return the numbers of those that are selected."""
    ids = [run.id for run in runs]
    kept = [ids.index(id) for id in session.chosen(ids)]
    answer = st.dataframe(
        pd.DataFrame([row(run) for run in runs]), hide_index=True, on_select="rerun",
        selection_mode="multi-row", selection_default={"selection": {"rows": kept}},
        key=f"runs_{hash(tuple(ids))}",  # rows are told by place: another list is another table
        alt="All runs, newest first",
        column_config={
            "Run": st.column_config.NumberColumn(width=56, format="%d"),
            "From": st.column_config.TextColumn(width=150, help="The moment of another run it goes on from."),
            "Note": st.column_config.TextColumn(width="large"),
            "Best": st.column_config.NumberColumn(format="%.4g", help="The best scheduled validation value."),
            "Created": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        })
    return [ids[place] for place in answer["selection"]["rows"] if place < len(ids)]


def row(run: Run) -> dict[str, Any]:
    """A run as a row of the table."""
    return {"Run": run.id, "Name": run.name, "State": BADGES[run.state], "From": origin(run),
            "Best": run.best,
            "Measure": f"validation {run.metric.replace('_', ' ')}" if run.metric else "",
            "Duration": duration(run.seconds),
            "Created": datetime.fromtimestamp(run.created, UTC).astimezone(), "Note": run.reason}


def origin(run: Run) -> str:
    """The moment a branch goes on from, in words; empty for a run that began anew."""
    return "" if run.parent is None else f"run {run.parent}, step {run.parent_step:,}"


def duration(seconds: float) -> str:
    """A time span for a reader: 8.4 s, 3 min 07 s, 2 h 05 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def actions(run: Run) -> None:
    """Open, go on from, replay, rename or delete one run."""
    with st.container(horizontal=True):
        if st.button("Open in Studio", key=f"open_{run.id}"):
            st.switch_page("pages/studio.py", query_params={"run": str(run.id)})
        onward.way(run)
        if run.state.over and st.button("Replay", key=f"replay_{run.id}", help=_REPLAY):
            replay(run)
        if st.button("Rename", key=f"rename_{run.id}"):
            rename(run)
        removable = run.state.over or run.state is RunState.QUEUED
        if st.button("Delete", key=f"delete_{run.id}", disabled=not removable,
                     help=None if removable else "Stop the run first, in the Studio."):
            delete(run)
    onward.words(run)


def replay(run: Run) -> None:
    """Train a run again as it went, and choose the new one."""
    try:
        session.choose([replaying.replay(session.store(), run.id, uuid.uuid4().hex)])
    except (Problems, StoreTrouble) as refused:
        st.error(str(refused))
    else:
        st.rerun()


@st.dialog("Rename the run")
def rename(run: Run) -> None:
    """Ask for another name."""
    st.text_input("Name", run.name, max_chars=200, key=f"name_{run.id}")
    if st.button("Rename", key=f"rename_now_{run.id}", on_click=_rename, args=(run,)):
        st.rerun()


@st.dialog("Delete for good?")
def delete(*runs: Run) -> None:
    """Ask whether runs and all their files may go."""
    named = ", ".join(f"{run.id} ({run.name})" for run in runs)
    st.text(f"Run {named}: its curves, weights and log go for good." if len(runs) == 1 else
            f"Runs {named}: their curves, weights and logs go for good.")
    if st.button("Delete for good", key="delete_now", on_click=_delete, args=([run.id for run in runs],)):
        st.rerun()


def several(runs: list[Run]) -> None:
    """Delete several runs at once."""
    removable = [run for run in runs if run.state.over or run.state is RunState.QUEUED]
    named = "1 run" if len(removable) == 1 else f"{len(removable)} runs"
    help = None if len(removable) == len(runs) else "Runs that go on stay: stop them first."
    if st.button(f"Delete {named}", key="delete_several", disabled=not removable, help=help):
        delete(*removable)


def _rename(run: Run) -> None:
    with session.catalog() as catalog:
        catalog.rename(run.id, session.typed(f"name_{run.id}") or run.name)


def _delete(runs: list[int]) -> None:
    with session.catalog() as catalog:
        for run in runs:
            catalog.delete(run)
    session.choose([])


def curves(run: Run) -> list[Series]:
    """Everything a run recorded, and of a branch what came before; nothing for one that has not begun."""
    return told(run, lambda _: list(lineage.curves(session.store(), run, _SHOWN).values()), [])


def one(run: Run) -> None:
    """The loss of one run, and how it compares with the one it did again."""
    comparison(run)
    data = loss.loss_data(curves(run))
    if not data.train.steps:
        st.info("This run has no curves yet. They appear here once it trains.")
        return
    figure = loss.loss_figure(data, session.mode(), logarithmic=logarithmic())
    st.plotly_chart(figure, theme=None, key="loss", alt=f"Loss of run {run.id} over its steps")
    if scores := tested(run):
        st.text(f"Test: {scores}, on samples never trained on.")


def comparison(run: Run) -> None:
    """Of a replay that is over: whether it is the run it did again."""
    for found in told(run, lambda reader: [event for _, event in reader.events(points=False)], []):
        if isinstance(found, Compared):
            (st.success if found.same else st.warning)(found.words())


def tested(run: Run) -> str:
    """The scores on the test split in words; empty for a run that has none."""
    if run.state not in (RunState.FINISHED, RunState.STOPPED):
        return ""
    last = told(run, lambda reader: reader.last_event(), None)
    scores = last.test if isinstance(last, Finished | Stopped) else {}
    words = {metric.name(): (metric.title, metric.unit) for metric in METRICS} | {"loss": ("Loss", "")}
    named = [(*words.get(kind, (kind, "")), value) for kind, value in scores.items()]
    return ", ".join(f"{title.lower() if title.istitle() and len(title) > 2 else title} "
                     + (f"{value:.1%}" if unit == "%" else f"{value:.4g}") for title, unit, value in named)


def told(run: Run, look: Callable[[Reader], T], nothing: T) -> T:
    """What a look into a run gives; `nothing` before it has told anything. One that cannot be read is told,
    and ends the page."""
    try:
        with closing(Reader(files.run_folder(session.store(), run.id))) as reader:
            return look(reader)
    except StoreMissing:
        return nothing
    except StoreTrouble as trouble:
        st.error(str(trouble))
        st.stop()


def logarithmic() -> bool:
    """Whether a person wants a logarithmic axis; asks for it there."""
    return st.segmented_control("Axis", ["linear", "log"], default="linear", required=True, key="axis",
                                label_visibility="collapsed") == "log"
