"""Companion of a family: has its steps compiled, and used member by member where that is faster."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.events import TurboChanged
from core.runtime import spare
from core.runtime.turbo import Companion, Terms

if TYPE_CHECKING:
    from core.engine.family import Family
    from core.engine.native.compiler import Compiled
    from core.engine.trainer import Trainer


_SURE = 20_000
"""Steps of all members together from which they are compiled before it is known how long one takes."""


class FamilyCompanion(Companion):
    """Watches a family as a companion watches a run.

    It needs no asking for: what is trained together differs from a run alone in its last digits anyway.
    """

    def __init__(self, first: "Trainer") -> None:
        """first: any member of the family to come."""
        self._told: list[TurboChanged] = []
        super().__init__(first, self._told.append)
        self._family: Family | None = None

    def begin(self, members: int) -> None:
        """Have the steps compiled now, if a compiler is ready and many lie ahead of so many members."""
        total = self._trainer.total_steps
        if not spare.ready() or (total is not None and total * members < _SURE):
            return
        key = self._wanted()
        path = self._folder / f"{key}.steps"
        if key and not self._there(path):
            self._compile(key, path)

    def look(self, family: "Family") -> list[TurboChanged]:
        """Do what there is to do now; what there is to tell."""
        self._family = family
        going = next((member for member in family.members if not member.over), None)
        if going is not None and going.pins.device == "cpu":
            self._trainer = going  # they go step by step together
            self.glance(free=True)
        told = self._told.copy()
        self._told.clear()
        return told

    def _asked(self) -> bool:
        return True

    def _terms(self) -> Terms:
        return Terms(after=0.1, left=2.0 if spare.ready() else 8.0, left_ready=1.0)

    def _use(self, steps: "Callable[[], Compiled]") -> float:
        assert self._family is not None, "looked at before"
        return self._family.use(steps)
