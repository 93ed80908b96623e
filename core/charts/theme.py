"""The colours and fonts of every view, in light and dark. The only Python file that names a colour."""

from typing import Any, Literal

import plotly.graph_objects as go

Mode = Literal["light", "dark"]

FONTS = {
    "text": '"Source Sans", "Source Sans Pro", system-ui, sans-serif',
    "code": '"Source Code", "Source Code Pro", ui-monospace, monospace',
}

# Matplotlib's viridis, nine even stops: even in lightness, and readable without seeing red or green.
_SEQUENCE = ("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30",
             "#FDE725")

# After Okabe and Ito, Color Universal Design (2008), with three more told apart by lightness.
_CATEGORIES: dict[Mode, tuple[str, ...]] = {
    "light": ("#E07B00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A6A00", "#332288",
              "#882255", "#5F6B7A"),
    "dark": ("#F5A33B", "#4FA8E0", "#2FC79B", "#E29CC4", "#8FD0F5", "#F0804A", "#E3D24A", "#9A8CF0",
             "#D9729F", "#A6B0BF"),
}

_LIGHT: dict[str, Any] = {
    "surface": "#F6F7F9", "panel": "#FFFFFF", "line": "#DDE1E8", "text": "#1B1F27", "quiet": "#5A6372",
    "accent": "#5746C9", "on_accent": "#FFFFFF",
    "good": "#12764F", "bad": "#BC2C2C", "warn": "#8A5A00",
    "negative": "#E07B00", "zero": "#FFFFFF", "positive": "#0A6EBD",
    "train": "#5F6B7A", "validation": "#5746C9",
}
_DARK: dict[str, Any] = {
    "surface": "#14161B", "panel": "#1D2027", "line": "#333843", "text": "#E7EAF0", "quiet": "#A2ABBA",
    "accent": "#9C8FFF", "on_accent": "#14161B",
    "good": "#4CC38A", "bad": "#FF8B81", "warn": "#F2B84B",
    "negative": "#F5963A", "zero": "#17191F", "positive": "#4FA3F0",
    "train": "#A2ABBA", "validation": "#9C8FFF",
}

_GROUPS: dict[Mode, dict[str, str]] = {
    "light": {"input": "#5F6B7A", "dense": "#5746C9", "activation": "#B4540A", "convolution": "#0072B2",
              "pooling": "#2A86A8", "normalization": "#12764F", "regularization": "#9A3A78",
              "shape": "#7A6A00", "reshape": "#7A6A00", "resize": "#4B7318", "residual": "#A63A2B",
              "recurrent": "#A0522D", "attention": "#882255", "merge": "#4A6670",
              "output": "#1B1F27"},
    "dark": {"input": "#A2ABBA", "dense": "#9C8FFF", "activation": "#F0A35E", "convolution": "#4FA8E0",
             "pooling": "#74C3DC", "normalization": "#4CC38A", "regularization": "#E29CC4",
             "shape": "#D8C84E", "reshape": "#D8C84E", "resize": "#A9CC6E", "residual": "#F08A7A",
             "recurrent": "#E0997A", "attention": "#D9729F", "merge": "#9FB8C0",
             "output": "#E7EAF0"},
}


def palette() -> dict[Mode, dict[str, Any]]:
    """Every colour by its meaning, for light and dark. Orange is negative, blue is positive, everywhere."""
    return {"light": _tokens("light"), "dark": _tokens("dark")}


def template(mode: Mode) -> go.layout.Template:
    """The look of a chart: fonts, grid and colours of the page around it."""
    tokens = _tokens(mode)
    axis = {"gridcolor": tokens["line"], "linecolor": tokens["line"], "zerolinecolor": tokens["line"],
            "tickcolor": tokens["line"], "automargin": True, "title": {"standoff": 8}}
    return go.layout.Template(layout={
        "font": {"family": FONTS["text"], "size": 13, "color": tokens["text"]},
        "paper_bgcolor": tokens["panel"], "plot_bgcolor": tokens["panel"],
        "colorway": list(tokens["categorical"]), "xaxis": axis, "yaxis": axis,
        "colorscale": {"sequential": scale(tokens["sequence"]), "diverging": diverging(mode)},
        "hoverlabel": {"bgcolor": tokens["panel"], "bordercolor": tokens["line"],
                       "font": {"family": FONTS["text"], "color": tokens["text"]}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 56, "r": 16, "t": 40, "b": 44},
    })


def scale(colours: tuple[str, ...]) -> list[tuple[float, str]]:
    """The colours at even places from 0 to 1, as Plotly takes a scale."""
    return [(place / (len(colours) - 1), colour) for place, colour in enumerate(colours)]


def diverging(mode: Mode) -> list[tuple[float, str]]:
    """The scale of everything signed: negative, zero, positive."""
    tokens = _tokens(mode)
    return scale((tokens["negative"], tokens["zero"], tokens["positive"]))


def _tokens(mode: Mode) -> dict[str, Any]:
    return {**(_LIGHT if mode == "light" else _DARK), "sequence": _SEQUENCE, "groups": _GROUPS[mode],
            "categorical": _CATEGORIES[mode], "fonts": FONTS}
