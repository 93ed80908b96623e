"""What a run can be told, each command as a value; anything else is a problem with a way out."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from core.gaze import Gaze
from core.plain import Plain
from core.problems import Problem, Problems

_Finite = Annotated[float, Field(allow_inf_nan=False)]


class Pause(Plain):
    """Wait."""

    kind: Literal["pause"] = "pause"


class Resume(Plain):
    """Go on."""

    kind: Literal["resume"] = "resume"


class Step(Plain):
    """One step, then wait."""

    kind: Literal["step"] = "step"


class Slow(Plain):
    """One step in slow motion: tell its stages in numbers, then wait."""

    kind: Literal["slow"] = "slow"


class Epoch(Plain):
    """To the end of the epoch, or of the epoch of this number, then wait."""

    kind: Literal["epoch"] = "epoch"
    number: int | None = Field(None, ge=1, le=10**9)


class Stop(Plain):
    """End now, and keep what was learned."""

    kind: Literal["stop"] = "stop"


class Pace(Plain):
    """So many steps a second at most; None is full speed."""

    kind: Literal["pace"] = "pace"
    value: float | None = Field(None, gt=0, le=1e9, allow_inf_nan=False)


class Set(Plain):
    """Change a setting."""

    kind: Literal["set"] = "set"
    setting: str
    value: JsonValue


class Mark(Plain):
    """Keep the moment after this step, one of those kept now, for good; None is the moment it is at."""

    kind: Literal["mark"] = "mark"
    step: int | None = Field(None, ge=0)


class Look(Plain):
    """Show this sample's way through the network."""

    kind: Literal["look"] = "look"
    sample: int = Field(ge=0)
    gaze: Gaze = Gaze()


class Weight(Plain):
    """Set one weight by hand."""

    kind: Literal["weight"] = "weight"
    node: str
    parameter: str
    index: tuple[int, ...]
    value: _Finite


Motion = Pause | Resume | Step | Slow | Epoch
"""Whether to go on, and how far."""
Command = Motion | Stop | Pace | Set | Mark | Look | Weight
_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])


def read(raw: dict[str, Any]) -> Command:
    """The command an object holds. Raises Problems."""
    try:
        return _COMMAND.validate_python(raw)
    except ValidationError as error:
        raise Problems(*(Problem(where="command." + ".".join(str(part) for part in fault["loc"]),
                                 what=f"The command is not understood: {fault['msg']}.",
                                 fix="Reload the page.")
                         for fault in error.errors()[:5])) from None
