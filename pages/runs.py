"""All runs of the store: how they stand, what they reached, and two or more laid over each other."""

import streamlit as st

from pages.parts import overlay, runs, session

REFRESH = 2.0
"""Seconds between two looks while a run is live."""


def listed() -> None:
    """The table; a change of the selection, or of how a chosen run stands, draws the page again."""
    with session.catalog() as catalog:
        now = catalog.runs()
    moved = {run.id: run.state for run in now if run.id in shown} != shown
    if session.choose(runs.table(now)) or moved:
        st.rerun()


st.subheader("Runs")
with session.catalog() as catalog:
    every = catalog.runs()

if not every:
    st.info("There are no runs yet. Open the Studio and press Train: the run appears here at once.")
    st.page_link("pages/studio.py", label="Open the Studio")
    st.stop()

chosen = [run for run in every if run.id in session.chosen([run.id for run in every])]
shown = {run.id: run.state for run in chosen}
live = any(not run.state.over for run in every)
st.fragment(listed, run_every=REFRESH if live else None)()

if not chosen:
    st.caption("Select a run to open it, go on from it, replay, rename or delete it. "
               "Select two or more to lay them over each other.")
elif len(chosen) == 1:
    runs.actions(chosen[0])
    runs.one(chosen[0])
else:
    runs.several(chosen)
    overlay.overlay(chosen)
