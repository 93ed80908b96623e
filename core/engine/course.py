"""Course: how far a run is, in steps and epochs. In a branch, epochs may be of another length than before."""


class Course:
    """Counts updates (`step`) and finished passes over the train split (`epoch`), both from 0."""

    def __init__(self, steps_per_epoch: int) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.step = self.epoch = 0
        self.began = 0
        """The step after which the epoch under way began."""

    def stand(self, step: int, epoch: int, began: int) -> None:
        """Be where another course was."""
        self.step, self.epoch, self.began = step, epoch, began

    def end_epoch(self) -> None:
        """One pass more is finished."""
        self.epoch += 1
        self.began = self.step

    @property
    def place(self) -> int:
        """How many steps of the epoch under way are taken."""
        return self.step - self.began

    @property
    def ends(self) -> int:
        """The step after which the epoch under way ends."""
        return self.began + self.steps_per_epoch

    @property
    def ended(self) -> bool:
        """Whether all steps of the epoch under way are taken."""
        return self.step == self.ends

    def end_after(self, step: int) -> int:
        """The first end of an epoch after a step of this or later epochs."""
        return self.began + ((step - self.began) // self.steps_per_epoch + 1) * self.steps_per_epoch

    def end_of(self, epoch: int) -> int:
        """The step after which an epoch (from 1) ends that is not over yet."""
        return self.began + max(epoch - self.epoch, 0) * self.steps_per_epoch

    @property
    def scheduled(self) -> int:
        """What a schedule takes the step to come for: its number, when all epochs are this long."""
        return self.epoch * self.steps_per_epoch + self.place + 1

    def total(self, epochs: int | None) -> int | None:
        """The step after which a run of so many epochs ends; None when it has no end."""
        return None if epochs is None else self.end_of(epochs)

    def epoch_of(self, step: int) -> int:
        """The epoch (from 1) that a step of this length of epochs was taken in; 0 before the first."""
        return self.epoch + 1 + (step - 1 - self.began) // self.steps_per_epoch
