"""What data sets of tokens have in common: words as numbers, and questions laid out beside their answers."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from core.catalog.base import IGNORED, Dataset, Field, Picture, Task
from core.catalog.fields import whole
from core.shapes import Shape, tokens

PADDING, START, END = "␀", "␂", "␃"
SPECIAL = (PADDING, START, END)


def encoded(texts: Sequence[Sequence[str]], words: Sequence[str], steps: int) -> np.ndarray:
    """Every text as the numbers of its words, padded at the end. Result: (texts, steps)."""
    number = {word: place for place, word in enumerate(words)}
    rows = np.full((len(texts), steps), number[PADDING], np.int64)
    for row, text in zip(rows, texts, strict=True):
        row[:len(text)] = [number[word] for word in text]
    return rows


def answered(sources: Sequence[Sequence[str]], answers: Sequence[Sequence[str]], words: Sequence[str],
             lengths: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Sources beside their answers read behind a start token; said are the answers up to an end token.

    lengths: the steps of a source and of an answer with its end. Result: (n, sum of lengths), (n, answer).
    """
    number = {word: place for place, word in enumerate(words)}
    said = encoded([[*answer, END] for answer in answers], words, lengths[1])
    start = np.full((len(said), 1), number[START], np.int64)
    inputs = np.concatenate([encoded(sources, words, lengths[0]), start, said[:, :-1]], axis=1)
    return inputs, np.where(said == number[PADDING], IGNORED, said)


class Tokens(Dataset):
    """Sequences of tokens: numbers that stand for words or characters."""

    picture: ClassVar[Picture] = "text"

    @property
    def words(self) -> tuple[str, ...]:
        """The word behind every token number, in order."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """How many tokens one sample holds, padding included."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        return tokens(self.steps, len(self.words))


class Answers(Tokens):
    """Sequences with an answer to be said token by token: sequence to sequence."""

    answer: ClassVar[str]
    """What the answer is, in a word or two."""

    samples: int = whole(5000, 100, 20000, "How many pairs, all different.", unit="pairs", step=100)

    @property
    def lengths(self) -> tuple[int, int]:
        """The steps of the longest source, and of the longest answer with its end token."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        return sum(self.lengths)

    @property
    def count(self) -> int:
        return self.samples

    @property
    def fields(self) -> dict[str, Field]:
        source, target = self.lengths
        return {"source": Field(0, tokens(source, len(self.words))),
                "target": Field(source, tokens(target, len(self.words)))}

    @property
    def task(self) -> Task:
        return Task(kind="sequence_to_sequence", outputs=len(self.words), classes=self.words,
                    target=self.answer, shape=tokens(self.lengths[1], len(self.words)))
