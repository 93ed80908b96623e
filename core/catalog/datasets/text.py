"""Running text that comes with Python, to be continued character by character."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe, Task
from core.catalog.datasets.tokens import Tokens
from core.catalog.fields import whole
from core.shapes import tokens

CHARACTERS = (
    "\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    "\N{DEGREE SIGN}\N{LATIN SMALL LETTER SHARP S}\N{EN DASH}\N{EM DASH}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
    "\N{HORIZONTAL ELLIPSIS}\N{REPLACEMENT CHARACTER}")
"""What the help texts are written in; the last one stands for any other."""
SURE = 390_000
"""Characters that the help texts of every Python hold, from 3.11 on; 3.11.7 has 465 048, 3.13.0 510 664."""


def python_topics(block: int, blocks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Blocks of Python's help texts, all different and none within another, and each one character later."""
    from pydoc_data.topics import topics

    number = {character: place for place, character in enumerate(CHARACTERS)}
    unknown = len(CHARACTERS) - 1
    text = "\n".join(topics[name] for name in sorted(topics))
    begins = np.random.default_rng(seed).permutation(len(text) // (block + 1)) * (block + 1)
    found: dict[str, str] = {}
    for begin in begins:
        found.setdefault(text[begin:begin + block], text[begin + block])
    rows = np.array([[number.get(character, unknown) for character in (*read, after)]
                     for read, after in list(found.items())[:blocks]])
    return rows[:, :-1], rows[:, 1:]


class PythonTopics(Tokens):
    """What `help()` knows about Python, to be continued character by character: English and code.

    6 000 blocks of 64. It comes with Python (pydoc_data.topics) and differs a little between releases.
    """

    kind: Literal["python_topics"] = "python_topics"
    title: ClassVar[str] = "Python's help texts"
    group: ClassVar[str] = "text"
    block: int = whole(64, 16, 128, "Characters the network reads at once.", unit="characters", step=8)
    blocks: int = whole(6000, 200, 20000, "How many blocks at most, all different and none within another; "
                                          "there is room for 390 000 characters.", unit="blocks", step=200)

    @property
    def count(self) -> int:
        return min(self.blocks, SURE // (self.block + 1))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(CHARACTERS)

    @property
    def steps(self) -> int:
        return self.block

    @property
    def task(self) -> Task:
        return Task(kind="next_token", outputs=len(CHARACTERS), classes=self.words, target="next character",
                    shape=tokens(self.block, len(CHARACTERS)))

    def recipe(self) -> Recipe:
        return Recipe(python_topics, {"block": self.block, "blocks": self.count, "seed": self.seed})
