"""Recurrent modules: torch's own, giving one tensor of hidden states instead of a tuple."""

from typing import Any

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """An RNN, LSTM or GRU that gives its hidden states: at every step, or where the reading ends."""

    def __init__(self, cell: str, *, last: bool = False, **kwargs: Any) -> None:
        super().__init__()
        self.cells = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[cell](batch_first=True, **kwargs)
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features). Result: (samples, time, states), or (samples, states) of the end."""
        states, _ = self.cells(x)
        if not self.last:
            return states
        if not self.cells.bidirectional:
            return states[:, -1]
        ahead, back = states.chunk(2, dim=2)  # the one that reads backwards ends at the first step
        return torch.cat((ahead[:, -1], back[:, 0]), dim=1)
