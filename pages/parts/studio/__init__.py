"""The Studio in the page: registers its files with Streamlit once per runtime, and mounts it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.charts import theme

_NAME = "layerscope.studio"
_PLOTLY = "layerscope.plotly"
"""Not a component: it makes plotly.min.js of the installed plotly package reachable beside ours."""


def studio(key: str, data: dict[str, Any] | None = None, *, on_export_change: Callable[[], None] | None = None) -> Any:
    """Mount the Studio. Its result has `export`, {"run", "seq"}, in the run after Export was pressed, else None.

    data: `theme`, "light" or "dark", is used until the page's own colours are known.
    """
    _register()
    mount = st.components.v2.component(_NAME, js="studio.js", css="studio.css", isolate_styles=False)
    return mount(key=key, data={"palette": theme.palette(), **(data or {})},
                 on_export_change=on_export_change or (lambda: None))


def _register() -> None:
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_NAME) is not None:
        return
    for name, folder, assets in ((_NAME, Path(__file__).parent, "."), (_PLOTLY, Path(plotly.__file__).parent, "package_data")):
        short = name.rpartition(".")[2]
        manager.register_from_manifest(
            ComponentManifest("layerscope", "1", [ComponentConfig(short, asset_dir=assets)]), folder)
