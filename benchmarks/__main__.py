"""`python -m benchmarks [PART …]`: measures, prints, and writes benchmarks/RESULTS.md."""

import datetime
import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch

from benchmarks.figures import Figure

PARTS = {
    "learning": "What is learned",
    "templates": "What every template reaches",
    "live": "The engine in the app, against bare loops",
    "frameworks": "The engine, against frameworks",
    "turbo": "Compiled steps",
    "playground": "Compiled steps, against a playground's engine",
    "choices": "What a step may be made of",
    "gpu": "On a GPU",
    "browser": "In a browser",
    "moments": "Going back in time",
    "many": "Many at once",
    "canvas": "The canvas with 100 layers",
    "web": "The web process",
    "long": "A run of ten million points",
    "kills": "Killed at random",
    "damage": "Checkpoints, exact and damaged",
    "fulldisk": "A full disk",
    "powercut": "A power cut",
    "load": "Beside other programs",
    "fuzz": "Files from anywhere",
    "edits": "Edits at random",
    "pace": "Seconds per epoch, before training",
}
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(chosen: list[str]) -> None:
    """Measure the chosen parts, all by default; parts not chosen keep what RESULTS.md says of them."""
    for part in chosen or PARTS:
        figures: list[Figure] = []
        for figure in importlib.import_module(f"benchmarks.{part}").measure():
            print(figure.row(), flush=True)
            figures.append(figure)
        kept = _kept()  # read only now: another part may have been measured meanwhile
        kept[part] = "\n".join(
            [
                "",
                _circumstances(),
                "",
                "| what | measured | target | met |",
                "|---|---|---|---|",
                *(figure.row() for figure in figures),
                "",
            ]
        )
        RESULTS.write_text(_written(kept), encoding="utf-8")


def _circumstances() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    return (
        f"{datetime.date.today()}, commit {commit.stdout.strip()}, {platform.machine()}, "
        f"{torch.get_num_threads()} of {os.cpu_count()} cores used, "
        f"torch {torch.__version__}, Python {platform.python_version()}"
    )


def _kept() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    parts = RESULTS.read_text(encoding="utf-8").split("\n## ")[1:]
    titles = {title: part for part, title in PARTS.items()}
    return {
        titles[head]: body for head, _, body in (part.partition("\n") for part in parts) if head in titles
    }


def _written(kept: dict[str, str]) -> str:
    head = (
        "# Measured\n\nWritten by `make bench`. Speeds are ratios of things measured in turn within one run; "
        "absolute times say more about the machine than about us.\n"
    )
    return head + "".join(
        f"\n## {title}\n{kept[part].rstrip()}\n" for part, title in PARTS.items() if part in kept
    )


if __name__ == "__main__":
    main(sys.argv[1:])
