"""Optimizers: rules that turn gradients into updates of the weights."""

from typing import Any, ClassVar, Literal

from core.catalog.base import Call, Late, Optimizer, Part
from core.catalog.fields import log_real, real, switch, whole

_RATE = "How far each update goes down the slope. Too small: slow. Too large: it jumps about, or explodes."
_DECAY = "Pulls every weight a little towards 0 at each step, against learning by heart."
_MOMENTUM = "How much of the last update is carried into the next, like a rolling ball."


def _rate(default: float) -> Any:
    return log_real(default, 1e-6, 10.0, _RATE, title="Learning rate", live=True, own=True)


def _decay(default: float = 0.0) -> Any:
    # Each rule's own: AdamW's decay of 0.01 lets Adam's weights die out.
    return log_real(default, 0.0, 1.0, _DECAY, live=True, own=True)


def _beta1() -> Any:
    return real(0.9, 0.0, 0.999, _MOMENTUM, title="Momentum (β₁)", step=0.001, live=True)


def _beta2() -> Any:
    return real(0.999, 0.5, 0.9999, "How long the size of past gradients is remembered.", title="Memory (β₂)",
                step=0.0001)


class SGD(Optimizer):
    """Gradient descent as in the textbook: a step against the slope, with momentum if you like."""

    kind: Literal["sgd"] = "sgd"
    title: ClassVar[str] = "SGD"
    learning_rate: float = _rate(0.03)
    momentum: float = real(0.0, 0.0, 0.99, _MOMENTUM, live=True)
    nesterov: bool = switch(False,
                            "Looks ahead along the momentum before measuring the slope (needs momentum).")
    weight_decay: float = _decay()

    def parts(self) -> tuple[Part, ...]:
        return (Part(Call("optim.SGD", {
            "lr": self.learning_rate, "momentum": self.momentum,
            "nesterov": self.nesterov and self.momentum > 0,
            "weight_decay": self.weight_decay, "fused": True})),)

    def kept(self) -> int:
        return int(self.momentum > 0)


class _Adaptive(Optimizer):
    """The Adam family: momentum, and a step size of its own for every weight."""

    target: ClassVar[str]
    faster: ClassVar[str] = "foreach"
    """Torch's fastest way of this rule on a processor (docs/decisions.md)."""
    learning_rate: float = _rate(0.001)
    beta1: float = _beta1()
    beta2: float = _beta2()
    weight_decay: float = _decay()

    def parts(self) -> tuple[Part, ...]:
        return (Part(Call(self.target, {
            "lr": self.learning_rate, "betas": (self.beta1, self.beta2), "weight_decay": self.weight_decay,
            self.faster: True})),)


class Adam(_Adaptive):
    """Momentum plus a step size of its own for every weight. A good first choice (Kingma and Ba, 2014)."""

    kind: Literal["adam"] = "adam"
    title: ClassVar[str] = "Adam"
    target: ClassVar[str] = "optim.Adam"
    faster: ClassVar[str] = "fused"


class AdamW(_Adaptive):
    """Adam with weight decay kept apart from the gradient (Loshchilov and Hutter, 2017). The usual choice."""

    kind: Literal["adamw"] = "adamw"
    title: ClassVar[str] = "AdamW"
    target: ClassVar[str] = "optim.AdamW"
    faster: ClassVar[str] = "fused"
    weight_decay: float = _decay(0.01)


class NAdam(_Adaptive):
    """Adam that looks ahead along its momentum (Dozat, 2016)."""

    kind: Literal["nadam"] = "nadam"
    title: ClassVar[str] = "NAdam"
    target: ClassVar[str] = "optim.NAdam"
    learning_rate: float = _rate(0.002)


class RAdam(_Adaptive):
    """Adam that takes small, safe steps until it has seen enough gradients (Liu and others, 2019)."""

    kind: Literal["radam"] = "radam"
    title: ClassVar[str] = "RAdam"
    target: ClassVar[str] = "optim.RAdam"


class RMSprop(Optimizer):
    """Divides each step by the recent size of the gradient, weight by weight (Hinton, 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    title: ClassVar[str] = "RMSprop"
    learning_rate: float = _rate(0.001)
    alpha: float = real(0.99, 0.5, 0.999, "How long the size of past gradients is remembered.",
                        title="Memory (α)",
                        step=0.001)
    # Not live: torch makes room for its memory at the first step only, so it is more than a number.
    momentum: float = real(0.0, 0.0, 0.99, _MOMENTUM)
    weight_decay: float = _decay()

    def parts(self) -> tuple[Part, ...]:
        return (Part(Call("optim.RMSprop",
                          {"lr": self.learning_rate, "alpha": self.alpha, "momentum": self.momentum,
                           "weight_decay": self.weight_decay, "foreach": True}),
                     late=(Late("momentum", "momentum_buffer", "square_avg"),)),)

    def kept(self) -> int:
        return 1 + (self.momentum > 0)


class Adagrad(Optimizer):
    """Slows down for weights that have already been moved a lot (Duchi and others, 2011)."""

    kind: Literal["adagrad"] = "adagrad"
    title: ClassVar[str] = "Adagrad"
    learning_rate: float = _rate(0.03)
    weight_decay: float = _decay()

    def parts(self) -> tuple[Part, ...]:
        return (Part(Call("optim.Adagrad", {"lr": self.learning_rate, "weight_decay": self.weight_decay})),)

    def kept(self) -> int:
        return 1


class Adadelta(Optimizer):
    """Adagrad with a fading memory; finds its own step size, so the rate can stay near 1 (Zeiler, 2012)."""

    kind: Literal["adadelta"] = "adadelta"
    title: ClassVar[str] = "Adadelta"
    learning_rate: float = _rate(1.0)
    rho: float = real(0.9, 0.5, 0.999, "How long past gradients and updates are remembered.",
                      title="Memory (ρ)",
                      step=0.001)
    weight_decay: float = _decay()

    def parts(self) -> tuple[Part, ...]:
        return (Part(Call("optim.Adadelta", {"lr": self.learning_rate, "rho": self.rho,
                                             "weight_decay": self.weight_decay, "foreach": True})),)


class LBFGS(Optimizer):
    """Estimates how the slope bends and jumps accordingly, with several tries a step. For small data."""

    kind: Literal["lbfgs"] = "lbfgs"
    title: ClassVar[str] = "L-BFGS"
    closure: ClassVar[bool] = True
    learning_rate: float = _rate(0.1)
    max_iter: int = whole(4, 1, 20, "Updates within one step.", title="Inner updates")
    history: int = whole(10, 1, 100, "How many past updates the bend is estimated from.")

    def parts(self) -> tuple[Part, ...]:
        return (Part(Call("optim.LBFGS", {"lr": self.learning_rate, "max_iter": self.max_iter,
                                          "history_size": self.history})),)

    def kept(self) -> int:
        return 2 * self.history + 3  # past steps and slopes; the last step, slope and scaled slope


class Muon(Optimizer):
    """Makes every direction of a hidden matrix count the same (Jordan, 2024). AdamW serves the rest."""

    kind: Literal["muon"] = "muon"
    title: ClassVar[str] = "Muon"
    learning_rate: float = _rate(0.003)
    momentum: float = real(0.95, 0.0, 0.999, _MOMENTUM, step=0.001, live=True)
    weight_decay: float = _decay(0.01)

    def parts(self) -> tuple[Part, ...]:
        # match_rms_adamw (Moonshot, 2025) scales Muon's updates to AdamW's size: one rate serves both.
        return (Part(Call("optim.Muon", {"lr": self.learning_rate, "momentum": self.momentum,
                                         "weight_decay": self.weight_decay,
                                         "adjust_lr_fn": "match_rms_adamw"}),
                     "matrices"),
                Part(Call("optim.AdamW", {"lr": self.learning_rate, "weight_decay": self.weight_decay,
                                          "fused": True}), "others"))


OPTIMIZERS: tuple[type[Optimizer], ...] = (
    SGD, Adam, AdamW, NAdam, RAdam, RMSprop, Adagrad, Adadelta, LBFGS, Muon)
