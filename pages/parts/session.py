"""What this visit works with: the store, the run in the address, the runs chosen. Names the session keys."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.charts.theme import Mode
from core.problems import StoreTrouble
from core.runtime import paths
from core.store.catalog import Catalog
from core.store.trouble import NoSuchRun

_CHOSEN = "chosen_runs"
_NAME = 40
"""Letters of a run's name in the address that are repeated when there is no such run."""


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


class Address(NamedTuple):
    """What the address asks for."""

    run: int | None
    """The run it names by its number, which may be of no run."""
    refused: str
    """What to say of a name that is no number; empty otherwise."""


def address() -> Address:
    """The run the address names, if any."""
    asked = st.query_params.get("run")
    if asked is None:
        return Address(None, "")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        return Address(int(asked), "")
    return Address(None, str(NoSuchRun(asked[:_NAME] or "without a number")))


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
