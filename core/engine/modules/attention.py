"""Attention: every step asks all others for what it needs, and the blocks that Transformers are made of."""

import math

import torch
from torch import Tensor, nn

from core.engine.modules.positions import rotate, rotations
from core.engine.modules.sequence import CausalConv1d


class Attention(nn.Module):
    """What all attention shares. `watched` keeps in `seen` how much each step looked at each other one."""

    def __init__(self, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.watched: bool = False
        self.seen: Tensor | None = None

    def attend(self, query: Tensor, key: Tensor, value: Tensor, causal: bool = False) -> Tensor:
        """For each query the values, weighted by how well their keys fit it.

        query: (samples, heads, time, size). key, value: (samples, heads, memory, size).
        Result: (samples, time, heads × size).
        """
        dropout = self.dropout if self.training else 0.0
        if self.watched:
            mixed = self._watch(query, key, value, causal, dropout)
        else:
            mixed = nn.functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout,
                                                               is_causal=causal)
        return mixed.transpose(1, 2).flatten(2)

    def _watch(self, query: Tensor, key: Tensor, value: Tensor, causal: bool, dropout: float) -> Tensor:
        """The same step by step. `seen`: (samples, heads, time, memory), each row sums to 1."""
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        if causal:
            later = torch.ones(scores.shape[2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        shares = scores.softmax(3)
        self.seen = shares.detach()
        return nn.functional.dropout(shares, dropout) @ value


class SelfAttention(Attention):
    """Multi-head attention of a sequence to itself (Vaswani et al., 2017)."""

    def __init__(self, features: int, *, heads: int = 4, causal: bool = False, rope: bool = False,
                 dropout: float = 0.0, bias: bool = True) -> None:
        super().__init__(heads, dropout)
        self.causal, self.rope = causal, rope
        self.query_key_value = nn.Linear(features, 3 * features, bias)
        self.out = nn.Linear(features, features, bias)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: the same shape."""
        heads = self.query_key_value(x).unflatten(2, (3, self.heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each (samples, heads, time, size)
        if self.rope:
            turns = rotations(query)
            query, key = rotate(query, turns), rotate(key, turns)
        return self.out(self.attend(query, key, value, self.causal))


class CrossAttention(Attention):
    """Multi-head attention of a sequence to another one, its memory."""

    def __init__(self, features: int, memory_features: int, *, heads: int = 4, dropout: float = 0.0,
                 bias: bool = True) -> None:
        super().__init__(heads, dropout)
        self.query = nn.Linear(features, features, bias)
        self.key_value = nn.Linear(memory_features, 2 * features, bias)
        self.out = nn.Linear(features, features, bias)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """x: (samples, time, features). memory: (samples, steps, memory features). Result: x's shape."""
        query = self.query(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
        key, value = self.key_value(memory).unflatten(2, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.out(self.attend(query, key, value))


class FeedForward(nn.Module):
    """Two Linear layers with an activation between them, for every step by itself."""

    def __init__(self, features: int, hidden: int, activation: str, *, dropout: float = 0.0,
                 bias: bool = True) -> None:
        super().__init__()
        self.up = nn.Linear(features, hidden, bias)
        self.down = nn.Linear(hidden, features, bias)
        self.activation = activation
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: the same shape."""
        bend = getattr(nn.functional, self.activation)
        return self.down(self.dropout(bend(self.up(x))))


class EncoderLayer(nn.Module):
    """Self attention, then a feed-forward network, each added to what came in and normalised."""

    def __init__(self, features: int, *, heads: int = 4, hidden: int, activation: str = "relu",
                 dropout: float = 0.0, pre_norm: bool = True, causal: bool = False,
                 rope: bool = False) -> None:
        super().__init__()
        self.attention = SelfAttention(features, heads=heads, causal=causal, rope=rope, dropout=dropout)
        self.feed_forward = FeedForward(features, hidden, activation, dropout=dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(features) for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.pre_norm = pre_norm

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: the same shape."""
        for part, norm in zip((self.attention, self.feed_forward), self.norms, strict=True):
            x = x + self.dropout(part(norm(x))) if self.pre_norm else norm(x + self.dropout(part(x)))
        return x


class DecoderLayer(nn.Module):
    """Causal self attention, attention to a memory, then a feed-forward network."""

    def __init__(self, features: int, memory_features: int, *, heads: int = 4, hidden: int,
                 activation: str = "relu", dropout: float = 0.0, pre_norm: bool = True,
                 rope: bool = False) -> None:
        super().__init__()
        self.attention = SelfAttention(features, heads=heads, causal=True, rope=rope, dropout=dropout)
        self.cross_attention = CrossAttention(features, memory_features, heads=heads, dropout=dropout)
        self.feed_forward = FeedForward(features, hidden, activation, dropout=dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(features) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre_norm = pre_norm

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """x: (samples, time, features). memory: (samples, steps, memory features). Result: x's shape."""
        parts = ((self.attention, ()), (self.cross_attention, (memory,)), (self.feed_forward, ()))
        for (part, given), norm in zip(parts, self.norms, strict=True):
            if self.pre_norm:
                x = x + self.dropout(part(norm(x), *given))
            else:
                x = norm(x + self.dropout(part(x, *given)))
        return x


class GPTBlock(nn.Module):
    """The block of today's language models: causal attention with RoPE, RMSNorm in front of every part.

    A short causal convolution before attention tells each step what just came, which attention would have
    to learn first.
    """

    def __init__(self, features: int, *, heads: int = 4, hidden: int, kernel: int = 4, rope: bool = True,
                 dropout: float = 0.0) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(features) for _ in range(2))
        self.recent = CausalConv1d(features, kernel, bias=False) if kernel else None
        self.attention = SelfAttention(features, heads=heads, causal=True, rope=rope, dropout=dropout,
                                       bias=False)
        self.feed_forward = FeedForward(features, hidden, "gelu", dropout=dropout, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: the same shape."""
        before_attention, before_feed_forward = self.norms
        normal = before_attention(x)
        if self.recent is not None:
            normal = normal + self.recent(normal)
        x = x + self.dropout(self.attention(normal))
        return x + self.dropout(self.feed_forward(before_feed_forward(x)))
