"""What Python's own functions say of themselves: the long of it, to be told in short."""

from functools import cache
from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe
from core.catalog.datasets.tokens import SPECIAL, Answers, answered
from core.catalog.fields import whole

MODULES = (
    "_pydecimal", "_pyio", "argparse", "ast", "asyncio/events", "calendar", "codecs", "configparser",
    "contextlib", "difflib", "doctest", "email/message", "ftplib", "functools", "http/client",
    "http/cookiejar", "imaplib", "inspect", "ipaddress", "logging/__init__", "logging/handlers", "mailbox",
    "optparse", "os", "pickle", "poplib", "random", "shutil", "smtplib", "socket", "statistics",
    "subprocess", "tarfile", "threading", "typing", "unittest/case", "unittest/mock", "urllib/request",
    "asyncio/base_events", "asyncio/streams", "concurrent/futures/_base", "dataclasses", "enum",
    "importlib/_bootstrap_external", "socketserver", "traceback", "weakref", "xml/etree/ElementTree")
"""Files of the standard library that every Python from 3.11 on has, and that explain themselves most."""
PRINTABLE = (*SPECIAL, *" !\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~")


@cache
def explained() -> list[tuple[str, str]]:
    """The summary line and the explanation of everything in these files that has both. Read once."""
    import ast
    import sysconfig
    from pathlib import Path

    found: list[tuple[str, str]] = []
    for module in MODULES:
        text = (Path(sysconfig.get_path("stdlib")) / f"{module}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                summary, _, rest = (ast.get_docstring(node) or "").lower().partition("\n\n")
                summary, rest = " ".join(summary.split()), " ".join(rest.split())
                if 0 < len(summary) < 64 and len(rest) > 20 and set(summary + rest) <= set(PRINTABLE):
                    found.append((summary, rest))
    return found


def docstrings(samples: int, longest: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Different explanations, cut at the longest length, and the summary lines that stand above them."""
    found: dict[str, str] = {}
    for summary, rest in explained():
        found.setdefault(rest[:longest], summary)
    order = np.random.default_rng(seed).permutation(len(found))[:samples]
    sources, answers = list(found), list(found.values())
    return answered([sources[place] for place in order], [answers[place] for place in order], PRINTABLE,
                    (longest, 64))


class Docstrings(Answers):
    """Explanations of Python's own functions, to be summed up in a line: real, hard, and only 800.

    A network learns its own by heart and says plausible nonsense of others. They come with Python (its
    standard library) and differ a little between releases.
    """

    kind: Literal["docstrings"] = "docstrings"
    title: ClassVar[str] = "Docstrings"
    group: ClassVar[str] = "text to text"
    answer: ClassVar[str] = "summary"
    samples: int = whole(800, 100, 800, "How many explanations, all different.", unit="explanations",
                         step=100)
    longest: int = whole(128, 64, 256, "Characters of an explanation that are read; the rest is cut off.",
                         unit="characters", step=16)

    @property
    def words(self) -> tuple[str, ...]:
        return PRINTABLE

    @property
    def lengths(self) -> tuple[int, int]:
        return self.longest, 64

    def recipe(self) -> Recipe:
        return Recipe(docstrings, {"samples": self.samples, "longest": self.longest, "seed": self.seed})
