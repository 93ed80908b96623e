"""The rule by which a layer's weights are drawn before training, as a setting of many layers."""

from typing import Any, Literal

from core.catalog.fields import choice

Initialization = Literal["default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal",
                         "orthogonal", "normal", "ones", "zeros"]
"""`default`, or a function of torch.nn.init without its last underscore."""

_TITLES = {"default": "Usual (PyTorch's)",
           "xavier_uniform": "Xavier, even", "xavier_normal": "Xavier, normal",
           "kaiming_uniform": "Kaiming, even", "kaiming_normal": "Kaiming, normal",
           "orthogonal": "Orthogonal", "normal": "Normal, spread 1", "ones": "All 1", "zeros": "All 0"}


def initialization() -> Any:
    """The setting itself, for a field typed `Initialization`."""
    return choice(
        "default", "How the weights are drawn before training. Xavier suits tanh and sigmoid, Kaiming suits "
        "ReLU; weights that are all alike keep every neuron alike.", titles=_TITLES, late=True)


def first(name: Initialization) -> str:
    """What a Call says of it: a function of torch's nn.init, or nothing for torch's own."""
    return "" if name == "default" else f"{name}_"
