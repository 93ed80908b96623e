"""The pieces of a report as HTML. Every text is escaped here; the page asks nothing of anybody."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from core.charts import page
from core.charts.theme import FONTS

Row = tuple[str, str]


class Dot(NamedTuple):
    """A spot in the colour of a group of layers."""

    group: str


def html(title: str, line: str, sections: Iterable[str], scripts: str) -> str:
    """The whole page."""
    return _PAGE.format(title=escape(title), line=escape(line), sections="\n".join(sections), scripts=scripts,
                        style=f"{page.colours()}\n{_STYLE}", text=FONTS["text"], code=FONTS["code"])


def section(title: str, *content: str, note: str = "") -> str:
    """A heading and what stands under it."""
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{told}{''.join(content)}</section>"


def tiles(values: Mapping[str, str]) -> str:
    """A few figures, large."""
    made = (f'<div class="tile"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>'
            for name, value in values.items())
    return f'<dl class="tiles">{"".join(made)}</dl>'


def pairs(rows: Iterable[Row]) -> str:
    """Names with their values."""
    made = (f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="pairs">{"".join(made)}</dl>'


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], total: str = "") -> str:
    """Rows under a head; the last column, which holds numbers, stands right."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    made = ("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    foot = f'<tfoot><tr><td colspan="{len(head)}">{escape(total)}</td></tr></tfoot>' if total else ""
    return (f'<div class="wide"><table><thead><tr>{top}</tr></thead>'
            f"<tbody>{''.join(made)}</tbody>{foot}</table></div>")


def grid(figures: Iterable[str]) -> str:
    """The places of figures: the first over the whole width, the others beside each other."""
    return f'<div class="curves">{"".join(figures)}</div>'


def figure(id: str, title: str) -> str:
    """The place of a figure."""
    return f'<figure><figcaption>{escape(title)}</figcaption><div id="{escape(id)}"></div></figure>'


def _cell(value: Any) -> str:
    if isinstance(value, Dot):
        return f'<td><span class="dot" style="background: var(--group-{escape(value.group)})"></span></td>'
    return f"<td>{escape(value)}</td>"


_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--surface); color: var(--text); line-height: 1.5; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
header p, .note, figcaption, th, dt, tfoot, footer { color: var(--quiet); }
header .mark { margin: 0; font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: .2rem 0 .3rem; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
header .line { margin: 0 0 2rem; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
          padding: 1.1rem 1.25rem 1.25rem; margin: 0 0 1rem; }
h2 { margin: 0 0 .6rem; font-size: 1.05rem; }
p { margin: 0; }
.note { margin: -.4rem 0 .8rem; font-size: .9rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 0; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
.tile dt { font-size: .85rem; }
.tile dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.pairs { margin: 0; }
.pairs div { display: grid; grid-template-columns: 12rem 1fr; gap: 1rem; padding: .35rem 0;
             border-top: 1px solid var(--line); }
.pairs div:first-child { border-top: 0; }
.pairs dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th { text-align: left; font-weight: 500; white-space: nowrap; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { text-align: right; padding-right: 0; }
td { font-variant-numeric: tabular-nums; }
tfoot td { border: 0; text-align: right; padding-right: 0; }
.dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-top: .4rem; }
.curves { display: grid; gap: 1.2rem;
          grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
.curves figure:first-child { grid-column: 1 / -1; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .9rem; }
footer { font-size: .85rem; padding: .5rem .25rem; }
@media (max-width: 40rem) {
  main { padding: 1.5rem .75rem 2rem; }
  .pairs div { grid-template-columns: 1fr; gap: 0; }
}
@media print { body { background: none; } section { break-inside: avoid; } .modebar { display: none; } }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'">
<title>{title}</title>
<style>
{style}
body {{ font-family: {text}; }}
code {{ font-family: {code}; }}
</style>
</head>
<body>
<main>
<header><p class="mark">Layerscope report</p><h1>{title}</h1><p class="line">{line}</p></header>
{sections}
<footer>This page stands alone: it holds all it shows, and asks nothing of the internet.</footer>
</main>
{scripts}
</body>
</html>
"""
