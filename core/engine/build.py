"""Call -> module, experiment -> network. The only place where a name becomes a torch object."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from core.catalog.base import Call, Optimizer
from core.engine.fast import Forward, chain, light_optimizers
from core.engine.modules import OWN
from core.engine.modules.first import initialized
from core.experiment.check import INPUT, check
from core.experiment.model import Experiment

_ROOTS: dict[str, Any] = {"nn": torch.nn, "optim": torch.optim}


def resolved(call: Call) -> Any:
    """The class a call names; only torch's modules and optimizers, and ours, can be named."""
    root, name = call.target.split(".")
    return OWN[name] if root == "own" else getattr(_ROOTS[root], name)


def module(call: Call) -> nn.Module:
    """The module a call makes, with its first weights."""
    made = resolved(call)(**call.kwargs)
    return initialized(made, getattr(nn.init, call.first)) if call.first else made


class Trace(NamedTuple):
    """What one node did: the sums of its first module, and its output. Both: (samples, *shape)."""

    sums: Tensor
    output: Tensor


class _Part(NamedTuple):
    """One node as it is run: what it reads, what it does, and what nobody reads after it."""

    id: str
    sources: tuple[str, ...]
    modules: nn.Sequential
    first: Forward
    rest: list[Forward]
    done_with: tuple[str, ...]


class Net(nn.Module):
    """A network: nodes in order, each a short chain of modules reading one or more earlier nodes."""

    def __init__(self, blocks: Mapping[str, nn.Sequential], inputs: Mapping[str, tuple[str, ...]],
                 fields: Mapping[str, tuple[int, int]]) -> None:
        """fields: from where to where a part of the input reaches that nodes read by itself, by name."""
        super().__init__()
        self.ids = tuple(blocks)
        self.blocks = nn.ModuleList(blocks.values())
        self.sources = dict(inputs)
        self._fields = {f"{INPUT}.{name}": reach for name, reach in fields.items()}
        before = (INPUT, *self.ids)
        chained = all(inputs[id] == (before[place],) for place, id in enumerate(self.ids))
        self._chain = chain(part for block in blocks.values() for part in block) if chained else None
        self._plan = self._planned()

    def forward(self, x: Tensor) -> Tensor:
        """Outputs for a batch. x: (samples, *shape of a sample). Result: (samples, outputs)."""
        if self._chain is None:
            return self._through(x)
        for forward in self._chain:
            x = forward(x)
        return x

    def traces(self, x: Tensor) -> Iterator[tuple[str, Trace]]:
        """Every node's id, sums and output for a batch, one after the other, `input` first.

        An output is let go as soon as no later node reads it, so that a deep network needs no more
        memory than its widest place.
        """
        held = self._given(x)
        yield INPUT, Trace(x, x)
        for part in self._plan:
            modules: Any = part.modules
            sums = output = modules[0](*(held[source] for source in part.sources))
            for module in list(modules)[1:]:
                output = module(output)
            for source in part.done_with:
                del held[source]
            held[part.id] = output
            yield part.id, Trace(sums, output)

    def _through(self, x: Tensor) -> Tensor:
        held = self._given(x)
        for part in self._plan:
            x = part.first(*(held[source] for source in part.sources))
            for forward in part.rest:
                x = forward(x)
            for source in part.done_with:
                del held[source]
            held[part.id] = x
        return x

    def _given(self, x: Tensor) -> dict[str, Tensor]:
        return {INPUT: x} | {name: x[:, start:stop] for name, (start, stop) in self._fields.items()}

    def _planned(self) -> list[_Part]:
        last_reader = {source: id for id in self.ids for source in self.sources[id]}
        plan: list[_Part] = []
        for id, block in zip(self.ids, self.blocks, strict=True):
            modules: Any = block
            done = tuple(source for source, reader in last_reader.items() if reader == id)
            plan.append(_Part(id, self.sources[id], modules, modules[0].forward,
                              chain(list(modules)[1:]), done))
        return plan

    def block(self, id: str) -> nn.Sequential:
        """The chain of modules of one node."""
        return self.blocks[self.ids.index(id)]  # type: ignore[return-value]

    def learned(self) -> dict[str, Tensor]:
        """Every parameter by `<node id>.<place>.<name>`, without copies."""
        return {f"{id}.{name}": tensor for id, block in zip(self.ids, self.blocks, strict=True)
                for name, tensor in block.named_parameters()}

    def tensors(self) -> dict[str, Tensor]:
        """Every parameter and buffer by `<node id>.<place>.<name>`, without copies."""
        return {f"{id}.{name}": tensor for id, block in zip(self.ids, self.blocks, strict=True)
                for name, tensor in block.state_dict().items()}


class Walked(nn.Module):
    """A network as a plain walk over its nodes, with torch's own functions: for whoever traces or batches it.

    Our faster ones look at the size of a batch, and compilers do better with torch's.
    """

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """Outputs for a batch. x: (samples, *shape of a sample). Result: (samples, outputs)."""
        output = x
        for _, trace in self.net.traces(x):
            output = trace.output
        return output


def network(experiment: Experiment) -> Net:
    """The network of an experiment with first weights drawn from torch's generator. Raises Problems."""
    walked = check(experiment)
    blocks = {id: nn.Sequential(*(module(call) for call in layer.calls(*walked.shapes_into(id))))
              for id, layer in walked.layers.items()}
    fields = {name: (field.start, field.stop) for name, field in experiment.data.fields.items()}
    net = Net(blocks, walked.inputs, fields)
    for node in experiment.network.nodes:
        net.block(node.id).requires_grad_(not node.frozen)
    return net


def optimizers(entry: Optimizer, net: Net) -> list[torch.optim.Optimizer]:
    """The torch optimizers of a rule; together they hold every parameter once. Empty parts are left out."""
    light_optimizers()
    matrices = {id(part.weight) for block in list(net.blocks)[:-1] for part in block.modules()
                if isinstance(part, nn.Linear)}
    everything = [parameter for parameter in net.parameters() if parameter.requires_grad]
    chosen = {"all": everything, "matrices": [p for p in everything if id(p) in matrices],
              "others": [p for p in everything if id(p) not in matrices]}
    return [resolved(part.call)(chosen[part.parameters], **part.call.kwargs)
            for part in entry.parts() if chosen[part.parameters]]
