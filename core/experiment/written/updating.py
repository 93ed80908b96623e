"""One step of the training as functions: the price on weights, the update."""

from core.experiment.model import Training
from core.experiment.written.fill import fill
from core.experiment.written.steered import Steered


def penalty(steered: Steered) -> list[str]:
    """The function `penalty`; nothing where weights never have a price."""
    prices = [one.training.regularization.penalty() for one in steered.experiments()]
    powers = {price[0] for price in prices if price}
    if not powers:
        return []
    size, words = ("weight.abs().sum()", "the sizes of all weights") if 1 in powers else (
        "weight.square().sum() / 2", "half the squares of all weights")
    if len(powers) == 2:
        size, words = fill(_EITHER), "sizes (power 1) or half squares (2) of all weights"
    return [fill(_PENALTY, size=size, words=words, strength=steered.now("penalty"))]


def mixed(steered: Steered) -> list[str]:
    """The function `mixed`; nothing where the network computes in float32."""
    return [_MIXED] if steered.mixed else []


def update(steered: Steered) -> list[str]:
    """The function `update`, one step; `search` beside it where only some rules ask for the loss often."""
    clear, backward = "net.zero_grad()" if steered.freezes else fill(_CLEAR), _backward(steered)
    plain = fill(_UPDATE, clear=clear, backward=backward)
    if "update" in steered.varied:
        return [plain, fill(_SEARCHING_UPDATE, clear=clear, backward=backward, name="search")]
    if steered.experiment.training.optimizer.closure:
        return [fill(_SEARCHING_UPDATE, clear=clear, backward=backward, name="update")]
    return [plain]


def _backward(steered: Steered) -> list[str]:
    whole, parted = _whole(steered), _in_parts(steered)
    lines = parted if steered.experiment.training.parts > 1 else whole
    if "parts" in steered.varied:
        lines = ["if now.parts > 1:", *_inside(parted), "else:", *_inside(whole)]
    clip = [f"nn.utils.clip_grad_norm_(net.parameters(), {steered.name('clip')})"]
    if "clip" in steered.varied:
        return [*lines, "if now.clip is not None:", *_inside(clip)]
    return [*lines, *(clip if steered.experiment.training.clip is not None else [])]


def _whole(steered: Steered) -> list[str]:
    total = "(loss + penalty(net))" if steered.ever(_priced) else "loss"
    if steered.ever(_priced) and not steered.always(_priced):
        total = "(loss + penalty(net) if now.power else loss)"
    return [f"loss = loss_of({steered.answer('inputs')}, targets)", f"{total}.backward()"]


def _in_parts(steered: Steered) -> list[str]:
    price = ["penalty(net).backward()"] if steered.ever(_priced) else []
    if price and not steered.always(_priced):
        price = ["if now.power:", *_inside(price)]
    return [*fill(_PARTS, parts=steered.name("parts"), answer=steered.answer("some")).splitlines(), *price]


def _priced(training: Training) -> bool:
    return training.regularization.penalty() is not None


def _inside(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


_EITHER = "(weight.abs().sum() if now.power == 1 else weight.square().sum() / 2)"

_PENALTY = '''
def penalty(net: Net) -> Tensor:
    """The price on large weights: $words, added up, times a strength."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    return $strength * torch.stack([$size for weight in weights]).sum()
'''

_MIXED = '''
def mixed(net: Net, inputs: Tensor) -> Tensor:
    """What the network puts out, computed in bfloat16 on the way there and back: mixed precision."""
    with torch.autocast(inputs.device.type, torch.bfloat16):
        return net(inputs).float()
'''

_CLEAR = '''
for optimizer in optimizers:
    optimizer.zero_grad()
'''

_UPDATE = '''
def update(net: Net, optimizers: list[optim.Optimizer], inputs: Tensor, targets: Tensor) -> Tensor:
    """One step: how wrong is it, which way is better, a little of that way. Returns the loss before."""
    $clear
    $backward
    for optimizer in optimizers:
        optimizer.step()
    return loss.detach()
'''

_PARTS = '''
each: list[Tensor] = []
count = max(min($parts, len(inputs) // 2), 1)
for some, those in zip(inputs.tensor_split(count), targets.tensor_split(count), strict=True):
    part = loss_of($answer, those) * (len(some) / len(inputs))
    part.backward()
    each.append(part.detach())
loss = torch.stack(each).sum()
'''

_SEARCHING_UPDATE = '''
def $name(net: Net, optimizers: list[optim.Optimizer], inputs: Tensor, targets: Tensor) -> Tensor:
    """One step of a rule that asks for the loss several times. Returns the loss before."""
    losses: list[Tensor] = []

    def closure() -> Tensor:
        $clear
        $backward
        losses.append(loss.detach())
        return losses[-1]

    for optimizer in optimizers:
        optimizer.step(closure)
    return losses[0]
'''
