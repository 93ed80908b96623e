"""Figure: one claim, what was measured for it, and whether it holds."""

from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured claim. `met` is None where there is a figure but no target."""

    what: str
    measured: str
    target: str
    met: bool | None

    def row(self) -> str:
        """The figure as a line of a Markdown table."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.met]
        return f"| {self.what} | {self.measured} | {self.target} | {verdict} |"


def ratio(what: str, ours: list[float], theirs: list[float], target: float | None, note: str = "") -> Figure:
    """The median of paired ratios, with its range, against the least that is wanted."""
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    measured = f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}, {len(ratios)} pairs){note}"
    return Figure(
        what, measured, f"≥ {target}" if target else "", median(ratios) >= target if target else None
    )
