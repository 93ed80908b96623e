"""Verdict: how good a network was judged, when to wait no longer, and which weights to leave."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from core.engine.average import Average, averaging
from core.engine.best import Best
from core.engine.build import Net
from core.events import Validated
from core.experiment.model import Training


class Verdict:
    """Keeps the validation losses of a run, its best judgement, and the mean of its weights if need be."""

    def __init__(self, net: Net, training: Training) -> None:
        self.losses: list[float] = []
        """Validation losses in order, as schedules look at them."""
        self.replaced = False
        """Whether the run ended with other weights than those of its last step."""
        self._net, self._training = net, training
        self._best = Best(net)
        self.average = self._averaging(None)
        """The mean of the weights, where one was asked for."""

    def took(self) -> None:
        """Take note of the network after one step more."""
        if self.average:
            self.average.take()

    def judge(self, judged: Callable[[], Validated]) -> Validated:
        """Have the network judged, or the mean of its last steps, and take note of how good it is."""
        training = self._training
        with self.average.inside() if self.average else nullcontext():
            validated = judged()
            loss = validated.scores["loss"]
            self._best.judge(loss, validated.step, validated.epoch, margin=training.margin,
                             keep=training.keep == "best")
        self.losses.append(loss)
        return validated

    def waited(self, epoch: int) -> int | None:
        """For how many epochs nothing improved, when that is as long as was to be waited."""
        patience, waited = self._training.patience, epoch - self._best.epoch
        return waited if patience is not None and waited >= patience else None

    def leave(self) -> int | None:
        """Put the weights in place that the run is to end with; the step of the best, if it is those."""
        if self.average:
            self.average.settle()
        kept = self._best.restore() if self._training.keep == "best" else None
        self.replaced = self.average is not None or kept is not None
        return kept

    def adopt(self, training: Training, *, anew: bool) -> None:
        """Go on with other settings. anew: losses so far cannot be compared with those to come."""
        self._training = training
        self.average = self._averaging(self.average and self.average.state())
        if anew:
            self.losses, self._best = [], Best(self._net)

    def follow(self) -> None:
        """Find the network's tensors anew, after others were put in their place that hold the same."""
        for watcher in (self._best, self.average):
            if watcher:
                watcher.follow(self._net)

    def state(self) -> dict[str, Any]:
        """All it knows; tensors as they are, without copies."""
        return {"validation_losses": self.losses, "best": self._best.state(),
                "average": self.average.state() if self.average else None}

    def restore(self, state: dict[str, Any]) -> None:
        """Know what another knew of the same experiment."""
        self.losses = state["validation_losses"]
        self._best.take(state["best"])
        if self.average:
            self.average.restore(state["average"])

    def go_on(self, state: dict[str, Any], *, same_course: bool) -> None:
        """Go on in a branch: losses before it count only when it goes on in the same course."""
        self.losses = state["validation_losses"] if same_course else []
        self.average = self._averaging(state["average"])

    def _averaging(self, known: dict[str, Any] | None) -> Average | None:
        """A mean of the weights where one was asked for, which goes on with what is known of it."""
        average = averaging(self._net, self._training)
        if average and known:
            average.restore(known)
        return average
