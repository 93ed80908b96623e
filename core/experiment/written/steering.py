"""What a person did to the run, as data, and the function that does it again."""

from collections.abc import Callable

from core.experiment.replay import Move, Stage
from core.experiment.written.fill import fill
from core.experiment.written.network import Names
from core.experiment.written.steered import Steered


def text(steered: Steered, names: Names) -> str:
    """The list CHANGES, what of it holds now, and the function `replay`, where nothing but numbers moved."""
    priced = steered.experiment.training.regularization.penalty() is not None
    penalty = ', "penalty": PENALTY' if priced else ""
    now = f'now = {{"learning_rate": LEARNING_RATE{penalty}}}'
    rows = [_row(move, names) for move in steered.done if isinstance(move, Move)]
    return fill(_CHANGES, rows=rows, now=[now], data="", calling=[], hold="now[what] = value")


def staged(steered: Steered, names: Names, called: Callable[[Stage], str]) -> str:
    """The same of a run of whose changes some are functions. called: their names."""
    if all(isinstance(one, Stage) for one in steered.done):
        return fill(_CALLS, rows=[f"({stage.step}, {called(stage)})," for stage in steered.stages])
    rows = [f"({one.step}, 'call', (), {called(one)})," if isinstance(one, Stage) else _row(one, names)
            for one in steered.done]
    return fill(_CHANGES, rows=rows, now=[], data=" data: dict[str, Part],", calling=_CALLING,
                hold="setattr(now, what, value)")


def _row(move: Move, names: Names) -> str:
    return repr((move.step, move.what, _place(move, names), move.value)) + ","


def _place(move: Move, names: Names) -> tuple[str | int, ...]:
    """Where a change goes, in the names of the script."""
    match move.what:
        case "layer":
            id, place, setting = move.place
            return names.part(str(id), int(place)), setting
        case "weight":
            id, parameter, *index = move.place
            return f"{names.node(str(id))}.{parameter}", *index
        case _:
            return move.place


_CHANGES = '''
# What was changed by hand while it trained: after which step, what, where, and to which value.
CHANGES = [
    $rows
]
$now


def replay(net: Net, optimizers: list[optim.Optimizer],$data step: int) -> None:
    """Change what was changed by hand before this step."""
    while CHANGES and CHANGES[0][0] < step:
        _, what, place, value = CHANGES.pop(0)
        if what == "optimizer":
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group.update({name: value for name in place if name in group})
        elif what == "layer":
            setattr(net.get_submodule(place[0]), place[1], value)
        elif what == "weight":
            net.state_dict()[place[0]][place[1:]] = value
        $calling
        else:
            $hold
'''
_CALLING = ['elif what == "call":', "    value(net, optimizers, data)"]

_CALLS = '''
# What was changed by hand while it trained: after which step, and the function that does it.
CHANGES = [
    $rows
]


def replay(net: Net, optimizers: list[optim.Optimizer], data: dict[str, Part], step: int) -> None:
    """Change what was changed by hand before this step."""
    while CHANGES and CHANGES[0][0] < step:
        _, change = CHANGES.pop(0)
        change(net, optimizers, data)
'''
