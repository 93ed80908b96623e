"""All runs of the store: how they stand, what they reached, and two or more laid over each other."""

import streamlit as st

from pages.parts import overlay, runs, session

REFRESH = 2.0
"""Seconds between two looks while a run is live."""


def listed() -> None:
    """The table; a change of the selection draws the page again."""
    with session.catalog() as catalog:
        every = catalog.runs()
    if session.choose(runs.table(every)):
        st.rerun()


st.subheader("Runs")
with session.catalog() as catalog:
    every = catalog.runs()

if not every:
    st.info("There are no runs yet. Open the Studio and press Train: the run appears here at once.")
    st.page_link("pages/studio.py", label="Open the Studio")
    st.stop()

live = any(not run.state.over for run in every)
st.fragment(listed, run_every=REFRESH if live else None)()

chosen = [run for run in every if run.id in session.chosen([run.id for run in every])]
if not chosen:
    st.caption("Select a run to open, rename or delete it. Select two or more to lay them over each other.")
elif len(chosen) == 1:
    runs.actions(chosen[0])
    runs.one(chosen[0])
else:
    runs.several(chosen)
    overlay.overlay(chosen)
