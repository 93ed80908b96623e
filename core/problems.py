"""Problems a person can mend: what is wrong with the numbers, and the way out."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, NamedTuple

from core.plain import Plain


class Problem(Plain):
    """One thing to mend. `where` is a node id or a dotted path into the experiment."""

    where: str
    what: str
    fix: str
    edit: dict[str, Any] | None = None
    """The edit that mends it at one click, where there is one."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.fix}" if self.where else f"{self.what} {self.fix}"


class Problems(Exception):
    """Carries every problem found at once, so that nobody mends them one by one in the dark."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Remedy(NamedTuple):
    """What may mend a refusal, in the words of the catalogue: layers to put before the one that refuses, or
    other values for its own settings."""

    layers: tuple[dict[str, Any], ...] = ()
    """One after the other, each its kind and what is not at its default."""
    settings: Mapping[str, Any] = MappingProxyType({})


class ShapeMismatch(Exception):
    """A layer cannot take the shape it is given. `what` and `fix` are sentences for the learner.

    remedies: what may mend it, the best first; who offers one tries first whether it does.
    """

    def __init__(self, what: str, fix: str, *remedies: Remedy) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix
        self.remedies = remedies


class StoreTrouble(Exception):
    """The store cannot be used (not writable, full, or not there); the message ends with the way out."""


def before(*layers: str | dict[str, Any]) -> Remedy:
    """Layers to put before the one that refuses: their kinds, or kinds with settings."""
    return Remedy(tuple({"kind": layer} if isinstance(layer, str) else layer for layer in layers))


def instead(name: str, values: Iterable[Any]) -> tuple[Remedy, ...]:
    """Other values for one setting of the layer that refuses, the best first."""
    return tuple(Remedy(settings={name: value}) for value in values)


def closest(name: str, known: Iterable[str]) -> str:
    """A sentence naming the known word nearest to `name`, or those there are when none is near."""
    known = sorted(known)
    near = get_close_matches(name[:80], known, n=1, cutoff=0.5)
    more = ", …" if len(known) > 30 else ""
    return f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(known[:30])}{more}."
