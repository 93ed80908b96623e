"""Recurrent layers: read a sequence step by step and carry along what they remember."""

from typing import Any, ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import choice, real, switch, whole
from core.catalog.layers.dense import unusual
from core.catalog.layers.expect import steps
from core.catalog.layers.first import Initialization, first, initialization
from core.shapes import Shape, features, sequence


class _Recurrent(Layer):
    """Units that read one step at a time, together with what they said at the step before."""

    group: ClassVar[str] = "recurrent"
    example: ClassVar[Shape] = sequence(6, 4)
    gates: ClassVar[int]
    """How many weighted sums a unit takes at every step."""
    units: int = whole(32, 1, 1024, "How many numbers are remembered from step to step.", unit="units")
    layers: int = whole(1, 1, 6, "How many such layers lie on top of each other, each reading the states of "
                        "the one below.", unit="layers")
    gives: Literal["last", "every"] = choice(
        "last", "What comes out: the state after the last step, as one list of numbers for the whole "
        "sequence, or the state at every step, as a sequence.",
        titles={"last": "The last state", "every": "Every state"})
    bidirectional: bool = switch(
        False, "Whether a second set of units reads the sequence backwards; the states of both are joined. "
        "Not for predicting what comes next, for it sees the answer.")
    dropout: float = real(0.0, 0.0, 0.9, "Share of the states silenced between two layers while training; "
                          "one layer alone has none.", step=0.05)
    bias: bool = switch(True, "Whether learned numbers are added to every sum.", late=True)
    initialization: Initialization = initialization()

    def output(self, *inputs: Shape) -> Shape:
        time, _ = steps(inputs[0], self.title)
        return sequence(time, self._states) if self.gives == "every" else features(self._states)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        given = {"num_layers": self.layers, "bidirectional": self.bidirectional, "bias": self.bias,
                 "dropout": self.dropout if self.layers > 1 else 0.0, "last": self.gives == "last"}
        usual = {"num_layers": 1, "bidirectional": False, "bias": True, "dropout": 0.0, "last": False}
        return (Call("own.Recurrent", {
            "cell": self.title, "input_size": inputs[0].sizes[1], "hidden_size": self.units,
            **unusual(given, usual), **self.extra()}, first(self.initialization)),)

    def parameters(self, *inputs: Shape) -> int:
        return sum(self.gates * self.units * (size + self.units + 2 * self.bias)
                   for size in self._reads(inputs[0]))

    def flops(self, *inputs: Shape) -> int:
        return sum(2 * inputs[0].sizes[0] * self.gates * self.units * (size + self.units)
                   for size in self._reads(inputs[0]))

    def extra(self) -> dict[str, Any]:
        """Arguments that only this kind of unit has."""
        return {}

    @property
    def _states(self) -> int:
        return self.units * (1 + self.bidirectional)

    def _reads(self, shape: Shape) -> list[int]:
        """How many numbers a unit of each layer, and of each direction, reads at a step."""
        sizes = [shape.sizes[1], *[self._states] * (self.layers - 1)]
        return sizes * (1 + self.bidirectional)


class RNN(_Recurrent):
    """Reads a sequence step by step: each state is a bent sum of the step and the state before. Simple and
    fast, but it forgets within some ten steps."""

    kind: Literal["rnn"] = "rnn"
    title: ClassVar[str] = "RNN"
    gates: ClassVar[int] = 1
    activation: Literal["tanh", "relu"] = choice(
        "tanh", "The bend applied to every sum. With ReLU states can grow without end.",
        titles={"tanh": "Tanh", "relu": "ReLU"})

    def extra(self) -> dict[str, Any]:
        return unusual({"nonlinearity": self.activation}, {"nonlinearity": "tanh"})


class LSTM(_Recurrent):
    """Reads a sequence step by step with a memory beside its state. Gates learn what to store, to forget and
    to show, so that it can remember over hundreds of steps."""

    kind: Literal["lstm"] = "lstm"
    title: ClassVar[str] = "LSTM"
    gates: ClassVar[int] = 4


class GRU(_Recurrent):
    """Reads a sequence step by step like an LSTM, with fewer gates and no memory beside its state. Often as
    good, and a quarter cheaper."""

    kind: Literal["gru"] = "gru"
    title: ClassVar[str] = "GRU"
    gates: ClassVar[int] = 3
