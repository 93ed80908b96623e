"""What this visit works with: the store, the run in the address, the runs chosen. Names the session keys."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import streamlit as st

from core.charts.theme import Mode
from core.problems import StoreTrouble
from core.runtime import paths
from core.store.catalog import Catalog

_CHOSEN = "chosen_runs"


def store() -> Path:
    """The store this server works on."""
    return paths.store()


@contextmanager
def catalog() -> Generator[Catalog]:
    """The store's catalog for one script run. A store that cannot be used is told, and ends the page."""
    try:
        with closing(Catalog(store(), create=False)) as opened:
            yield opened
    except StoreTrouble as trouble:
        st.error(str(trouble))
        st.stop()


def run() -> int | None:
    """The run the address names; None without one. A name that is no number is told, and counts as none."""
    asked = st.query_params.get("run")
    if asked is None:
        return None
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        return int(asked)
    st.warning("The address names a run, but not by its number. Choose one on the Runs page.")
    return None


def typed(key: str) -> str:
    """What a person has typed into the text field of this key, without blanks around it."""
    return str(st.session_state.get(key, "")).strip()


def mode() -> Mode:
    """Whether the page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chosen(listed: list[int]) -> list[int]:
    """The runs chosen among those listed, in their order."""
    ids: list[int] = st.session_state.get(_CHOSEN, [])
    return [id for id in listed if id in ids]


def choose(ids: list[int]) -> bool:
    """Choose these runs; tell whether that is a change."""
    changed = st.session_state.get(_CHOSEN, []) != ids
    st.session_state[_CHOSEN] = ids
    return changed
