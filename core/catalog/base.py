"""Entry, Layer, Dataset, Call: what everything that can be chosen has in common."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from core.catalog.fields import real, whole
from core.plain import Plain
from core.shapes import Shape

TaskKind = Literal["classification", "multi_label", "regression", "forecast", "reconstruction", "next_token",
                   "sequence_to_sequence"]
TOKENS: tuple[TaskKind, ...] = ("next_token", "sequence_to_sequence")
"""Tasks that say a token for every step of time."""
VALUES: tuple[TaskKind, ...] = ("regression", "forecast", "reconstruction")
"""Tasks that say how much."""
IGNORED = -100
"""The target of a step of time that is not judged: padding, or what was given."""


Picture = Literal["plane", "image", "table", "text", "series"]
"""A point on the plane, a picture, a row of a table, tokens to be read, or curves over time."""


class Entry(Plain):
    """One thing that can be chosen. Its docstring is its tooltip; `kind` is its stable name in JSON."""

    kind: Any
    """A Literal in every entry; Any here, because the type of a field must not be narrowed."""
    title: ClassVar[str]

    @classmethod
    def name(cls) -> str:
        """The entry's stable name in JSON."""
        return cls.model_fields["kind"].default


@dataclass(frozen=True)
class Call:
    """A constructor call kept as data, so that it can be run, printed and linked to its docs.

    `target` is a dotted name: `nn.…` and `optim.…` are torch's, `own.…` is ours (core/engine/modules).
    `first` names the rule its weights are first drawn by, a function of torch's nn.init; empty: its own.
    """

    target: str
    kwargs: dict[str, Any] = field(default_factory=lambda: {})
    first: str = ""

    def source(self, *arguments: str) -> str:
        """The call as a line of Python; `arguments` are expressions that come first."""
        named = (f"{name}={value!r}" for name, value in self.kwargs.items())
        return f"{self.target}({', '.join((*arguments, *named))})"


class Task(Plain):
    """What is to be predicted: which class, which of several labels, how much, or which tokens.

    outputs: how many numbers are put out per judged thing: one per class, label, value or known token.
    """

    kind: TaskKind
    outputs: int
    classes: tuple[str, ...] = ()
    target: str = ""
    shape: Shape | None = None
    """The shape of one sample's target where that is more than `outputs` numbers: a picture to give back, or
    the tokens of a sequence, whose steps are judged one by one among the `classes`."""

    @property
    def target_sizes(self) -> tuple[int, ...]:
        """The sizes of one sample's target; empty for a class number."""
        if self.shape:
            return self.shape.sizes
        return () if self.kind == "classification" else (self.outputs,)


class Layer(Entry):
    """One kind of layer: its settings, what it does to a shape, and the modules it is made of."""

    group: ClassVar[str]
    example: ClassVar[Shape]
    """A shape this layer must accept at its default settings."""
    others: ClassVar[tuple[Shape, ...]] = ()
    """The shapes of its further inputs beside `example`, where it needs several."""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """The fewest and the most inputs it takes; None means any number."""
    reads: ClassVar[Literal["float", "integer", "any"]] = "float"
    """What its inputs are: numbers, token numbers, or either. Others never reach its `output`."""

    def for_task(self, task: Task, outputs: int) -> "Layer":
        """The layer to build for this task; only `output` answers with another one than itself."""
        return self

    def output(self, *inputs: Shape) -> Shape:
        """The shape of one sample after this layer. Raises ShapeMismatch with the way out."""
        raise NotImplementedError

    def calls(self, *inputs: Shape) -> tuple[Call, ...]:
        """The modules this layer is made of, applied one after the other."""
        raise NotImplementedError

    def parameters(self, *inputs: Shape) -> int:
        """How many numbers this layer learns."""
        return 0

    def flops(self, *inputs: Shape) -> int:
        """Multiplications and additions of matrix products, convolutions and attention, for one sample on its
        way forward. Biases, and what is done number by number, are not counted."""
        return 0

    def smallest_batch(self, *inputs: Shape) -> int:
        """The fewest samples it can learn from at once."""
        return 1


class Field(NamedTuple):
    """A part of a sample that layers can read by itself, as `input.<name>`: a range of its first axis."""

    start: int
    shape: Shape

    @property
    def stop(self) -> int:
        """The first place after it."""
        return self.start + self.shape.sizes[0]


class Samples(NamedTuple):
    """A data set as arrays, before it is split and scaled.

    inputs: (samples, *shape) float32, or int64 token numbers. targets: (samples,) int64 class numbers,
    (samples, steps) int64 tokens, IGNORED where none is judged, or (samples, *sizes) float32 values.
    points: (samples, 2) float32, where each sample lies on the plane; None for data without one.
    """

    inputs: np.ndarray
    targets: np.ndarray
    points: np.ndarray | None = None


class Recipe(NamedTuple):
    """A plain function with its arguments: run here, and printed into the exported script.

    `function` uses nothing but `np`, `math` and what stands in its own file; it imports anything else inside
    itself. A data set's returns (inputs, targets), or (points, targets) for data on the plane.
    """

    function: Any
    kwargs: dict[str, Any]


class Sizes(NamedTuple):
    """How many samples each split holds."""

    train: int
    validation: int
    test: int


class Dataset(Entry):
    """One kind of data: its settings, the shape of a sample, the task, and the recipe that makes it."""

    group: ClassVar[str]
    picture: ClassVar[Picture]
    """How a sample is looked at."""
    scaled: ClassVar[bool] = False
    """Whether inputs (and a regression's target) are standardised with figures fitted on the train split."""
    ordered: ClassVar[bool] = False
    """Whether samples follow each other in time, or lie in an order made for it: then the splits are cut in
    that order (train, validation, test) instead of being drawn."""

    seed: int = whole(0, 0, 2**31 - 1, "Draws the noise and the split. The same seed gives the same data.",
                      late=True)
    validation_fraction: float = real(
        0.2, 0.05, 0.6, "Share of the samples kept aside to judge the network while it trains.", step=0.05,
        title="Validation share", late=True)
    test_fraction: float = real(
        0.2, 0.05, 0.6, "Share of the samples kept aside for one honest judgement at the end.", step=0.05,
        title="Test share", late=True)
    train_share: float = real(
        1.0, 0.01, 1.0, "Share of the training samples that is used: less shows what more data is worth.",
        title="Training samples used", late=True)

    @property
    def shape(self) -> Shape:
        """The shape of one sample, known without making the data."""
        raise NotImplementedError

    @property
    def task(self) -> Task:
        """What is to be predicted, known without making the data."""
        raise NotImplementedError

    @property
    def fields(self) -> dict[str, Field]:
        """Parts of a sample that layers can read by themselves; none for most data."""
        return {}

    @property
    def columns(self) -> tuple[str, ...]:
        """A name for every input number, in order; empty for pictures."""
        return ()

    @property
    def words(self) -> tuple[str, ...]:
        """The word behind every token number; empty for data without tokens."""
        return self.task.classes if self.task.kind in TOKENS else ()

    @property
    def foretold(self) -> tuple[int, ...]:
        """Which values of a step a forecast is about, in order; all of them for most data."""
        return tuple(range(self.shape.sizes[-1]))

    @property
    def count(self) -> int:
        """How many samples there are in all, known without making the data."""
        raise NotImplementedError

    def sizes(self) -> Sizes:
        """How many samples each split holds; train takes `train_share` of what validation and test leave."""
        return self.kept_aside(round(self.count * self.validation_fraction),
                               round(self.count * self.test_fraction))

    def kept_aside(self, validation: int, test: int) -> Sizes:
        """The sizes of the splits when so many samples are kept aside."""
        left = self.count - validation - test
        return Sizes(min(left, max(1, round(left * self.train_share))), validation, test)

    def recipe(self) -> Recipe:
        """The function that makes the samples, with its arguments."""
        raise NotImplementedError

    def shown(self) -> Recipe | None:
        """What turns the recipe's first array into the network's inputs; None when they are the same."""
        return None

    def make(self) -> Samples:
        """The whole data set: the same arrays every time for the same settings."""
        recipe = self.recipe()
        inputs, targets = recipe.function(**recipe.kwargs)
        kind = np.int64 if self.shape.dtype == "integer" else np.float32
        return Samples(inputs.astype(kind), typed(targets, self.task))


def typed(targets: np.ndarray, task: Task) -> np.ndarray:
    """Targets as training reads them: int64 class or token numbers, or float32 values. (samples, *sizes)"""
    kind = np.int64 if task.kind in ("classification", *TOKENS) else np.float32
    return targets.astype(kind).reshape(len(targets), *task.target_sizes)


class Loss(Entry):
    """One way to measure how wrong the outputs are."""

    tasks: ClassVar[tuple[TaskKind, ...]]
    one_hot: ClassVar[bool] = False
    """Whether class numbers are turned into rows of 0 and 1 before the loss reads them."""
    weighed: ClassVar[bool] = False
    """Whether its module is told the classes of the train split first: `weigh(targets, classes)`."""
    shares: ClassVar[Literal["softmax", "sigmoid", "clamp"]] = "softmax"
    """How the outputs of a network trained with it are read as shares of the classes."""

    def for_task(self, task: Task) -> "Loss":
        """The loss to use for this task; only `auto` answers with another one than itself."""
        return self

    def outputs(self, task: Task) -> int:
        """How many numbers the network must put out for this task under this loss."""
        return task.outputs

    def call(self) -> Call:
        """The torch module that computes the mean loss of a batch from (outputs, targets)."""
        raise NotImplementedError


class Late(NamedTuple):
    """Something torch makes room for at an optimizer's first step only, where a setting is not 0 by then.

    Where a rule goes on with what it remembers, and the setting has become more, the room has to be made.
    """

    setting: str
    """By torch's name."""
    buffer: str
    """What is remembered of each parameter, zeros at first."""
    like: str
    """Something remembered from the first step on that has the same shape."""


class Part(NamedTuple):
    """An optimizer's call and the parameters it updates."""

    call: Call
    parameters: Literal["all", "matrices", "others"] = "all"
    """`matrices`: the weights of hidden nn.Linear (not the output's); `others`: all but those."""
    late: tuple[Late, ...] = ()


class Optimizer(Entry):
    """One rule that turns gradients into updates. Every one has a learning rate."""

    learning_rate: float
    closure: ClassVar[bool] = False
    """Whether the rule evaluates the loss several times a step (LBFGS)."""

    def parts(self) -> tuple[Part, ...]:
        """The torch optimizers this rule is made of; together they cover every parameter once."""
        raise NotImplementedError

    def kept(self) -> int:
        """How many numbers it keeps for every parameter, at most."""
        return 2


class Schedule(Entry):
    """How the learning rate changes over a run."""

    needs_end: ClassVar[bool] = False
    """Whether it must know the number of steps in advance."""

    def curve(self, steps_per_epoch: int, total_steps: int | None) -> Recipe:
        """A plain function `(step, validation_losses, **kwargs) -> factor` of the learning rate.

        step: 1-based. validation_losses: all scheduled validation losses so far, oldest first.
        """
        raise NotImplementedError


class Regularization(Entry):
    """A penalty on large weights, added to the loss that is minimised (not to the loss that is shown)."""

    def penalty(self) -> tuple[int, float] | None:
        """The power (1: sum of sizes, 2: half the sum of squares) and its strength; None for no penalty."""
        raise NotImplementedError


class Metric(Entry):
    """One figure that says how good predictions are, on a split."""

    tasks: ClassVar[tuple[TaskKind, ...]]
    higher_is_better: ClassVar[bool]
    unit: ClassVar[str] = ""

    def applies(self, task: Task) -> bool:
        """Whether this figure says something about this task."""
        return task.kind in self.tasks

    def recipe(self) -> Recipe:
        """A plain function `(outputs, targets, **kwargs) -> figure`, shapes as for `value`."""
        raise NotImplementedError

    def value(self, outputs: np.ndarray, targets: np.ndarray) -> float:
        """The figure.

        outputs: (samples, outputs), (samples, steps, tokens) or (samples, *sizes). targets: (samples,) class
        numbers, (samples, steps) tokens or IGNORED, or (samples, *sizes) values or labels of 0 and 1.
        """
        recipe = self.recipe()
        return recipe.function(outputs, targets, **recipe.kwargs)
