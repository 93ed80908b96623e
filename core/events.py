"""What a run can say: facts, in the order they happened. Events are the truth of a run."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from core.plain import Plain

Point = tuple[str, int, float]
"""A series' name, a step, a value."""


class Started(Plain):
    """Training begins; what was measured and chosen for it (its pins) is said here."""

    type: Literal["started"] = "started"
    parameters: int
    device: str
    device_name: str
    threads: int
    precision: str = "float32"
    """What numbers the network computes with on its way forward and back."""
    layout: str = "plain"
    """How pictures lie in memory while it trains: `plain`, or `channels_last`."""
    epochs: int | None
    steps_per_epoch: int
    samples: dict[str, int]
    """How many samples each split holds: train, validation, test."""
    data_hash: str
    """SHA-256 of the inputs and targets."""
    torch_version: str


class StepsRecorded(Plain):
    """The mean training loss since the step recorded before, for each step of the recording schedule."""

    type: Literal["steps_recorded"] = "steps_recorded"
    steps: tuple[int, ...]
    losses: tuple[float, ...]

    def points(self) -> list[Point]:
        """One point of `train_loss` per recorded step."""
        return [("train_loss", step, loss) for step, loss in zip(self.steps, self.losses, strict=True)]


class Validated(Plain):
    """The network was judged on the validation split, as scheduled."""

    type: Literal["validated"] = "validated"
    step: int
    epoch: int
    learning_rate: float
    scores: dict[str, float]
    """`loss` and one value per metric, by its kind."""

    def points(self) -> list[Point]:
        """One point of `validation_<score>` per score, and one of `learning_rate`."""
        rate: list[Point] = [("learning_rate", self.step, self.learning_rate)]
        return rate + [(f"validation_{name}", self.step, value) for name, value in self.scores.items()]


class Changed(Plain):
    """A setting was changed while it trained; it holds from the step after `step`."""

    type: Literal["changed"] = "changed"
    step: int
    setting: str
    """A dotted path into the experiment: `training.optimizer.learning_rate`, `network.drop1.rate`,
    `training.optimizer`, `network.hidden1.frozen`."""
    value: Any
    """As JSON: a number, a word, nothing, or an entry with its kind."""

    def words(self) -> str:
        """The value for a reader."""
        if isinstance(self.value, bool):
            return "on" if self.value else "off"
        if isinstance(self.value, int | float):
            return f"{self.value:.6g}"
        entry: Any = self.value
        named = entry.get("kind", "") if isinstance(entry, dict) else entry  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return "off" if named is None else str(named).replace("_", " ")  # pyright: ignore[reportUnknownArgumentType]


class WeightEdited(Plain):
    """One weight was set by hand; it holds from the step after `step`."""

    type: Literal["weight_edited"] = "weight_edited"
    step: int
    node: str
    parameter: str
    """The parameter's name inside the node: `0.weight`, `0.bias`."""
    index: tuple[int, ...]
    value: float


class Repinned(Plain):
    """The machine's load changed: from the step after `step` on it trains with another number of threads."""

    type: Literal["repinned"] = "repinned"
    step: int
    threads: int
    gain: float
    """How many times as fast that was measured to be."""


class Marked(Plain):
    """The moment after `step` was marked to be kept."""

    type: Literal["marked"] = "marked"
    step: int


class Paused(Plain):
    """The run waits to be told to go on."""

    type: Literal["paused"] = "paused"
    step: int


class Resumed(Plain):
    """The run goes on after a pause."""

    type: Literal["resumed"] = "resumed"
    step: int


class Continued(Plain):
    """The run's process was gone, and another goes on; what was told up to `step` + `again` stays."""

    type: Literal["continued"] = "continued"
    step: int
    """The step it goes on from: that of its newest whole checkpoint, or 0."""
    again: int
    """So many steps were taken a second time, because they had been told already."""
    exact: bool
    """Whether it goes on as if nothing had happened, to the last bit."""
    why: str = ""
    """Why it does not, for a reader."""


class Branched(Plain):
    """The run goes on from a moment of another run; its steps and epochs count on from there."""

    type: Literal["branched"] = "branched"
    step: int
    run: int
    """The number of the run it comes from."""
    fresh: tuple[str, ...]
    """The nodes whose weights begin anew, because that run had none of their shape."""
    memory: bool
    """Whether the optimizer goes on with what it remembered of the weights that were carried."""
    same_course: bool
    """Whether the same batches go on; otherwise the epoch under way began anew."""


class TurboChanged(Plain):
    """Steps are compiled beside the run; from the step after `step` on they are used; or they are not."""

    type: Literal["turbo_changed"] = "turbo_changed"
    step: int
    state: Literal["compiling", "on", "off"]
    key: str = ""
    """The name of the compiled steps, while it is on: the run can be had again with the very same ones."""
    steps: int = 0
    """How many are taken at once at most, while it is on."""
    gain: float = 0.0
    """How many times as fast they were measured to be, while it is on."""
    seconds: float = 0.0
    """How long compiling took; 0 when it was done before."""
    reason: str = ""
    """Why not, for a reader."""


class Compared(Plain):
    """The run did again what another had done; right before its ending it tells how their numbers compare."""

    type: Literal["compared"] = "compared"
    run: int
    """The number of the run it does again."""
    points: int
    """How many recorded losses, scores and rates were compared."""
    until: int | None = None
    """The step they were compared up to, where the two did not end alike; None is to the end of both."""
    parted: str = ""
    """The series that was another first; empty when none was."""
    step: int | None = None
    """The step where it was."""
    before: float | None = None
    """Its value there in the other run, and in this; None where nothing was recorded."""
    now: float | None = None
    weights: Literal["equal", "other", "unknown"] = "unknown"
    """The final weights beside those of the other run."""

    @property
    def same(self) -> bool:
        """Whether nothing was another."""
        return not self.parted and self.weights != "other"

    def words(self) -> str:
        """How they compare, in a sentence."""
        if self.parted:
            return f"It is not run {self.run} to the last bit: {self._where()}."
        if self.until is not None:
            return (f"As far as both went, to step {self.until}, every recorded loss and score equals "
                    f"that of run {self.run} to the last bit.")
        if self.weights == "equal":
            return (f"Every recorded loss and score and all final weights equal those of run {self.run} "
                    "to the last bit.")
        left = "the final weights do not" if self.weights == "other" else "it kept no weights to compare"
        return f"Every recorded loss and score equals that of run {self.run} to the last bit, but {left}."

    def _where(self) -> str:
        name = self.parted.replace("_", " ")
        if self.before is None or self.now is None:
            return f"only one of them has a {name} at step {self.step}"
        return f"first at step {self.step}, where the {name} was {self.before!r} and is {self.now!r}"


class Ended(Plain):
    """What every ending tells."""

    step: int
    epoch: int
    seconds: float
    """Time spent training, pauses left out."""


class Finished(Ended):
    """All epochs are done, or nothing improved any more; `test` holds the scores on the test split, computed
    once, here."""

    type: Literal["finished"] = "finished"
    test: dict[str, float]
    waited: int | None = None
    """When the run ended early: for how many epochs nothing had improved."""
    kept: int | None = None
    """When the weights of the best judgement were put back: the step they are of."""


class Stopped(Ended):
    """A person, or a limit, ended the run early; `test` holds the scores on the test split, computed once,
    here."""

    type: Literal["stopped"] = "stopped"
    test: dict[str, float]
    kept: int | None = None
    """When the weights of the best judgement were put back: the step they are of."""
    why: str = ""
    """Which of its limits it reached, for a reader; empty when a person stopped it."""


class Diverged(Ended):
    """The loss of `step`, or the weights after it, were not finite. The last finite weights are kept."""

    type: Literal["diverged"] = "diverged"
    loss: float
    """Not a number when it was the weights that broke."""
    finite_step: int
    """The step after which the kept weights held."""


class Failed(Plain):
    """The run broke. `what` is for the reader, `details` (a traceback) for the log."""

    type: Literal["failed"] = "failed"
    what: str
    details: str = ""


Event = (Started | StepsRecorded | Validated | Changed | WeightEdited | Repinned | Marked | Paused | Resumed
         | Continued | Branched | TurboChanged | Compared | Finished | Stopped | Diverged | Failed)
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def points(event: Event) -> list[Point]:
    """The points an event adds to the charts."""
    return event.points() if isinstance(event, StepsRecorded | Validated) else []


def write(event: Event) -> str:
    """The event as one line of JSON."""
    return event.model_dump_json()


def read(text: str | bytes | dict[str, Any]) -> Event:
    """The event a line of JSON (or an object already parsed from it) holds."""
    return EVENT.validate_python(text) if isinstance(text, dict) else EVENT.validate_json(text)
