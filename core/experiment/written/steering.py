"""What a person did to the run, as data, and the function that does it again."""

from core.experiment.replay import Move
from core.experiment.written.fill import fill
from core.experiment.written.network import Names


def text(moves: list[Move], names: Names, priced: bool) -> str:
    """The list CHANGES, what of it holds now, and the function `replay`."""
    rows = [repr((move.step, move.what, _place(move, names), move.value)) + "," for move in moves]
    return fill(_CHANGES, rows=rows, penalty=', "penalty": PENALTY' if priced else "")


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
now = {"learning_rate": LEARNING_RATE$penalty}


def replay(net: Net, optimizers: list[optim.Optimizer], step: int) -> None:
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
        else:
            now[what] = value
'''
