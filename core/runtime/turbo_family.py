"""Companion of a family: has its steps compiled, and used member by member where that is faster."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.events import TurboChanged
from core.runtime import spare
from core.runtime.turbo import Companion, Terms

if TYPE_CHECKING:
    from core.engine.family import Family
    from core.engine.native.compiler import Compiled


class FamilyCompanion(Companion):
    """Watches a family as a companion watches a run.

    It needs no asking for: what is trained together differs from a run alone in its last digits anyway.
    """

    def __init__(self, family: "Family", hear: Callable[[TurboChanged], None]) -> None:
        """hear: takes what there is to tell."""
        super().__init__(family.members[0], hear)
        self._family = family

    def look(self) -> None:
        """Do what there is to do now."""
        going = next((member for member in self._family.members if not member.over), None)
        if going is not None and going.pins.device == "cpu":
            self._trainer = going  # they go step by step together
            self.glance(free=True)

    def _asked(self) -> bool:
        return True

    def _terms(self) -> Terms:
        return Terms(after=0.3, left=2.0 if spare.ready() else 8.0, left_ready=1.0)

    def _use(self, steps: "Callable[[], Compiled]") -> float:
        return self._family.use(steps)
