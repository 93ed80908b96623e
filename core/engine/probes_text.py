"""What the network writes: running text carried on, and answers to questions, in its own words."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.catalog.base import Dataset, Field
from core.catalog.datasets.tokens import END, PADDING
from core.engine import generate
from core.engine.build import Net
from core.engine.data import Split
from core.engine.generate import LEARNED, Manner
from core.engine.probes_layers import Known
from core.engine.reading import asked, between, read, spoken, text, typed
from core.gaze import Gaze

QUESTIONS = 8
"""Held-out questions that are answered at each look."""
LIKELY = 8
"""Next tokens that are told with their shares."""
SEED = 0
"""The same network writes the same text at every look."""


class Reader:
    """Samples of tokens for the eye: what was typed or drawn, what the network writes, and in which words."""

    def __init__(self, net: Net, data: Dataset, ready: Split, count: int) -> None:
        """count: how many tokens are written at one look."""
        self._net, self._data, self._split, self._count = net, data, ready, count
        self._words = data.words
        self._number = {word: place for place, word in enumerate(self._words)}

    def given(self, sample: int, gaze: Gaze) -> tuple[Tensor, list[str]]:
        """The sample to look at, on the network's device, and which typed words are not known. (1, steps)"""
        inputs = self._split.inputs[sample:sample + 1]
        if not gaze.typed:
            return inputs, []
        row, unknown = asked(self._data, gaze.typed)
        return torch.from_numpy(row)[None].to(inputs.device), unknown

    def carried_on(self, inputs: Tensor, gaze: Gaze) -> tuple[Tensor, dict[str, Any]]:
        """A text carried on from a beginning: what was typed, or the first third of a held-out block.

        The tokens that fill one sample, to look at, and what to tell. Of none typed, one token begins it.
        """
        window = inputs.shape[1]
        block = inputs[0].cpu().tolist()
        begun = typed(gaze.typed, self._words)[0][-window:] if gaze.typed else block[:max(1, window // 3)]
        begun = begun or [0]
        manner = Manner(gaze.temperature, gaze.top_k, SEED)
        written = generate.continued(self._net, begun, self._count, window, manner)
        scores = generate.following(self._net, begun, window, inputs.device)
        likely, tokens = generate.shares(scores, LEARNED).topk(min(LIKELY, len(self._words)))
        sample = torch.tensor([(begun + written + [0] * window)[:window]], device=inputs.device)
        true = "" if gaze.typed else self._told(block[len(begun):])
        return sample, {
            "tokens": len(begun) + len(written), "beginning": self._told(begun),
            "text": between(self._words) + self._told(written), "true": true,
            "next": [[self._words[token], round(share, 4)]
                     for token, share in zip(tokens.tolist(), likely.tolist(), strict=True)]}

    def answered(self, given: Tensor, sample: int | None, gaze: Gaze) -> tuple[Tensor, dict[str, Any]]:
        """The question with the network's own answer put in, and that answer beside the true one."""
        target, end = self._target, self._number[END]
        if gaze.beams > 1:
            said = generate.best(self._net, given, target, end, gaze.beams)
        else:
            said = generate.answered(self._net, given, target, end)[0]
        own = given.clone()
        own[0, target.start + 1:target.stop] = self._number[PADDING]
        room = said[:target.shape.sizes[0] - 1]
        own[0, target.start + 1:target.start + 1 + len(room)] = torch.tensor(room, device=own.device)
        return own, self._exchange(given[0], said, sample)

    def held_out(self) -> list[dict[str, Any]]:
        """Test questions with the network's answers and the true ones."""
        rows = self._split.rows["test"][:QUESTIONS]
        inputs = self._split.inputs[rows]
        said = generate.answered(self._net, inputs, self._target, self._number[END])
        return [{"sample": row, **self._exchange(one, answer, row)}
                for row, one, answer in zip(rows.tolist(), inputs, said, strict=True)]

    def in_words(self, given: Tensor, written: int | None = None) -> tuple[dict[str, list[str]], Known]:
        """A sample's words, field by field, without the padding behind them; and how many steps those are.

        written: how many there are where none pads.
        """
        row = given[0].cpu().tolist()
        fields = {name: row[field.start:field.stop] for name, field in self._data.fields.items()}
        parts = (fields or {"input": row}).items()
        words = {name: self._without_padding(part)[:written] for name, part in parts}
        known: Known = {}
        for name, part in words.items():
            size = len(fields[name]) if fields else len(row)
            known[size] = max(known.get(size, 0), len(part))
        return words, known

    @property
    def _target(self) -> Field:
        return self._data.fields["target"]

    def _exchange(self, row: Tensor, said: list[int], sample: int | None) -> dict[str, Any]:
        fields = read(self._data, row.cpu().numpy())
        answer = self._told(said)
        true = None if sample is None else spoken(self._split.samples.targets[sample], self._words)
        return {"source": fields["source"], "said": answer, "true": true,
                "right": None if true is None else answer == true}

    def _told(self, tokens: list[int]) -> str:
        return text(np.array(tokens, np.int64), self._words)

    def _without_padding(self, tokens: list[int]) -> list[str]:
        words = [self._words[token] for token in tokens]
        last = next((place for place in range(len(words), 0, -1) if words[place - 1] != PADDING), 1)
        return words[:last]
