"""Attention: every step asks all others for what it needs; and the blocks that Transformers are made of."""

from typing import Any, ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import choice, real, switch, whole
from core.catalog.layers.dense import unusual
from core.catalog.layers.expect import steps
from core.problems import Remedy, ShapeMismatch, instead
from core.shapes import Shape, sequence

_ROPE = "Whether steps know how far apart they are, by turning what they ask and what they offer (RoPE)."


def _factor() -> Any:
    return whole(4, 1, 8, "How many times as many neurons as features lie between the two Linear layers.",
                 title="Hidden factor")


class _Attends(Layer):
    """A layer whose steps look at each other through several heads."""

    group: ClassVar[str] = "attention"
    example: ClassVar[Shape] = sequence(6, 8)
    heads: int = whole(4, 1, 16, "Into how many parts the features are dealt; each looks by itself. It must "
                       "divide the features.", unit="heads")
    dropout: float = real(0.0, 0.0, 0.9, "Share of the numbers silenced while training.", step=0.05,
                          late=True)

    def dealt(self, shape: Shape, rope: bool) -> tuple[int, int]:
        """Time and features of a sequence that the heads can share. Raises ShapeMismatch for others."""
        time, count = steps(shape, self.title)
        if count % self.heads:
            more = -(-count // self.heads) * self.heads
            raise ShapeMismatch(f"{self.title} deals {count} features to {self.heads} heads, but {count} is "
                                f"no multiple of {self.heads}.",
                                f"Set heads to {_near(count, self.heads, 1)}, or give it {more} features.",
                                *instead("heads", _fitting(count, self.heads, 2)),
                                *instead("heads", _fitting(count, self.heads, 1)))
        if rope and count // self.heads % 2:
            even = 2 * self.heads * -(-count // (2 * self.heads))
            heads = f" set heads to {_near(count, self.heads, 2)}," if count % 2 == 0 else ""
            raise ShapeMismatch(f"RoPE turns numbers in pairs, but each of the {self.heads} heads has "
                                f"{count // self.heads}.",
                                f"Give it {even} features,{heads} or switch RoPE off.",
                                *instead("heads", _fitting(count, self.heads, 2)), *instead("rope", (False,)))
        return time, count

    def shared(self, **settings: Any) -> dict[str, Any]:
        """The arguments of every module that attends; those the module has anyway stay unsaid."""
        usual = {"dropout": 0.0, "causal": False, "rope": False, "bias": True, "pre_norm": True}
        return {"heads": self.heads, **unusual({"dropout": self.dropout, **settings}, usual)}


class MultiheadAttention(_Attends):
    """Lets every step gather from all steps what fits what it asks for. With a second input, its steps ask
    that one, the memory, instead of each other."""

    kind: Literal["multihead_attention"] = "multihead_attention"
    title: ClassVar[str] = "Multi-head attention"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    causal: bool = switch(False, "Whether a step sees only itself and those before it, as needed to predict "
                          "what comes next.")
    rope: bool = switch(False, _ROPE, title="RoPE")
    bias: bool = switch(True, "Whether learned numbers are added to every sum.", late=True)

    def output(self, *inputs: Shape) -> Shape:
        self.dealt(inputs[0], self.rope)
        for memory in inputs[1:]:
            steps(memory, self.title)
            for on, word in ((self.causal, "Causal"), (self.rope, "RoPE")):
                if on:
                    raise ShapeMismatch(f"{word} is about the order within one sequence, but {self.title} "
                                        "reads two.", f"Switch {word} off, or remove the second input.",
                                        *instead(word.lower(), (False,)),
                                        Remedy(settings={"causal": False, "rope": False}))
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        given = {"features": inputs[0].sizes[1]}
        if len(inputs) == 1:
            return (Call("own.SelfAttention", given | self.shared(causal=self.causal, rope=self.rope,
                                                                  bias=self.bias)),)
        return (Call("own.CrossAttention", given | {"memory_features": inputs[1].sizes[1]}
                     | self.shared(bias=self.bias)),)

    def parameters(self, *inputs: Shape) -> int:
        count = inputs[0].sizes[1]
        return _attention(count, inputs[-1].sizes[1]) + 4 * count * self.bias

    def flops(self, *inputs: Shape) -> int:
        return _attention_flops(inputs[0], inputs[-1])


class _TransformerLayer(_Attends):
    """Attention, then two Linear layers for every step by itself."""

    factor: int = _factor()
    activation: Literal["relu", "gelu", "silu"] = choice(
        "relu", "The bend between the two Linear layers.",
        titles={"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"})
    pre_norm: bool = switch(
        True, "Whether normalisation comes before each part, which learns more steadily, or after it, as in "
        "the first Transformer.", title="Norm first")
    rope: bool = switch(False, _ROPE, title="RoPE")

    def inside(self, **settings: Any) -> dict[str, Any]:
        """The arguments of the module beside the features it reads."""
        return self.shared(pre_norm=self.pre_norm, rope=self.rope, **settings) | unusual(
            {"activation": self.activation}, {"activation": "relu"})

    def feed_forward(self, count: int) -> int:
        """How many weights and biases the two Linear layers and the norm before or after them hold."""
        return (2 * count + 1) * self.factor * count + count + 2 * count


class TransformerEncoderLayer(_TransformerLayer):
    """One layer of a Transformer that reads: every step looks at all others, then thinks by itself."""

    kind: Literal["transformer_encoder_layer"] = "transformer_encoder_layer"
    title: ClassVar[str] = "Transformer encoder layer"
    causal: bool = switch(False, "Whether a step sees only itself and those before it, as needed to predict "
                          "what comes next.")

    def output(self, *inputs: Shape) -> Shape:
        self.dealt(inputs[0], self.rope)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        count = inputs[0].sizes[1]
        return (Call("own.EncoderLayer", {"features": count, "hidden": self.factor * count,
                                          **self.inside(causal=self.causal)}),)

    def parameters(self, *inputs: Shape) -> int:
        count = inputs[0].sizes[1]
        return _attention(count, count) + 4 * count + 2 * count + self.feed_forward(count)

    def flops(self, *inputs: Shape) -> int:
        return _attention_flops(inputs[0], inputs[0]) + 4 * self.factor * inputs[0].sizes[1] * inputs[0].count


class TransformerDecoderLayer(_TransformerLayer):
    """One layer of a Transformer that writes: every step looks back at what is written, then at the memory,
    its second input, then thinks by itself."""

    kind: Literal["transformer_decoder_layer"] = "transformer_decoder_layer"
    title: ClassVar[str] = "Transformer decoder layer"
    others: ClassVar[tuple[Shape, ...]] = (sequence(5, 4),)
    arity: ClassVar[tuple[int, int | None]] = (2, 2)

    def output(self, *inputs: Shape) -> Shape:
        self.dealt(inputs[0], self.rope)
        steps(inputs[1], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        count = inputs[0].sizes[1]
        return (Call("own.DecoderLayer", {"features": count, "memory_features": inputs[1].sizes[1],
                                          "hidden": self.factor * count, **self.inside()}),)

    def parameters(self, *inputs: Shape) -> int:
        count = inputs[0].sizes[1]
        return (_attention(count, count) + _attention(count, inputs[1].sizes[1]) + 2 * (4 * count + 2 * count)
                + self.feed_forward(count))

    def flops(self, *inputs: Shape) -> int:
        return (_attention_flops(inputs[0], inputs[0]) + _attention_flops(inputs[0], inputs[1])
                + 4 * self.factor * inputs[0].sizes[1] * inputs[0].count)


class GPTBlock(_Attends):
    """One layer of a language model: a short look back, causal attention, then two Linear layers. Put
    RMS norm after the last one."""

    kind: Literal["gpt_block"] = "gpt_block"
    title: ClassVar[str] = "GPT block"
    factor: int = _factor()
    kernel: int = whole(4, 0, 16, "How many steps a convolution before attention mixes, counted back from "
                        "the current one. It makes a small model learn much faster; 0 leaves it out.",
                        unit="steps")
    rope: bool = switch(True, _ROPE, title="RoPE")

    def output(self, *inputs: Shape) -> Shape:
        self.dealt(inputs[0], self.rope)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        count = inputs[0].sizes[1]
        return (Call("own.GPTBlock", {
            "features": count, "hidden": self.factor * count, "heads": self.heads,
            **unusual({"kernel": self.kernel, "rope": self.rope, "dropout": self.dropout},
                      {"kernel": 4, "rope": True, "dropout": 0.0})}),)

    def parameters(self, *inputs: Shape) -> int:
        count = inputs[0].sizes[1]
        return _attention(count, count) + 2 * self.factor * count**2 + (2 + self.kernel) * count

    def flops(self, *inputs: Shape) -> int:
        return (_attention_flops(inputs[0], inputs[0])
                + (4 * self.factor * inputs[0].sizes[1] + 2 * self.kernel) * inputs[0].count)


def _attention(count: int, memory: int) -> int:
    """The weights of attention: query and out read `count` features, key and value `memory`."""
    return 2 * count**2 + 2 * memory * count


def _attention_flops(own: Shape, memory: Shape) -> int:
    """Of the four projections, of every step compared with every other, and of the values mixed."""
    (time, count), (far, width) = own.sizes, memory.sizes
    return 4 * time * count**2 + 4 * far * width * count + 4 * time * far * count


def _near(count: int, heads: int, size: int) -> str:
    """The numbers of heads nearest to what was chosen whose share of the features is a multiple of `size`."""
    return " or ".join(str(number) for number in sorted(_fitting(count, heads, size)[:3]))


def _fitting(count: int, heads: int, size: int) -> list[int]:
    """All those numbers of heads, the nearest first."""
    fitting = [number for number in range(1, 17) if count % (number * size) == 0]
    return sorted(fitting, key=lambda number: abs(number - heads))
