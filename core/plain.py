"""Plain: the frozen base of all our data. Unknown keys are refused, JSON goes both ways."""

from pydantic import BaseModel, ConfigDict


class Plain(BaseModel):
    """A value: frozen, compared by content, written as JSON and read back equal.

    Infinite and undefined numbers are written as the strings "Infinity" and "NaN", because JSON
    has no number for them and a diverged run must still be told truthfully.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
