"""One step of the training as functions: the rules, the price on weights, the update."""

from core.catalog.base import Call, Optimizer
from core.experiment.model import Experiment, Training
from core.experiment.written.fill import fill
from core.experiment.written.steered import Steered


class Word(str):
    """An expression: its repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Makers:
    """The functions that make the optimizers: one for every rule a run had."""

    def __init__(self, steered: Steered) -> None:
        self._steered = steered
        self._names: dict[str, str] = {}
        """What each function is called, by its text under the first one's name."""
        self.name(steered.experiment)
        for stage in steered.remade:
            self.name(stage.after)

    def name(self, experiment: Experiment) -> str:
        """The function that makes an experiment's optimizers."""
        number = f"_{len(self._names) + 1}" if self._names else ""
        return self._names.setdefault(self._text(experiment.training.optimizer), f"make_optimizers{number}")

    def texts(self) -> list[str]:
        """The functions, with those that go with them."""
        made = [text.replace("make_optimizers", name, 1) for text, name in self._names.items()]
        return [*([fill(_LEARNING)] if self._steered.freezes else []), *made, fill(_SET_RATE),
                *([fill(_REMAKE)] if self._steered.remade else [])]

    def _text(self, rule: Optimizer) -> str:
        rate = Word("now.learning_rate" if self._steered.remade else "LEARNING_RATE")
        parts = [(part.parameters, _with_rate(part.call, rule, rate)) for part in rule.parts()]
        learning = "learning(net)" if self._steered.freezes else "net.parameters()"
        if all(which == "all" for which, _ in parts):
            return fill(_ONE_RULE, calls=[call.source(learning) + "," for _, call in parts])
        added: list[str] = []
        for which, call in parts:
            name, _, words = call.source(which).partition("(")
            added += [f"if {which}:", f"    rules.append({name}(", f"        {words})"]
        return fill(_TWO_RULES, added=added, learning=learning,
                    learns=" and part.weight.requires_grad" if self._steered.freezes else "")


def _with_rate(call: Call, rule: Optimizer, name: Word) -> Call:
    """The call with the rate by its name."""
    rate = {"lr": name} if call.kwargs.get("lr") == rule.learning_rate else {}
    return Call(call.target, call.kwargs | rate)


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


def update(steered: Steered) -> list[str]:
    """The function `update`, one step; `search` beside it where only some rules ask for the loss often."""
    clear, backward = "net.zero_grad()" if steered.freezes else fill(_CLEAR), _backward(steered)
    changes = "update" in steered.varied
    plain = fill(_UPDATE, clear=clear, backward=backward)
    searching = fill(_SEARCHING_UPDATE, clear=clear, backward=backward, name="search" if changes else "update")
    if changes:
        return [plain, searching]
    return [searching if steered.experiment.training.optimizer.closure else plain]


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
    return ["loss = loss_of(net(inputs), targets)", f"{total}.backward()"]


def _in_parts(steered: Steered) -> list[str]:
    price = ["penalty(net).backward()"] if steered.ever(_priced) else []
    if price and not steered.always(_priced):
        price = ["if now.power:", *_inside(price)]
    return [*fill(_PARTS, parts=steered.name("parts")).splitlines(), *price]


def _priced(training: Training) -> bool:
    return training.regularization.penalty() is not None


def _inside(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


_LEARNING = '''
def learning(net: Net) -> list[nn.Parameter]:
    """The weights that are not frozen now."""
    return [parameter for parameter in net.parameters() if parameter.requires_grad]
'''

_ONE_RULE = '''
def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rule that turns gradients into updates."""
    return [
        $calls
    ]
'''

_TWO_RULES = '''
def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rules that turn gradients into updates, one for hidden matrices and one for all else."""
    hidden = [part for layer in list(net.children())[:-1] for part in layer.modules()]
    matrices = [part.weight for part in hidden if isinstance(part, nn.Linear)$learns]
    others = [p for p in $learning if not any(p is matrix for matrix in matrices)]
    rules: list[optim.Optimizer] = []
    $added
    return rules
'''

_SET_RATE = '''
def set_rate(optimizers: list[optim.Optimizer], rate: float) -> None:
    """Use this learning rate from now on."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
'''

_REMAKE = '''
def remake(optimizers: list[optim.Optimizer], made: list[optim.Optimizer]) -> None:
    """Go on with other optimizers around the same weights; the same rule goes on with what it remembers."""
    known = {type(rule): rule.state for rule in optimizers}
    for rule in made:
        memory = known.get(type(rule), {})
        weights = [weight for group in rule.param_groups for weight in group["params"]]
        rule.state.update({weight: memory[weight] for weight in weights if weight in memory})
    optimizers[:] = made
'''

_EITHER = "(weight.abs().sum() if now.power == 1 else weight.square().sum() / 2)"

_PENALTY = '''
def penalty(net: Net) -> Tensor:
    """The price on large weights: $words, added up, times a strength."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    return $strength * torch.stack([$size for weight in weights]).sum()
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
    part = loss_of(net(some), those) * (len(some) / len(inputs))
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
