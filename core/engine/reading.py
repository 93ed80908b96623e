"""Tokens and answers as a person reads them."""

from typing import Any

import numpy as np

from core.catalog.base import IGNORED, TOKENS, Dataset, Task
from core.catalog.datasets.tokens import END, PADDING, START
from core.engine.data import Split


def text(tokens: np.ndarray, words: tuple[str, ...]) -> str:
    """Tokens as text: characters side by side, longer words with spaces; padding and unjudged steps left out.

    tokens: (steps,) token numbers.
    """
    told = [words[token] for token in tokens.tolist() if token != IGNORED and words[token] != PADDING]
    return between(words).join(told)


def between(words: tuple[str, ...]) -> str:
    """What stands between two tokens: nothing between characters, a space between longer words."""
    return "" if all(len(word) <= 1 for word in words) else " "


def spoken(tokens: np.ndarray, words: tuple[str, ...]) -> str:
    """An answer as text: up to its end token, without the marks around it."""
    said = [token for token in tokens.tolist() if token != IGNORED and words[token] not in (PADDING, START)]
    ended = next((place for place, token in enumerate(said) if words[token] == END), len(said))
    return text(np.array(said[:ended], np.int64), words)


def typed(text: str, words: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """A typed text as tokens, in lower case where that alone is known, and what is not known at all."""
    number = {word: place for place, word in enumerate(words) if word not in (PADDING, START, END)}
    parts = text.split() if between(words) else list(text)
    found = [number.get(part, number.get(part.lower())) for part in parts]
    unknown = [part for part, token in zip(parts, found, strict=True) if token is None]
    return [token for token in found if token is not None], list(dict.fromkeys(unknown))


def asked(data: Dataset, text: str) -> tuple[np.ndarray, list[str]]:
    """A typed text as a sample, padded or cut to its length, its answer not begun; and what is unknown.

    Result: (steps,) tokens.
    """
    tokens, unknown = typed(text, data.words)
    number = {word: place for place, word in enumerate(data.words)}
    row = np.full(data.shape.sizes, number.get(PADDING, 0), np.int64)
    reach = data.fields["source"].stop if "source" in data.fields else len(row)
    tokens = tokens[-reach:] if data.task.kind == "next_token" else tokens[:reach]
    row[:len(tokens)] = tokens
    if "target" in data.fields:
        row[data.fields["target"].start] = number[START]
    return row, unknown


def texts(data: Dataset, ready: Split, rows: np.ndarray) -> list[dict[str, Any]]:
    """What stands in each of these samples, field by field, and its answer.

    The answer stands among the fields as the network is shown it, one step late.
    """
    return [{"input": read(data, ready.samples.inputs[row]),
             "target": answer(data, ready.samples.targets[row])} for row in rows]


def read(data: Dataset, sample: np.ndarray) -> dict[str, str]:
    """A sample of tokens as text, by field; one without fields is called `input`."""
    parts = {name: sample[field.start:field.stop] for name, field in data.fields.items()}
    return {name: text(part, data.words) for name, part in (parts or {"input": sample}).items()}


def answer(data: Dataset, target: np.ndarray) -> str:
    """The true answer as text."""
    return spoken(target, data.words) if data.task.kind in TOKENS else said(data.task, target)


def said(task: Task, target: np.ndarray) -> str:
    """A target in words: the class, the labels that hold, or the numbers."""
    match task.kind:
        case "classification":
            return task.classes[int(target)]
        case "multi_label":
            return ", ".join(name for name, held in zip(task.classes, target, strict=True) if held) or "none"
        case _:
            return ", ".join(f"{value:g}" for value in np.ravel(target)[:8])
