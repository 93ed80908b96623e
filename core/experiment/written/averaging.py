"""The mean of the weights in the training loop: lines that begin it, take a step into it, and use it."""

from core.experiment.written.fill import fill
from core.experiment.written.steered import Steered


def begun(steered: Steered) -> list[str]:
    """Begins the mean before the first step."""
    if _varies(steered):
        return ["now.mean, now.averaged = real_numbers(net), 0"]
    return fill(_BEGUN).splitlines() if _asked(steered) else []


def taken(steered: Steered) -> list[str]:
    """Takes the weights after a step into the mean."""
    if _varies(steered):
        return fill(_TAKEN_NOW).splitlines()
    return fill(_TAKEN).splitlines() if _asked(steered) else []


def swapped(steered: Steered) -> list[str]:
    """Puts the mean into the network to be judged."""
    if _varies(steered):
        return fill(_SWAPPED_NOW).splitlines()
    return fill(_SWAPPED).splitlines() if _asked(steered) else []


def back(steered: Steered) -> list[str]:
    """Puts the weights back into the network."""
    return ["net.load_state_dict(live)"] if _varies(steered) or _asked(steered) else []


def settled(steered: Steered) -> list[str]:
    """Puts the mean into the network for good."""
    if _varies(steered):
        return ["if now.average is not None:", "    net.load_state_dict(net.state_dict() | now.mean)"]
    return ["net.load_state_dict(net.state_dict() | mean)"] if _asked(steered) else []


def texts(steered: Steered) -> list[str]:
    """The function that begins a mean, where it may begin late."""
    return [fill(_REAL_NUMBERS)] if _varies(steered) else []


def _varies(steered: Steered) -> bool:
    return "average" in steered.varied


def _asked(steered: Steered) -> bool:
    return steered.experiment.training.average is not None


_BEGUN = '''
state = net.state_dict().items()
mean = {name: tensor.clone() for name, tensor in state if tensor.is_floating_point()}
'''

_TAKEN = '''
for name, average in mean.items():
    average.lerp_(net.state_dict()[name], 1 / min(step, AVERAGE))
'''

_TAKEN_NOW = '''
if now.average is not None:
    now.averaged += 1
    for name, average in now.mean.items():
        average.lerp_(net.state_dict()[name], 1 / min(now.averaged, now.average))
'''

_SWAPPED = '''
live = {name: tensor.clone() for name, tensor in net.state_dict().items()}
net.load_state_dict(live | mean)
'''

_SWAPPED_NOW = '''
live = {name: tensor.clone() for name, tensor in net.state_dict().items()}
if now.average is not None:
    net.load_state_dict(live | now.mean)
'''

_REAL_NUMBERS = '''
def real_numbers(net: Net) -> dict[str, Tensor]:
    """Copies of all in the network that is a real number, to begin a mean with."""
    state = net.state_dict().items()
    return {name: tensor.clone() for name, tensor in state if tensor.is_floating_point()}
'''
