"""The functions that make the optimizers, and make them anew where rules or frozen layers change."""

from core.catalog.base import Call, Late, Optimizer
from core.experiment.model import Experiment
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
                *([self._remake()] if self._steered.remade else [])]

    def _remake(self) -> str:
        searches = self._steered.ever(lambda training: training.optimizer.closure)
        whole = self._steered.freezes and searches
        parts = [part for stage in self._steered.remade for part in stage.after.training.optimizer.parts()]
        late = dict.fromkeys((part.call.target, late) for part in parts for late in part.late)
        return fill(_REMAKE, before=_BEFORE if whole else [], whole=_WHOLE if whole else [],
                    late=[line for target, one in late for line in _made_late(target, one)])

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


def _made_late(target: str, late: Late) -> list[str]:
    return [f'if isinstance(rule, {target}) and rule.param_groups[0]["{late.setting}"]:',
            "    for state in rule.state.values():  # torch makes room for it before the first step only",
            f'        state.setdefault("{late.buffer}", torch.zeros_like(state["{late.like}"]))']


def _with_rate(call: Call, rule: Optimizer, name: Word) -> Call:
    """The call with the rate by its name."""
    rate = {"lr": name} if call.kwargs.get("lr") == rule.learning_rate else {}
    return Call(call.target, call.kwargs | rate)


_BEFORE = ["moved = {type(rule): [*map(id, rule.param_groups[0][\"params\"])] for rule in optimizers}"]
_WHOLE = ["if isinstance(rule, optim.LBFGS) and moved.get(optim.LBFGS) != [*map(id, weights)]:",
          "    memory = {}  # what it remembers is of all weights together"]

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
    $before
    for rule in made:
        memory = known.get(type(rule), {})
        weights = [weight for group in rule.param_groups for weight in group["params"]]
        $whole
        rule.state.update({weight: memory[weight] for weight in weights if weight in memory})
        $late
    optimizers[:] = made
'''
