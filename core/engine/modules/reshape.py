"""Other orders of the same numbers."""

from torch import Tensor, nn


class SwapAxes(nn.Module):
    """Turns the steps of a sequence into the places of a signal, and back."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, time, features) or (samples, channels, length). Result: the last two swapped."""
        return x.transpose(1, 2).contiguous()


class ImageToSequence(nn.Module):
    """Reads an image step by step: row after row, column after column, or pixel after pixel."""

    def __init__(self, steps: str) -> None:
        """steps: "rows", "columns" or "pixels"."""
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        """x: (samples, channels, height, width). Result: (samples, time, features)."""
        if self.steps == "rows":
            return x.transpose(1, 2).flatten(2)  # (samples, height, channels x width)
        if self.steps == "columns":
            return x.permute(0, 3, 1, 2).flatten(2)  # (samples, width, channels x height)
        return x.flatten(2).transpose(1, 2).contiguous()  # (samples, height x width, channels)
