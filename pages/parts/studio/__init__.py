"""The Studio in the page: registers its files with Streamlit once per runtime, and mounts it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly
from streamlit.components.v2 import component
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.charts import theme

_NAME = "layerscope.studio"
_FOLDERS = {
    "studio": (Path(__file__).parent, "."),
    "plotly": (Path(plotly.__file__).parent, "package_data"),
}
"""What the browser may read: our files, and beside them plotly.min.js of the installed plotly package."""


def studio(
    key: str, data: dict[str, Any] | None = None, *, on_export_change: Callable[[], None] | None = None,
) -> Any:
    """Mount the Studio. After Export was pressed, `.export` is {"run", "seq"} for one script run.

    data: `theme`, "light" or "dark", is used until the page's own colours are known.
    """
    _register()
    mount = component(_NAME, js="studio.js", css="studio.css", isolate_styles=False)
    return mount(key=key, data={"palette": theme.palette(), **(data or {})},
                 on_export_change=on_export_change or (lambda: None))


def _register() -> None:
    """Once per Streamlit runtime; a test makes a new one each time."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_NAME) is not None:
        return
    for name, (folder, assets) in _FOLDERS.items():
        manager.register_from_manifest(
            ComponentManifest("layerscope", "1", [ComponentConfig(name, asset_dir=assets)]), folder)
