"""Figures inside a page that stands alone, plotly.js and all; light or dark as the reader has it."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from core.charts import theme

CONFIG = {"showSendToCloud": False, "displaylogo": False, "responsive": True}
"""No button that would send anything anywhere."""
_ID = "figures"


class Looks(NamedTuple):
    """One figure, drawn for a light page and for a dark one."""

    light: go.Figure
    dark: go.Figure


def colours() -> str:
    """The palette as CSS variables, light, and dark where the reader wants that."""
    light, dark = (_variables(tokens) for tokens in theme.palette().values())
    return (f":root {{ color-scheme: light dark; {light} }}\n"
            f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}")


def scripts(figures: Mapping[str, Looks]) -> str:
    """The script elements that draw each figure into the element of its id, and again when light changes."""
    told = {id: {"data": _plain(looks.light)["data"],
                 "light": _look(looks.light), "dark": _look(looks.dark)} for id, looks in figures.items()}
    # In a script element only "<" can do harm: it could end it.
    text = json.dumps(told, allow_nan=False).replace("<", "\\u003c")
    return (f"<script>{get_plotlyjs()}</script>\n"
            f'<script type="application/json" id="{_ID}">{text}</script>\n'
            f"<script>{_DRAW.replace('CONFIG', json.dumps(CONFIG))}</script>")


def read(page: str) -> dict[str, dict[str, Any]]:
    """The figures of a page, as they were told to it."""
    found = re.search(f'<script type="application/json" id="{_ID}">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1]) if found else {}


def _variables(tokens: dict[str, Any]) -> str:
    single = {name: value for name, value in tokens.items() if isinstance(value, str)}
    groups = {f"group-{name}": value for name, value in tokens["groups"].items()}
    return " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in (single | groups).items())


def _plain(figure: go.Figure) -> dict[str, Any]:
    """The figure as JSON has it: a number that is not finite is null."""
    return json.loads(str(figure.to_json()))


def _look(figure: go.Figure) -> dict[str, Any]:
    drawn = _plain(figure)
    return {"layout": drawn["layout"], "lines": [trace.get("line", {}) for trace in drawn["data"]]}


_DRAW = """
const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
function draw() {
  for (const [id, figure] of Object.entries(figures)) {
    const look = dark.matches ? figure.dark : figure.light;
    const data = figure.data.map((trace, place) => ({ ...trace, line: look.lines[place] }));
    Plotly.react(id, data, { ...look.layout, autosize: true }, CONFIG);
  }
}
dark.addEventListener("change", draw);
draw();
"""
