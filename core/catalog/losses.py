"""Losses: one number that says how wrong the outputs are, and that training makes small."""

from typing import ClassVar, Literal

from core.catalog.base import TOKENS, VALUES, Call, Loss, Task, TaskKind
from core.catalog.fields import real


class Auto(Loss):
    """The usual loss for the task: cross-entropy for classes and tokens, mean squared error for values."""

    kind: Literal["auto"] = "auto"
    title: ClassVar[str] = "Automatic"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification", "multi_label", *VALUES, *TOKENS)

    def for_task(self, task: Task) -> Loss:
        if task.kind == "multi_label":
            return BCEWithLogits()
        return MSE() if task.kind in VALUES else CrossEntropy().for_task(task)

    def call(self) -> Call:
        return CrossEntropy().call()


class CrossEntropy(Loss):
    """How surprised the network is by the true class: small when it gave it a high probability."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    title: ClassVar[str] = "Cross-entropy"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification", *TOKENS)
    label_smoothing: float = real(
        0.0, 0.0, 0.5,
        "Share of certainty taken from the true class and spread over all, against over-confidence.")

    def for_task(self, task: Task) -> Loss:
        return TokenCrossEntropy(label_smoothing=self.label_smoothing) if task.kind in TOKENS else self

    def call(self) -> Call:
        return Call("nn.CrossEntropyLoss",
                    {"label_smoothing": self.label_smoothing} if self.label_smoothing else {})


class TokenCrossEntropy(CrossEntropy):
    """Cross-entropy of every judged step of a sequence."""

    def call(self) -> Call:
        smoothed = {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        return Call("own.TokenCrossEntropyLoss", smoothed)


class BalancedCrossEntropy(Loss):
    """Cross-entropy in which every class counts the same in all, however few its samples are."""

    kind: Literal["balanced_cross_entropy"] = "balanced_cross_entropy"
    title: ClassVar[str] = "Cross-entropy, classes balanced"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification",)
    weighed: ClassVar[bool] = True
    label_smoothing: float = real(
        0.0, 0.0, 0.5,
        "Share of certainty taken from the true class and spread over all, against over-confidence.")

    def call(self) -> Call:
        smoothed = {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        return Call("own.BalancedCrossEntropyLoss", smoothed)


class BCEWithLogits(Loss):
    """Asks of every class by itself whether it is present, and adds up the surprise."""

    kind: Literal["bce_with_logits"] = "bce_with_logits"
    title: ClassVar[str] = "Binary cross-entropy per class"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification", "multi_label")
    one_hot: ClassVar[bool] = True
    shares: ClassVar[Literal["softmax", "sigmoid", "clamp"]] = "sigmoid"

    def call(self) -> Call:
        return Call("nn.BCEWithLogitsLoss")


class Hinge(Loss):
    """Wants the true class to lead every other by a margin, and does not care beyond that."""

    kind: Literal["hinge"] = "hinge"
    title: ClassVar[str] = "Hinge"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification",)
    margin: float = real(1.0, 0.1, 5.0, "The lead the true class must have.", step=0.1)

    def call(self) -> Call:
        return Call("nn.MultiMarginLoss", {"margin": self.margin})


class KLDiv(Loss):
    """How far the predicted shares of the classes are from the true ones (Kullback–Leibler divergence)."""

    kind: Literal["kl_div"] = "kl_div"
    title: ClassVar[str] = "KL divergence"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("classification",)
    one_hot: ClassVar[bool] = True

    def call(self) -> Call:
        return Call("own.KLDivLoss")


class MSE(Loss):
    """The mean of the squared errors: large errors count much more than small ones."""

    kind: Literal["mse"] = "mse"
    title: ClassVar[str] = "Mean squared error"
    tasks: ClassVar[tuple[TaskKind, ...]] = (*VALUES, "classification")
    one_hot: ClassVar[bool] = True
    shares: ClassVar[Literal["softmax", "sigmoid", "clamp"]] = "clamp"

    def call(self) -> Call:
        return Call("nn.MSELoss")


class L1(Loss):
    """The mean of the absolute errors: outliers pull less than with squares."""

    kind: Literal["l1"] = "l1"
    title: ClassVar[str] = "Mean absolute error"
    tasks: ClassVar[tuple[TaskKind, ...]] = VALUES

    def call(self) -> Call:
        return Call("nn.L1Loss")


class Huber(Loss):
    """Squared for small errors, absolute for large ones."""

    kind: Literal["huber"] = "huber"
    title: ClassVar[str] = "Huber"
    tasks: ClassVar[tuple[TaskKind, ...]] = VALUES
    delta: float = real(1.0, 0.1, 10.0, "The error from which on it counts as large.", step=0.1)

    def call(self) -> Call:
        return Call("nn.HuberLoss", {"delta": self.delta})


class GaussianNLL(Loss):
    """Lets the network predict a value and its own uncertainty, and judges both together."""

    kind: Literal["gaussian_nll"] = "gaussian_nll"
    title: ClassVar[str] = "Gaussian with uncertainty"
    tasks: ClassVar[tuple[TaskKind, ...]] = ("regression", "forecast")

    def outputs(self, task: Task) -> int:
        return 2 * task.outputs

    def call(self) -> Call:
        return Call("own.GaussianNLLLoss")


LOSSES: tuple[type[Loss], ...] = (Auto, CrossEntropy, BalancedCrossEntropy, BCEWithLogits, Hinge, KLDiv, MSE,
                                  L1, Huber, GaussianNLL)
