"""What the System page tells, each part from where it is known."""

import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import psutil
import streamlit as st

from core.records import RunState
from core.runtime import client
from core.store.catalog import Catalog

_LIBRARIES = ("torch", "streamlit", "plotly", "numpy", "pandas", "scikit-learn", "pydantic", "safetensors",
              "apsw")
_GIGABYTE = 1e9


def machine(store: Path) -> None:
    """What trains, and what memory and disk are left."""
    found = client.system(store, patience=0.5)
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(store)
    columns = st.columns(4)
    columns[0].metric("Device", found.get("device", "not known yet"),
                      help="Where runs train unless their experiment says otherwise.")
    columns[0].caption(found.get("device_name", "Look again in a moment."))
    columns[1].metric("Processor cores", found["cores"])
    columns[2].metric("Memory free", f"{memory.available / _GIGABYTE:.1f} GB",
                      help=f"Of {memory.total / _GIGABYTE:.1f} GB.")
    columns[3].metric("Disk free", f"{disk.free / _GIGABYTE:.1f} GB",
                      help="On the disk that holds the store.")
    if len(found.get("devices", ())) > 1:
        names = ", ".join(one["name"] for one in found["devices"])
        st.text(f"Devices found: {names}")
    st.text(f"Store: {store}, {_size(store) / 1e6:.1f} MB")


def queue(catalog: Catalog) -> None:
    """The runs that train, wait or are held."""
    busy = catalog.in_state(RunState.RUNNING, RunState.STARTING, RunState.PAUSED, RunState.QUEUED)
    st.subheader("At work")
    if not busy:
        st.caption("Nothing trains, and nothing waits. A run started in the Studio shows up here.")
        return
    st.table(pd.DataFrame([{"Run": str(run.id), "Name": run.name, "State": run.state.value} for run in busy])
             .set_index("Run"))


def versions() -> None:
    """The versions a report of a fault needs."""
    st.subheader("Versions")
    rows = {"Python": platform.python_version(), "System": platform.platform()}
    rows |= {name: version(name) for name in _LIBRARIES}
    st.table(pd.DataFrame({"Version": rows}))


def _size(folder: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total
