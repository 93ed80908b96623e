"""The machine: what trains here, what is busy, how much room is left, and which versions are at work."""

import streamlit as st

from pages.parts import session, system

st.subheader("System")
with session.catalog() as catalog:
    system.machine(session.store())
    system.queue(catalog)
system.versions()
