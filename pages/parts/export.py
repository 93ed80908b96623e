"""Taking a run away: a dialog that has files written and checked, shows the check, and hands them over."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from core.records import Run, Snapshot
from core.runtime import client
from pages.parts import session

_WAYS = {"script": "Python script", "safetensors": "Weights"}
_WHAT = {
    "script": "All the run did, as one file that needs torch, numpy and scikit-learn, and nothing of ours.",
    "safetensors": "The trained numbers as safetensors, and the experiment they belong to as JSON."}
_CHECKS = {"script": "Checking: running the script's first 20 steps …",
           "safetensors": "Checking: reading the weights back and judging them on the test split …"}
_PATIENCE = 75.0
"""Seconds after which nobody can be expected to answer."""
_WRITING = 0.4
"""Seconds writing takes at most; what takes longer is the check."""


@st.dialog("Export", width="large")
def take_away(number: int) -> None:
    """Choose what to take away of a run; have it written and checked; offer it."""
    with session.catalog() as catalog:
        run = catalog.run(number)
    to = st.segmented_control("As", list(_WAYS), format_func=_WAYS.__getitem__, default="script",
                              required=True, key=f"export_{number}")
    st.caption(_WHAT[to])
    if to == "safetensors" and not run.state.over:
        st.info("The run is not over yet, so its weights still change. Stop it, or wait until it ends.")
        return
    found = _answer(to, {"run": number, "to": to})
    if found is not None:
        _show(run, found.facts)


def _answer(to: str, question: dict[str, Any]) -> Snapshot | None:
    """The answer to the question, waited for with the waiting told; None, told too, when there is none."""
    began = time.monotonic()
    with st.status("Writing …") as status:
        key = client.ask(session.store(), "export", question)
        while (found := client.answer(session.store(), key)) is None and time.monotonic() - began < _PATIENCE:
            if time.monotonic() - began > _WRITING:
                status.update(label=_CHECKS[to])
            time.sleep(0.1)
        problem = "Nobody answered. Try again." if found is None else found.facts.get("problem")
        status.update(label="Written and checked." if problem is None else "It did not work.",
                      state="complete" if problem is None else "error")
    if problem is not None:
        st.error("This cannot be exported.")
        st.text(problem)
        return None
    return found


def _show(run: Run, facts: dict[str, Any]) -> None:
    """The check in one sentence, the files to save, and how a script reads."""
    if facts["proof"]["equal"]:
        st.success(facts["proof"]["said"])
    else:
        st.error("The check failed.")
        st.text(facts["proof"]["said"])
    if facts["passing"]:
        st.caption("The run goes on; the script holds what was changed by hand until now.")
    with st.container(horizontal=True):
        for path in map(Path, facts["files"]):
            ending = path.name.partition(".")[2]
            st.download_button(f"Save .{ending}", path.read_bytes(), f"run-{run.id}.{ending}", type="primary",
                               on_click="ignore", key=f"save_{run.id}_{ending}")
    if facts["text"]:
        st.code(facts["text"], language="python", line_numbers=True, height=420)
