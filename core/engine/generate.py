"""Text written token by token: greedy, drawn with a temperature among the likeliest, or the best of several.

The network always reads a sample of its full length. What is not known yet is left at 0, and the scores are
read where the known part ends: whoever looks ahead in training finds nothing there now.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from core.catalog.base import Field


class Manner(NamedTuple):
    """How the next token is chosen among the likely ones."""

    temperature: float = 0.0
    """0 always takes the likeliest."""
    top_k: int = 0
    """Only so many of the likeliest; 0 is all."""
    seed: int = 0


LEARNED = Manner(1.0)
"""As often as was learned."""


def shares(scores: Tensor, manner: Manner) -> Tensor:
    """How likely each token is to be written, given its scores. (..., tokens)"""
    scores = scores.float().nan_to_num(nan=-1e30, posinf=1e30, neginf=-1e30)
    if 0 < manner.top_k < scores.shape[-1]:
        least = scores.topk(manner.top_k, dim=-1).values[..., -1:]
        scores = scores.masked_fill(scores < least, -torch.inf)
    return (scores / max(manner.temperature, 1e-3)).softmax(-1)


@torch.no_grad()
def following(net: nn.Module, known: list[int], window: int, device: torch.device) -> Tensor:
    """The scores of the token after the known ones, of which the last `window` are read. (tokens,)"""
    read = known[-window:]
    given = torch.zeros(1, window, dtype=torch.int64)
    given[0, :len(read)] = torch.tensor(read)
    return net(given.to(device))[0, len(read) - 1].cpu()


@torch.no_grad()
def continued(net: nn.Module, beginning: list[int], count: int, window: int, manner: Manner) -> list[int]:
    """So many tokens after the beginning, of one at least. The same seed writes the same."""
    draw = np.random.default_rng(manner.seed)
    device = next(net.parameters()).device
    known = list(beginning)
    for _ in range(count):
        scores = following(net, known, window, device)
        known.append(int(scores.nan_to_num().argmax()) if manner.temperature == 0
                     else _drawn(shares(scores, manner), draw))
    return known[len(beginning):]


@torch.no_grad()
def answered(net: nn.Module, inputs: Tensor, target: Field, end: int) -> list[list[int]]:
    """The network's own answers, each step the likeliest token, up to the end token or the last step.

    inputs: (samples, steps) tokens, of which only what lies outside `target`, and its first one, is read.
    """
    given = _blank(inputs, target)
    length = target.shape.sizes[0]
    done = torch.zeros(len(given), dtype=torch.bool, device=given.device)
    said: list[Tensor] = []
    for step in range(length):
        token = net(given)[:, step].float().nan_to_num().argmax(-1)
        said.append(token)
        done |= token == end
        if bool(done.all()):
            break
        if step + 1 < length:
            given[:, target.start + step + 1] = token
    return [_ended(row, end) for row in torch.stack(said, dim=1).tolist()]


@torch.no_grad()
def best(net: nn.Module, inputs: Tensor, target: Field, end: int, beams: int) -> list[int]:
    """The likeliest whole answer among those pursued side by side. inputs: (1, steps) tokens."""
    length = target.shape.sizes[0]
    given = _blank(inputs, target)
    likely, finished = torch.zeros(1), [(-torch.inf, list[int]())]
    said = torch.zeros(1, 0, dtype=torch.int64)
    for step in range(length):
        scores = net(given)[:, step].cpu()
        together = likely[:, None] + shares(scores, LEARNED).clamp_min(1e-30).log()
        likely, places = together.flatten().topk(min(beams, together.numel()))
        rows, tokens = places // scores.shape[1], places % scores.shape[1]
        said = torch.cat((said[rows], tokens[:, None]), dim=1)
        given = given[rows.to(given.device)].clone()
        if step + 1 < length:
            given[:, target.start + step + 1] = tokens.to(given.device)
        over = (tokens == end) | torch.tensor(step + 1 == length)
        finished += [(float(likely[row]), said[row].tolist()) for row in over.nonzero().flatten().tolist()]
        goes_on = (~over).nonzero().flatten()
        likely, said, given = likely[goes_on], said[goes_on], given[goes_on.to(given.device)]
        if not len(likely) or max(finished)[0] >= float(likely[0]):  # what goes on can only get less likely
            break
    return _ended(max(finished)[1], end)


def _blank(inputs: Tensor, target: Field) -> Tensor:
    """A copy without the true answer behind its first token."""
    given = inputs.clone()
    given[:, target.start + 1:target.stop] = 0
    return given


def _ended(tokens: list[int], end: int) -> list[int]:
    return tokens[:tokens.index(end)] if end in tokens else tokens


def _drawn(likely: Tensor, draw: np.random.Generator) -> int:
    reached = likely.double().cumsum(0).numpy()
    return min(int(np.searchsorted(reached, draw.random() * reached[-1], side="right")), len(reached) - 1)
