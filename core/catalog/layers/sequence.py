"""Layers that make sequences, shorten them, and read one answer off them."""

from typing import ClassVar, Literal

from core.catalog.base import Call, Layer
from core.catalog.fields import choice, switch, whole
from core.catalog.layers.dense import unusual
from core.catalog.layers.expect import picture, steps
from core.catalog.layers.first import Initialization, first, initialization
from core.problems import ShapeMismatch, instead
from core.shapes import Shape, features, image, sequence, tokens


class Embedding(Layer):
    """Looks up a learned list of numbers for every token. Tokens that are used alike end up close."""

    kind: Literal["embedding"] = "embedding"
    title: ClassVar[str] = "Embedding"
    group: ClassVar[str] = "dense"
    example: ClassVar[Shape] = tokens(6, 11)
    reads: ClassVar[Literal["float", "integer", "any"]] = "integer"
    features: int = whole(32, 1, 1024, "How many numbers stand for a token.", unit="features")
    initialization: Initialization = initialization()

    def output(self, *inputs: Shape) -> Shape:
        if inputs[0].axes != ("time",) or not inputs[0].vocabulary:
            raise ShapeMismatch(f"{self.title} reads a row of tokens but gets {inputs[0].named()}.",
                                "Let it read text data directly.")
        return sequence(inputs[0].sizes[0], self.features)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("nn.Embedding", {"num_embeddings": inputs[0].vocabulary, "embedding_dim": self.features},
                     first(self.initialization)),)

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0].vocabulary * self.features


class Select(Layer):
    """Makes one list of numbers of a whole sequence: its last step, its first, or the mean or maximum of all.
    Lets Linear and Output judge the sequence as a whole."""

    kind: Literal["select"] = "select"
    title: ClassVar[str] = "Select"
    group: ClassVar[str] = "shape"
    example: ClassVar[Shape] = sequence(6, 4)
    which: Literal["last", "first", "mean", "max"] = choice(
        "last", "What is kept. The last step suits layers that look back, the first a class token, the mean "
        "or the maximum all others.", title="Keeps", titles={
            "last": "The last step", "first": "The first step", "mean": "The mean over time",
            "max": "The maximum over time"})

    def output(self, *inputs: Shape) -> Shape:
        return features(steps(inputs[0], self.title)[1])

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.Select", {"which": self.which}),)


class LastSteps(Layer):
    """Keeps the last few steps of a sequence and drops those before, for an answer shorter than what was
    read."""

    kind: Literal["last_steps"] = "last_steps"
    title: ClassVar[str] = "Last steps"
    group: ClassVar[str] = "shape"
    example: ClassVar[Shape] = sequence(6, 4)
    steps: int = whole(4, 1, 1024, "How many are kept.", unit="steps")

    def output(self, *inputs: Shape) -> Shape:
        time, count = steps(inputs[0], self.title)
        if self.steps > time:
            raise ShapeMismatch(f"{self.title} keeps {self.steps} steps but gets {time}.",
                                f"Set steps to {time} or fewer.", *instead("steps", (time,)))
        return sequence(self.steps, count)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.LastSteps", {"steps": self.steps}),)


class CausalConv1d(Layer):
    """Gives each feature of a step a learned mix of its own last few values. It only looks back, so it may be
    used to predict what comes next."""

    kind: Literal["causal_conv1d"] = "causal_conv1d"
    title: ClassVar[str] = "Causal conv 1D"
    group: ClassVar[str] = "convolution"
    example: ClassVar[Shape] = sequence(6, 4)
    kernel: int = whole(4, 1, 64, "How many steps are mixed, counted back from the current one.",
                        unit="steps")
    bias: bool = switch(True, "Whether a learned number is added to every sum.", late=True)
    initialization: Initialization = initialization()

    def output(self, *inputs: Shape) -> Shape:
        steps(inputs[0], self.title)
        return inputs[0]

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        given = {"features": inputs[0].sizes[1], "kernel": self.kernel}
        return (Call("own.CausalConv1d", given | unusual({"bias": self.bias}, {"bias": True}),
                     first(self.initialization)),)

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0].sizes[1] * (self.kernel + self.bias)

    def flops(self, *inputs: Shape) -> int:
        return 2 * inputs[0].count * self.kernel


class ClassToken(Layer):
    """Puts one learned step in front of a sequence. Attention layers gather there what the whole says; Select
    reads it at the end as the first step."""

    kind: Literal["class_token"] = "class_token"
    title: ClassVar[str] = "Class token"
    group: ClassVar[str] = "attention"
    example: ClassVar[Shape] = sequence(6, 4)

    def output(self, *inputs: Shape) -> Shape:
        time, count = steps(inputs[0], self.title)
        return sequence(time + 1, count)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        return (Call("own.ClassToken", {"features": inputs[0].sizes[1]}),)

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0].sizes[1]


class PatchEmbedding(Layer):
    """Cuts an image into square patches and turns each into a list of numbers, so that a Transformer can read
    the image as a sequence."""

    kind: Literal["patch_embedding"] = "patch_embedding"
    title: ClassVar[str] = "Patch embedding"
    group: ClassVar[str] = "convolution"
    example: ClassVar[Shape] = image(1, 8, 8)
    patch: int = whole(2, 1, 64, "Side of a patch; it must divide the sides of the image.", unit="pixels")
    features: int = whole(32, 1, 1024, "How many numbers stand for a patch.", unit="features")
    class_token: bool = switch(False, "Whether a learned step is put in front of the patches, for attention "
                               "to gather there what the whole image says.")
    initialization: Initialization = initialization()

    def output(self, *inputs: Shape) -> Shape:
        _, height, width = picture(inputs[0], self.title)
        if height % self.patch or width % self.patch:
            fitting = [side for side in range(1, min(height, width, 64) + 1)
                       if height % side == width % side == 0]
            raise ShapeMismatch(f"{self.title} cannot cut an image of {height}×{width} into patches of "
                                f"{self.patch}×{self.patch}.",
                                f"Set patch to one of: {', '.join(map(str, fitting))}.",
                                *instead("patch", sorted(fitting, key=lambda side: abs(side - self.patch))))
        return sequence((height // self.patch) * (width // self.patch) + self.class_token, self.features)

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        cut = Call("own.PatchEmbedding", {"channels": inputs[0].sizes[0], "patch": self.patch,
                                          "features": self.features}, first(self.initialization))
        return (cut, Call("own.ClassToken", {"features": self.features})) if self.class_token else (cut,)

    def parameters(self, *inputs: Shape) -> int:
        return (inputs[0].sizes[0] * self.patch**2 + 1 + self.class_token) * self.features

    def flops(self, *inputs: Shape) -> int:
        return 2 * inputs[0].count * self.features
