"""What a run's network says of samples it is given: a class, labels, how much, or a text."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.catalog.base import TOKENS, VALUES
from core.catalog.datasets.tokens import END
from core.engine import weights
from core.engine.beginning import initial
from core.engine.data import split
from core.engine.evaluate import outputs, shares, unscaled
from core.engine.generate import Manner, answered, continued
from core.engine.reading import asked, spoken, typed
from core.export.given import samples
from core.export.subject import Subject
from core.problems import Problem, Problems

WRITTEN, TEMPERATURE = 200, 0.8
"""How many tokens a text is carried on for, and how they are drawn: always the same ones."""


def predict(subject: Subject, path: Path) -> list[dict[str, Any]]:
    """One row per sample in the file, as Predictor.rows gives them. Raises Problems."""
    predictor = Predictor(subject)
    return predictor.rows(samples(path, subject.experiment.data))


class Predictor:
    """What a run learned, ready to be asked. Raises Problems when it left no weights."""

    def __init__(self, subject: Subject) -> None:
        if subject.weights is None or not subject.weights.exists():
            raise Problems(Problem(where="run", what="The run has left no weights behind to predict with.",
                                   fix="Wait until it ends, or train it again."))
        self.experiment = subject.experiment
        self._network = initial(self.experiment).eval()
        weights.read(subject.weights, self._network)
        self._ready = split(self.experiment.data)

    def rows(self, given: np.ndarray | list[str]) -> list[dict[str, Any]]:
        """One row per sample, scaled as in training. given: (samples, *shape), or texts

        Texts are answered or carried on in the network's own words, token by token.
        A row is {class, shares}, {labels, shares} with each label's own share, {tokens, text}, {value}, or
        {values} when there are several.
        """
        ready, shape = self._ready, self.experiment.data.shape
        if isinstance(given, list):
            return self._texts(given)
        if self.experiment.data.scaled:
            given = ((given - ready.scaling.mean) / ready.scaling.std).astype(np.float32)
        if shape.dtype == "integer":
            given = given.astype(np.int64)
        return self._read(outputs(self._network, torch.from_numpy(np.ascontiguousarray(given))).float())

    def _texts(self, given: list[str]) -> list[dict[str, Any]]:
        data = self.experiment.data
        with torch.inference_mode():
            if data.task.kind == "next_token":
                return [self._said(continued(self._network, typed(text, data.words)[0], WRITTEN,
                                             data.shape.sizes[0], Manner(TEMPERATURE))) for text in given]
            read = np.stack([asked(data, text)[0] for text in given])
            if data.task.kind != "sequence_to_sequence":
                return self.rows(read)
            end = data.words.index(END)
            answers = answered(self._network, torch.from_numpy(read), data.fields["target"], end)
            return [self._said(answer) for answer in answers]

    def _said(self, tokens: list[int]) -> dict[str, Any]:
        return {"tokens": tokens, "text": spoken(np.array(tokens, np.int64), self.experiment.data.words)}

    def _read(self, put_out: Tensor) -> list[dict[str, Any]]:
        """Outputs as the task means them. put_out: (samples, ...)"""
        task = self.experiment.data.task
        if task.kind in TOKENS:
            words = self.experiment.data.words
            return [{"tokens": row.tolist(), "text": spoken(row, words)}
                    for row in put_out.argmax(-1).numpy()]
        if task.kind in VALUES:
            return [{"values": row.tolist()} if row.size > 1 else {"value": row.item()}
                    for row in unscaled(put_out.numpy(), self._ready)]
        if task.kind == "multi_label":
            return [_labels(dict(zip(task.classes, row, strict=True))) for row in put_out.sigmoid().tolist()]
        parts = shares(put_out, self.experiment.training.loss.for_task(task)).tolist()
        best = [task.classes[place] for place in put_out.argmax(1).tolist()]
        return [{"class": one, "shares": dict(zip(task.classes, part, strict=True))}
                for one, part in zip(best, parts, strict=True)]

    def example(self) -> list[Any]:
        """A sample of the test split, as a person would bring it."""
        held = self._ready.samples
        brought = held.inputs if held.points is None else held.points
        return brought[int(self._ready.rows["test"][0])].tolist()


def table(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Predictions as the lines of a table, the names of its columns first."""
    first = rows[0]
    if "shares" in first:
        word = "class" if "class" in first else "labels"
        return [[word, *first["shares"]], *([_cell(row[word]), *row["shares"].values()] for row in rows)]
    if "values" in first:
        lines = [np.ravel(row["values"]).tolist() for row in rows]
        return [[f"value {number}" for number in range(1, len(lines[0]) + 1)], *lines]
    word = "text" if "text" in first else "value"
    return [[word], *([row[word]] for row in rows)]


def _labels(shares: dict[str, float]) -> dict[str, Any]:
    return {"labels": [name for name, share in shares.items() if share > 0.5], "shares": shares}


def _cell(told: str | list[str]) -> str:
    return told if isinstance(told, str) else ", ".join(told)
