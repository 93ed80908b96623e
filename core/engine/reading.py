"""Tokens and answers as a person reads them."""

from typing import Any

import numpy as np

from core.catalog.base import IGNORED, TOKENS, Dataset, Task
from core.engine.data import Split

PADDING = "␀"


def text(tokens: np.ndarray, words: tuple[str, ...]) -> str:
    """Tokens as text: characters side by side, longer words with spaces; padding and unjudged steps left out.

    tokens: (steps,) token numbers.
    """
    told = [words[token] for token in tokens.tolist() if token != IGNORED and words[token] != PADDING]
    plain = all(len(word) <= 1 for word in words)
    return ("" if plain else " ").join(told)


def texts(data: Dataset, ready: Split, rows: np.ndarray) -> list[dict[str, Any]]:
    """What stands in each of these samples, field by field, and its answer."""
    return [{"input": read(data, ready.samples.inputs[row]),
             "target": answer(data, ready.samples.targets[row])} for row in rows]


def read(data: Dataset, sample: np.ndarray) -> dict[str, str]:
    """A sample of tokens as text, by field; one without fields is called `input`."""
    parts = {name: sample[field.start:field.stop] for name, field in data.fields.items()}
    return {name: text(part, data.words) for name, part in (parts or {"input": sample}).items()}


def answer(data: Dataset, target: np.ndarray) -> str:
    """The true answer as text."""
    return text(target, data.words) if data.task.kind in TOKENS else said(data.task, target)


def said(task: Task, target: np.ndarray) -> str:
    """A target in words: the class, the labels that hold, or the numbers."""
    match task.kind:
        case "classification":
            return task.classes[int(target)]
        case "multi_label":
            return ", ".join(name for name, held in zip(task.classes, target, strict=True) if held) or "none"
        case _:
            return ", ".join(f"{value:g}" for value in np.ravel(target)[:8])
