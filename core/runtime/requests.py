"""What a page may ask over the live route. Anything else is refused, with the way out."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from core.gaze import Gaze
from core.plain import Plain
from core.problems import Problem, Problems

LARGEST = 5 * 1024 * 1024
"""The largest request that is read: characters of a message, bytes of a body."""
_DEEPEST = 64


class Request(Plain):
    """What every request has: the client's own number for it, which the answer repeats."""

    model_config = ConfigDict(strict=True)

    id: int = Field(ge=0, lt=2**32)


class Catalogue(Request):
    """Everything that can be chosen, and what this machine has."""

    do: Literal["catalogue"]


class Check(Request):
    """Is this draft sound, and how is it drawn?"""

    do: Literal["check"]
    draft: dict[str, Any]
    folded: list[str] = Field(default_factory=lambda: [])
    """Names of blocks to draw as one box each."""


class Edit(Request):
    """The draft after one edit."""

    do: Literal["edit"]
    draft: dict[str, Any]
    folded: list[str] = Field(default_factory=lambda: [])
    edit: dict[str, Any]


class Share(Request):
    """The text of a link that opens this draft."""

    do: Literal["share"]
    draft: dict[str, Any]


class Load(Request):
    """The experiment in a link, or in the text of a file."""

    do: Literal["load"]
    text: str


class Template(Request):
    """A ready experiment."""

    do: Literal["template"]
    name: str


class Open(Request):
    """A run's experiment, to look at or to go on from."""

    do: Literal["open"]
    run: int


class From(Plain):
    """A moment of a run."""

    model_config = ConfigDict(strict=True)

    run: int
    step: int = Field(ge=0, lt=2**63)


class Train(Request):
    """Queue a run; the same key again means the same run."""

    do: Literal["train"]
    draft: dict[str, Any]
    pace: float | None = Field(default=None, gt=0, le=1e6)
    key: str = Field(min_length=8, max_length=64)
    origin: From | None = None
    """The moment to go on from; none begins anew."""
    first: dict[str, Any] | None = None
    """What the run is told before its first step."""


class Many(Request):
    """Queue runs that differ in one setting, to be trained as one; the same key means the same runs."""

    do: Literal["many"]
    draft: dict[str, Any]
    setting: Literal["training.seed", "training.optimizer.learning_rate"]
    values: list[float] = Field(min_length=2, max_length=64)
    key: str = Field(min_length=8, max_length=64)


class Courses(Request):
    """How each of these runs stands, and the course of its figure, thinned."""

    do: Literal["courses"]
    runs: list[int] = Field(max_length=64)


class Moment(Request):
    """What there was to see of a run after one of its kept steps."""

    do: Literal["moment"]
    run: int
    step: int = Field(ge=0, lt=2**63)


class Resume(Request):
    """Have a run go on whose process was gone."""

    do: Literal["resume"]
    run: int


class Replay(Request):
    """Train a run that is over again, with what was changed by hand; the same key means the same run."""

    do: Literal["replay"]
    run: int
    key: str = Field(min_length=8, max_length=64)


class Command(Request):
    """Tell a run something."""

    do: Literal["command"]
    run: int
    command: dict[str, Any]


class Runs(Request):
    """All runs, newest first."""

    do: Literal["runs"]


class First(Request):
    """Have a queued run begin before all others."""

    do: Literal["first"]
    run: int


class Rename(Request):
    """Give a run another name."""

    do: Literal["rename"]
    run: int
    name: str = Field(min_length=1, max_length=200)


class Delete(Request):
    """Remove a run that is over, with all its files."""

    do: Literal["delete"]
    run: int


class Watch(Request):
    """Push what is new of a run from now on; no run ends it."""

    do: Literal["watch"]
    run: int | None
    after: int = Field(default=0, ge=0, lt=2**63)
    told: int = Field(default=0, ge=0, lt=2**63)
    """The number of the event up to which the page knows what was changed."""


class Compare(Request):
    """A run's curves, thinned, to lay over another run's."""

    do: Literal["compare"]
    run: int
    onto: int | None = None
    """The run they are to lie on, which must have the same task; None where there is none."""


class Preview(Request):
    """The data of a draft."""

    do: Literal["preview"]
    draft: dict[str, Any]


class Look(Request):
    """One sample's way through a network: of a run as it was kept, or untrained."""

    do: Literal["look"]
    draft: dict[str, Any]
    run: int | None = None
    step: int | None = Field(default=None, ge=0, lt=2**63)
    """A kept moment of the run; none is its end."""
    sample: int = Field(default=0, ge=0)
    gaze: Gaze = Gaze()


class Pace(Request):
    """How long an epoch of a draft takes on this machine, measured."""

    do: Literal["pace"]
    draft: dict[str, Any]


class RateRange(Request):
    """The loss while the learning rate rises, and a rate to begin with."""

    do: Literal["rate_range"]
    draft: dict[str, Any]


class Noise(Request):
    """How much the gradients of batches disagree, and the batch size that suits."""

    do: Literal["noise"]
    draft: dict[str, Any]


Question = Preview | Look | Pace | RateRange | Noise
"""What an analyst answers."""
Answerable = (Catalogue | Check | Edit | Share | Load | Template | Open | Train | Resume | Replay | Command
              | Runs | First | Rename | Delete | Compare | Many | Courses)
AnyRequest = Answerable | Watch | Moment | Question
_REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(Annotated[AnyRequest, Field(discriminator="do")])


class Refused(Problems):
    """A request that is not understood; `number` is its own number for itself, as far as that can be told."""

    def __init__(self, number: int | None, *problems: Problem) -> None:
        super().__init__(*problems)
        self.number = number


def read(text: str) -> AnyRequest:
    """The request this text holds. Raises Refused."""
    if len(text) > LARGEST:
        raise _refused(None, f"The request is longer than {LARGEST:,} characters.", "Make it smaller.")
    try:
        raw = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _refused(None, f"The request is not JSON: {error}.", "Reload the page.") from error
    number = raw.get("id") if isinstance(raw, dict) else None
    number = number if isinstance(number, int) else None
    if _depth(raw) > _DEEPEST:
        raise _refused(number, f"The request is nested deeper than {_DEEPEST} levels.", "Make it simpler.")
    try:
        return _REQUEST.validate_python(raw)
    except ValidationError as error:
        raise Refused(number, *(_problem(fault) for fault in error.errors()[:5])) from error


def _refused(number: int | None, what: str, fix: str) -> Refused:
    return Refused(number, Problem(where="", what=what, fix=fix))


def _problem(fault: ErrorDetails) -> Problem:
    where = ".".join(str(part) for part in fault["loc"])
    return Problem(where=where, what=f"The request is not understood: {fault['msg']}.", fix="Reload.")


def _depth(value: Any) -> int:
    """How deep lists and objects are nested. The JSON reader stops at 200 levels, so this ends."""
    if not isinstance(value, dict | list):
        return 0
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)
