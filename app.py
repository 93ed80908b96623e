"""The app: `streamlit run app.py` imports it to get the server, and runs it as a script for every page."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from core.runtime import server

    # Otherwise a first visit to /runs runs pages/runs.py by itself, without this file and its navigation.
    PagesManager.uses_pages_directory = False
    house = server.open_up(st.get_option("server.address"))
    app = st.App(__file__, routes=house.routes(), middleware=house.middleware())
else:
    st.set_page_config(page_title="Layerscope", page_icon="pages/parts/icon.svg", layout="wide")
    st.navigation([
        st.Page("pages/studio.py", title="Studio", default=True),
        st.Page("pages/runs.py", title="Runs"),
        st.Page("pages/system.py", title="System"),
    ], position="top").run()
