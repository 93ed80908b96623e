"""Gaze: how a person wants to look at a network. It changes nothing about the training."""

from pydantic import Field

from core.plain import Plain


class Gaze(Plain):
    """A text typed in to be read instead of a sample, and how the network is to write."""

    typed: str = Field(default="", max_length=2000)
    """A text to read in the sample's place; of running text, a beginning to carry on."""
    temperature: float = Field(default=0.8, ge=0, le=2, allow_inf_nan=False)
    """0 always writes the most likely token; above 1 the unlikely ones come more often than learned."""
    top_k: int = Field(default=0, ge=0, le=1000)
    """Only so many of the most likely tokens may be written; 0 is all."""
    beams: int = Field(default=1, ge=1, le=8)
    """How many answers are pursued side by side; the likeliest as a whole is given."""
