"""Taking away what the Studio holds: a dialog that has files written and checked, and hands them over."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from core.export.ways import WAYS, Way, lacking
from core.problems import StoreTrouble
from core.records import Run, RunState, Snapshot
from core.runtime import client, paths
from pages.parts import session

_PATIENCE = 75.0
"""Seconds after which nobody can be expected to answer."""
_COUNTED = 3.0
"""Seconds after which the time that has passed is told."""


class Told(NamedTuple):
    """What is taken away: a run, or a draft nobody has trained."""

    run: Run | None
    draft: dict[str, Any] | None

    @property
    def key(self) -> str:
        """A word for it in the names of widgets and files."""
        return f"run-{self.run.id}" if self.run else "draft"

    def question(self, way: Way) -> dict[str, Any]:
        """What an analyst is asked."""
        if self.run is None:
            return {"run": None, "experiment": self.draft, "to": way.kind}
        return {"run": self.run.id, "name": self.run.name, "to": way.kind}

    def lacks(self, way: Way) -> str:
        """Why this cannot be taken that way, and the way out; empty when it can."""
        run = self.run
        missing = lacking(
            way, begun=run is not None and run.state not in (RunState.QUEUED, RunState.STARTING),
            over=run is not None and run.state.over,
            weights=run is not None and paths.weights(session.store(), run.id).exists())
        return f"{missing.what} {missing.fix}" if missing else ""


def take_away(number: int | None, draft: dict[str, Any] | None = None, opened: int = 0) -> None:
    """Open the dialog for a run, or for a draft. opened: another number each time it is opened."""
    if st.session_state.get("export_opened") != opened:
        st.session_state["export_opened"] = opened
        st.session_state.pop("export_asked", None)
    _dialog(number, draft)


@st.dialog("Export", width="large")
def _dialog(number: int | None, draft: dict[str, Any] | None) -> None:
    run = None
    if number is not None:
        with session.catalog() as catalog:
            run = catalog.run(number)
    told = Told(run, draft)
    st.caption("What is written is used at once as anyone else would use it, and what that showed is told.")
    for way in WAYS:
        _row(way, told)


def _row(way: Way, told: Told) -> None:
    """One way: what it gives, or why it cannot be had now; its button; and what came of it."""
    missing = told.lacks(way)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap=None):
            st.markdown(f"**{way.title}**" if not missing else f":gray[{way.title}]")
            st.caption(missing or way.help)
        st.button("Make", key=f"make_{told.key}_{way.kind}", disabled=bool(missing), width=90,
                  on_click=_ask, args=(way.kind,))
    if st.session_state.get("export_asked") == way.kind and not missing:
        found = _answer(way, told.question(way))
        if found is not None:
            _show(way, told, found.facts)


def _ask(kind: str) -> None:
    st.session_state["export_asked"] = kind


def _answer(way: Way, question: dict[str, Any]) -> Snapshot | None:
    """The answer to the question, waited for with the waiting told; None, told too, when there is none."""
    doing = f"Writing it, then {way.checking} …"
    with st.status(doing) as status:
        try:
            found = _wait(question, lambda passed: status.update(label=f"{doing} {passed:.0f} s"))
            problem = "Nobody answered. Try again." if found is None else found.facts.get("problem")
        except StoreTrouble as trouble:
            found, problem = None, str(trouble)
        status.update(label=_ended(problem, found), state="error" if problem else "complete")
    if problem is None:
        return found
    st.text(problem)
    return None


def _wait(question: dict[str, Any], tell: Callable[[float], object]) -> Snapshot | None:
    """The answer, while `tell` is told how many seconds have passed; None when nobody answered."""
    began = time.monotonic()
    key = client.ask(session.store(), "export", question)
    while (found := client.answer(session.store(), key)) is None:
        passed = time.monotonic() - began
        if passed > _PATIENCE:
            break
        if passed > _COUNTED:
            tell(passed)
        time.sleep(0.1)
    return found


def _ended(problem: str | None, found: Snapshot | None) -> str:
    if problem is not None or found is None:
        return "This cannot be exported."
    return "Written and checked." if found.facts["proof"]["checked"] else "Written."


def _show(way: Way, told: Told, facts: dict[str, Any]) -> None:
    """The check in a sentence, the files to save, and how a script reads."""
    proof = facts["proof"]
    if proof["equal"] or proof["close"]:
        st.success(proof["said"])
    elif proof["checked"]:
        st.error("The check failed.")
        st.text(proof["said"])
    else:
        st.warning("Not checked.")
        said = proof["said"].removeprefix("Not checked: ")
        st.text(said[:1].upper() + said[1:])
    if facts["passing"]:
        st.caption("The run goes on; this holds what it told until now.")
    with st.container(horizontal=True):
        for name, content in _files(way, facts):
            ending = name.partition(".")[2]
            st.download_button(f"Save .{ending}", content, f"{told.key}.{ending}", type="primary",
                               on_click="ignore", key=f"save_{told.key}_{ending}")
    if way.kind == "script":
        st.code(facts["text"], language="python", line_numbers=True, height=420)


def _files(way: Way, facts: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Each file's name and what it holds; a draft has no folder, so its text is all there is."""
    if facts["files"]:
        return [(path.name, path.read_bytes()) for path in map(Path, facts["files"])]
    return [(way.file, facts["text"].encode())]
