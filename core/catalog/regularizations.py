"""Regularisations: a price on large weights, against learning by heart."""

from typing import ClassVar, Literal

from core.catalog.base import Regularization
from core.catalog.fields import log_real

_HELP = "How much large weights cost, against the loss itself."


class NoRegularization(Regularization):
    """Weights may grow as they like."""

    kind: Literal["none"] = "none"
    title: ClassVar[str] = "None"

    def penalty(self) -> tuple[int, float] | None:
        return None


class L1Penalty(Regularization):
    """Charges every weight its size, which drives useless ones to exactly 0."""

    kind: Literal["l1"] = "l1"
    title: ClassVar[str] = "L1"
    strength: float = log_real(0.001, 0.0, 1.0, _HELP, live=True)

    def penalty(self) -> tuple[int, float] | None:
        return 1, self.strength


class L2Penalty(Regularization):
    """Charges every weight half its square, which keeps all of them small."""

    kind: Literal["l2"] = "l2"
    title: ClassVar[str] = "L2"
    strength: float = log_real(0.001, 0.0, 1.0, _HELP, live=True)

    def penalty(self) -> tuple[int, float] | None:
        return 2, self.strength


REGULARIZATIONS: tuple[type[Regularization], ...] = (NoRegularization, L1Penalty, L2Penalty)
