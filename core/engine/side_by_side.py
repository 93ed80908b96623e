"""The weights of several networks of one kind in one block, and steps of training that move all of them.

A network's own tensors are views into the block, so that whatever looks at one sees it as it is. The
gradients of all are computed by one batched pass (`torch.func`), traced once.
"""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from core.engine import device as devices
from core.engine.batched_pass import BatchedLoss, Named, Pass
from core.engine.beginning import shuffle
from core.engine.moving import moving
from core.engine.trainer import Trainer
from core.problems import Problem, Problems

_PAIRS, _PAIR_SECONDS = 3, 0.03
"""How often both ways are measured in turn, and for about how long each."""
_AHEAD = 128
"""Steps whose learning rates are worked out at once."""
_EMPTY = 0.25
"""From this share of left places on the block is packed anew, which costs a tracing."""


def refused(why: str) -> Problems:
    """Why runs are not trained as one, with what happens instead."""
    return Problems(Problem(where="training", what=f"These runs are not trained as one: {why}.",
                            fix="They train one after another."))


class Block:
    """Members' tensors side by side. Those that leave take copies of theirs along."""

    def __init__(self, members: Sequence[Trainer]) -> None:
        """Raises Problems when their steps cannot be batched."""
        training = members[0].experiment.training
        if training.optimizer.closure or training.parts > 1:
            raise refused("the optimizer asks for the loss several times" if training.optimizer.closure
                          else "a batch cannot be worked off in parts here")
        if members[0].stepper.mixed:
            raise refused("many at once are computed in float32")
        if training.layout == "channels_last":
            raise refused("many at once have their pictures lie plainly")
        for member in members:
            member.pins = member.pins._replace(layout="plain")
        self.members = list(members)
        self._slots = list(members)
        net = members[0].network
        self._of = BatchedLoss(members[0])
        self._learned = [name for name, one in net.named_parameters() if one.requires_grad]
        self._flat = torch.stack([_laid(member, self._learned) for member in members])
        self._rest = {name: torch.stack([_tensors(member)[name] for member in members])
                      for name in _tensors(members[0]) if name not in self._learned}
        self._moving = moving(members, self._flat)
        self._losses: list[Tensor] = []
        self._since = 0
        self._bind()

    def keep(self, members: list[Trainer]) -> None:
        """Go on with these alone; what all took is told."""
        for member in self.members:
            if member not in members:
                _own(member, {name: tensor.clone() for name, tensor in _tensors(member).items()})
        self.members = members
        if members and len(members) <= (1 - _EMPTY) * len(self._slots):
            self._pack([self._slots.index(member) for member in members])

    def hand_over(self) -> None:
        """Have members' own optimizers know what they need to go on by themselves."""
        self._moving.hand_over(self._slots)
        for member in self.members:
            member.stepper.use(member.experiment)  # others set the rates of its optimizers meanwhile

    def step(self) -> bool:
        """Take one step with every member; whether it ended an epoch."""
        if self.members[0].course.place == 0:
            self._shuffle()
            for member in self.members:
                member.begin_epoch()
        self._losses.append(self._update(*self._batch()))
        for member in self.members:
            member.counted()
        return self.members[0].course.ended

    def tell(self) -> None:
        """Have members know the losses of the steps since the last call."""
        if not self._losses:
            return
        told, self._losses = torch.stack(self._losses), []
        for member, losses in zip(self._slots, told.unbind(1), strict=True):
            if not member.over:
                member.hear(losses)

    def gain(self) -> float:
        """How many times as fast as one after another a step is; the members are afterwards as they were.

        Raises Problems when no step can be taken.
        """
        flat, rest = self._flat.clone(), {name: one.clone() for name, one in self._rest.items()}
        first, device = self.members[0], self.members[0].pins.device
        random = devices.random_state(device)
        self._shuffle()
        batch, (alone, _) = self._batch(), first.coming()
        try:
            found = _compared(lambda: self._update(*batch), lambda: first.stepper.step(1, *alone, []), device)
        except Exception as error:  # whatever torch cannot batch, it says in its own way
            raise refused(f"torch cannot batch this network ({type(error).__name__})") from error
        self._flat.copy_(flat)
        for name, one in rest.items():
            self._rest[name].copy_(one)
        self._moving.forget()
        for optimizer in first.optimizers:
            optimizer.state.clear()
        devices.set_random_state(device, random)
        return found * len(self.members)

    def _pack(self, places: list[int]) -> None:
        rows = torch.tensor(places, device=self._flat.device)
        self._flat = self._flat[rows]
        self._rest = {name: one[rows] for name, one in self._rest.items()}
        self._moving.keep(rows)
        self._slots = list(self.members)
        self._bind()
        self._shuffle()

    def _bind(self) -> None:
        """Have members' tensors be views into the block."""
        shapes = {name: one.shape for name, one in self._slots[0].network.named_parameters()}
        self._views, at = {}, 0
        for name in self._learned:
            size = shapes[name].numel()
            self._views[name] = self._flat[:, at:at + size].view(len(self._slots), *shapes[name])
            at += size
        for row, member in enumerate(self._slots):
            _own(member, {name: one[row] for name, one in (self._views | self._rest).items()})
        self._shared = len({member.experiment.training.seed for member in self._slots}) == 1
        self._traced: dict[int, Pass] = {}

    def _shuffle(self) -> None:
        """The order of the samples in the epoch under way: one for all where they have one seed."""
        count, epoch = len(self.members[0].training_set[0]), self.members[0].epoch + 1
        seeds = [member.experiment.training.seed for member in self._slots[:1 if self._shared else None]]
        self._orders = torch.stack([shuffle(count, seed, epoch) for seed in seeds]).to(self._flat.device)
        self._rates = self._flat.new_zeros(0, len(self._slots))

    def _batch(self) -> tuple[Tensor, Tensor]:
        """(samples, …) of inputs and targets where all see the same, else (members, samples, …)."""
        first = self.members[0]
        rows = self._orders[:, first.course.place * first.batch_size:][:, :first.batch_size]
        inputs, targets = first.training_set
        return (inputs[rows[0]], targets[rows[0]]) if self._shared else (inputs[rows], targets[rows])

    def _update(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Move all weights by one step; each network's loss before it."""
        samples = inputs.shape[0 if self._shared else 1]
        if samples not in self._traced:
            self._traced[samples] = self._of.traced(self._views, self._rest, inputs, targets,
                                                    shared=self._shared)
        slopes, losses = self._traced[samples](self._views, self._rest, inputs, targets)
        laid = torch.cat([slopes[name].reshape(len(self._slots), -1) for name in self._learned], 1)
        clip = self.members[0].experiment.training.clip
        if clip is not None:
            laid = laid * (clip / (laid.norm(dim=1, keepdim=True) + 1e-6)).clamp(max=1.0)
        self._moving.update(self._flat, laid, self._rate(), [not member.over for member in self._slots])
        return losses

    def _rate(self) -> Tensor:
        """The learning rate of each member at the step to come; worked out for several: (members,)

        What schedules look at changes between epochs only.
        """
        place = self.members[0].course.place
        if not len(self._rates) or not self._since <= place < self._since + len(self._rates):
            coming = self.members[0].coming_rates(_AHEAD)
            rates = [[0.0] * len(coming) if member.over else member.coming_rates(_AHEAD)
                     for member in self._slots]
            self._rates, self._since = self._flat.new_tensor(rates).T, place
        return self._rates[place - self._since]


def _tensors(member: Trainer) -> Named:
    """Every parameter and buffer by the module's own name, without copies."""
    named = {**dict(member.network.named_parameters()), **dict(member.network.named_buffers())}
    return {name: one.detach() for name, one in named.items()}


def _laid(member: Trainer, names: list[str]) -> Tensor:
    named = _tensors(member)
    return torch.cat([named[name].flatten() for name in names])


def _own(member: Trainer, tensors: Named) -> None:
    """Have a member's network hold these tensors."""
    for name, one in (*member.network.named_parameters(), *member.network.named_buffers()):
        one.data = tensors[name]
    member.follow()


def _compared(together: Callable[[], object], alone: Callable[[], object], device: str) -> float:
    """The time one step alone takes, as a share of all together: the middle of a few pairs."""
    seconds = _timed(together, 1, device) and _timed(together, 1, device)
    count = max(1, int(_PAIR_SECONDS / seconds))
    _timed(alone, 2, device)
    each = max(1, int(_PAIR_SECONDS / _timed(alone, 2, device)))
    return median(_timed(alone, each, device) / _timed(together, count, device) for _ in range(_PAIRS))


def _timed(step: Callable[[], object], count: int, device: str) -> float:
    """Seconds a step takes, over so many."""
    began = perf_counter()
    for _ in range(count):
        step()
    devices.wait(device)
    return (perf_counter() - began) / count
