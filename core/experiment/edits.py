"""Edits: Experiment -> Experiment. Every one is checked anew by reading the result as a document."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from core.experiment.editing.graph import Document, refused
from core.experiment.editing.grouping import Group, Repeat, Ungroup
from core.experiment.editing.nodes import Duplicate, Freeze, Insert, Move, Paste, Remove
from core.experiment.editing.values import Choose, Set
from core.experiment.editing.wires import Unwire, Wire
from core.experiment.explain import short
from core.experiment.model import Experiment, read, write
from core.plain import Plain
from core.problems import closest


class Several(Plain):
    """Carry out one edit after the other, all of them or none."""

    kind: Literal["several"] = "several"
    edits: tuple[dict[str, Any], ...] = Field(max_length=200)

    def changed(self, experiment: Experiment) -> Document:
        """The document after all of them. Raises Problems when one cannot be carried out."""
        for edit in self.edits:
            if edit.get("kind") == self.kind:
                raise refused("edit", "Several edits hold several edits.", "Put them into one list.")
            experiment = apply(experiment, edit)
        return write(experiment)


Edit = (Insert | Remove | Move | Duplicate | Paste | Wire | Unwire | Group | Ungroup | Repeat | Freeze | Set
        | Choose | Several)
EDITS: tuple[type[Edit], ...] = (Insert, Remove, Move, Duplicate, Paste, Wire, Unwire, Group, Ungroup, Repeat,
                                 Freeze, Set, Choose, Several)
_EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


def apply(experiment: Experiment, edit: Any) -> Experiment:
    """The experiment after one edit (an object of JSON). Raises Problems when it does not fit."""
    return read(_understood(edit).changed(experiment))


def _understood(edit: Any) -> Edit:
    known = {kind.model_fields["kind"].default: kind for kind in EDITS}
    kind = edit.get("kind") if isinstance(edit, dict) else None
    if not isinstance(kind, str) or kind not in known:
        raise refused("edit", f"There is no edit {short(kind)}.", closest(str(kind), known))
    try:
        return _EDIT.validate_python(edit)
    except ValidationError:
        needed = ", ".join(name for name in known[kind].model_fields if name != "kind")
        raise refused("edit", f"An edit of kind {kind!r} holds something else than it needs.",
                      f"Give it: {needed}.") from None
