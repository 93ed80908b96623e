"""Family: runs that differ in seed or learning rate alone, trained as one batched network.

Each member is a trainer like any other; only its steps are taken for it (`core/engine/side_by_side.py`). Sums
are added up in another order than when it trains alone, so the last digits differ.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from core.engine import turbo, turbo_plan
from core.engine.native.compiler import Compiled
from core.engine.side_by_side import Block, refused
from core.engine.trainer import Trainer
from core.events import Event
from core.experiment.model import Experiment, write

MOST = 64
"""Members of one family."""
_ROOM = 1 << 30
"""Bytes that members may hold of samples in their own order."""
WORTH = 1.2
"""How many times as fast as one after another they must be, by measurement."""


class Family:
    """Trains several experiments at once. They go step by step together; each ends by itself."""

    def __init__(self, members: Sequence[Trainer]) -> None:
        """Raises Problems when these cannot be trained as one, or when that is not faster."""
        _check([member.experiment for member in members])
        self.members = tuple(members)
        self._block = Block(self.members)
        self.gain = self._block.gain()
        """How many times as fast as one after another a step was measured to be."""
        self._joined = False
        if self.gain < WORTH:
            raise refused(f"many at once were measured to be only {self.gain:.1f} times as fast")

    @property
    def over(self) -> bool:
        """Whether every member has ended."""
        return all(member.over for member in self.members)

    @property
    def going(self) -> list[Trainer]:
        """The members that have not ended."""
        return [member for member in self.members if not member.over]

    def use(self, steps: Callable[[], Compiled]) -> float:
        """Go on with compiled steps, member by member, where that is faster; how many times as fast it is.

        steps: gives them anew for each member. Raises Problems when they do not compute the same, or when the
        samples in each member's own order would take too much memory.
        """
        self._let_go()
        going = self.going
        held = len(going) * sum(tensor.nbytes for tensor in going[0].training_set)
        if held > _ROOM:
            raise turbo_plan.refused(f"One by one they would hold {held / 2 ** 30:.1f} GiB of samples.")
        self._block.hand_over()
        gain = turbo.gain(going[0], steps()) / max(self.gain * len(going) / len(self.members), 1.0)
        if gain >= turbo.LEAST_GAIN:
            for member, joined in [(member, turbo.Turbo(member, steps())) for member in going]:
                member.turbo = joined
            self._joined = True
        return gain

    def advance(self, steps: int, seconds: float) -> list[list[Event]]:
        """Take at most `steps` steps, at least one, until `seconds` have passed; what each member tells."""
        if self._joined:
            return self._one_by_one(steps, seconds)
        began = perf_counter()
        told: dict[Trainer, list[Event]] = {member: [] for member in self.members}
        self._let_go()
        for _ in range(steps):
            if self._block.step():
                self._block.tell()
                for member in self._block.members:
                    told[member] += member.end_epoch(began)
                self._let_go()
            if not self._block.members or perf_counter() - began >= seconds:
                break
        self._block.tell()
        for member in self._block.members:
            told[member] += member.tell(began)
            member.seconds += 0.0 if member.over else perf_counter() - began
        return [told[member] for member in self.members]

    def _one_by_one(self, steps: int, seconds: float) -> list[list[Event]]:
        began, before = perf_counter(), {member: member.seconds for member in self.going}
        told = [member.advance(steps, seconds / len(before)) if member in before else []
                for member in self.members]
        for member, so_far in before.items():
            if not member.over:  # all have trained for as long as the family has
                member.seconds = so_far + perf_counter() - began
        return told

    def _let_go(self) -> None:
        """Go on without the members that have ended."""
        going = self.going
        if len(going) < len(self._block.members):
            self._block.keep(going)


def _check(experiments: Sequence[Experiment]) -> None:
    """Raises Problems unless these are at most MOST, and alike but in name, seed and learning rate."""
    if not 2 <= len(experiments) <= MOST:
        raise refused(f"a family has 2 to {MOST} members, not {len(experiments)}")
    first, *others = map(_alike, experiments)
    if any(other != first for other in others):
        raise refused("they differ in more than seed and learning rate")


def _alike(experiment: Experiment) -> dict[str, Any]:
    raw = write(experiment)
    del raw["name"], raw["training"]["seed"], raw["training"]["optimizer"]["learning_rate"]
    return raw
