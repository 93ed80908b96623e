"""The network as a class: one attribute per node, one line per node in `forward`, with the shape after it."""

from keyword import iskeyword, issoftkeyword

from core.catalog.base import Layer
from core.experiment.carry import Carrier
from core.experiment.check import INPUT, Walk
from core.experiment.model import Experiment
from core.experiment.written.fill import fill

_WIDTH = 100

# What an nn.Module has of its own (a test compares it with torch), and what `forward` itself uses.
_TAKEN = frozenset((
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward",
    "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict",
    "modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters",
    "parameters", "register_backward_hook", "register_buffer", "register_forward_hook",
    "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module",
    "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to",
    "to_empty", "train", "training", "type", "xpu", "zero_grad", "self", "super", "x"))


class Names:
    """What each node is called in the script: by its id wherever Python and torch allow it."""

    def __init__(self, walked: Walk) -> None:
        self._walked = walked
        self._names: dict[str, str] = {}
        taken = set(walked.layers)
        for id in walked.layers:
            name = id
            while name in _TAKEN or iskeyword(name) or issoftkeyword(name) or (name != id and name in taken):
                name += "_"
            self._names[id] = name
            taken.add(name)

    def node(self, id: str) -> str:
        """The attribute that holds a node."""
        return self._names[id]

    def part(self, id: str, place: int) -> str:
        """The dotted name of one module of a node."""
        return f"{self.node(id)}.{place}" if self.is_chain(id) else self.node(id)

    def is_chain(self, id: str) -> bool:
        """Whether a node is an nn.Sequential: one of several modules is, and every one that learns, so that
        its weights are called as in the weights file."""
        layer, shapes = self._walked.layers[id], self._walked.shapes_into(id)
        return len(layer.calls(*shapes)) > 1 or layer.parameters(*shapes) > 0


def text(experiment: Experiment, walked: Walk, names: Names, carrier: Carrier) -> str:
    """The class `Net`."""
    data = experiment.data
    made = [line for id, layer in walked.layers.items() for line in _made(id, layer, walked, names, carrier)]
    made += [f"self.{names.node(node.id)}.requires_grad_(False)  # frozen: it stays as it was drawn"
             for node in experiment.network.nodes if node.frozen]
    ids = list(walked.layers)
    chained = all(walked.inputs[id] == (before,) for before, id in zip((INPUT, *ids), ids, strict=False))
    called = {INPUT: "x"} | {id: "x" if chained else names.node(id) for id in ids}
    called |= {f"{INPUT}.{name}": f"x[:, {field.start}:{field.stop}]" for name, field in data.fields.items()}
    steps = [f"{called[id]} = {_applied(id, [called[name] for name in walked.inputs[id]], names)}"
             f"  # {walked.shapes[id].named()}" for id in ids]
    return fill(_NET, shape=walked.shapes[INPUT].named(), made=made, steps=steps, last=called[ids[-1]])


def _made(id: str, layer: Layer, walked: Walk, names: Names, carrier: Carrier) -> list[str]:
    modules = [carrier.call(call) for call in layer.calls(*walked.shapes_into(id))]
    if not names.is_chain(id):
        return [f"self.{names.node(id)} = {modules[0]}"]
    line = f"self.{names.node(id)} = nn.Sequential({', '.join(modules)})"
    if len(line) <= _WIDTH:
        return [line]
    return [f"self.{names.node(id)} = nn.Sequential(", *(f"    {module}," for module in modules), ")"]


def _applied(id: str, inputs: list[str], names: Names) -> str:
    here = f"self.{names.node(id)}"
    if len(inputs) > 1 and names.is_chain(id):
        return f"{here}[1:]({here}[0]({', '.join(inputs)}))"
    return f"{here}({', '.join(inputs)})"


_NET = '''
class Net(nn.Module):
    """The network. Comments tell the shape of one sample after each layer.

    Weights that Layerscope exported fit it: net.load_state_dict(safetensors.torch.load_file("…")).
    """

    def __init__(self) -> None:
        super().__init__()
        $made

    def forward(self, x: Tensor) -> Tensor:
        # $shape
        $steps
        return $last
'''
