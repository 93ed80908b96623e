"""Call -> module, experiment -> network. The only place where a name becomes a torch object."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from core.catalog.base import Call, Optimizer
from core.engine.fast import chain
from core.engine.modules import OWN
from core.experiment.check import INPUT, check
from core.experiment.model import Experiment

_ROOTS: dict[str, Any] = {"nn": torch.nn, "optim": torch.optim}


def resolved(call: Call) -> Any:
    """The class a call names; only torch's modules and optimizers, and ours, can be named."""
    root, name = call.target.split(".")
    return OWN[name] if root == "own" else getattr(_ROOTS[root], name)


def module(call: Call) -> nn.Module:
    """The module a call makes."""
    return resolved(call)(**call.kwargs)


class Trace(NamedTuple):
    """What one node did: the sums of its first module, and its output. Both: (samples, *shape)."""

    sums: Tensor
    output: Tensor


class Net(nn.Module):
    """A network: nodes in order, each a short chain of modules reading one or more earlier nodes."""

    def __init__(self, blocks: Mapping[str, nn.Sequential], inputs: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.ids = tuple(blocks)
        self.blocks = nn.ModuleList(blocks.values())
        self.sources = dict(inputs)
        before = (INPUT, *self.ids)
        chained = all(inputs[id] == (before[place],) for place, id in enumerate(self.ids))
        self._chain = chain(part for block in blocks.values() for part in block) if chained else None

    def forward(self, x: Tensor) -> Tensor:
        """Outputs for a batch. x: (samples, *shape of a sample). Result: (samples, outputs)."""
        if self._chain is None:
            return [trace.output for _, trace in self.traces(x)][-1]
        for forward in self._chain:
            x = forward(x)
        return x

    def traces(self, x: Tensor) -> Iterator[tuple[str, Trace]]:
        """Every node's id, sums and output for a batch, one after the other, `input` first.

        An output is let go as soon as no later node reads it, so that a deep network needs no more
        memory than its widest place.
        """
        last_reader = {source: id for id in self.ids for source in self.sources[id]}
        held = {INPUT: x}
        yield INPUT, Trace(x, x)
        for id, block in zip(self.ids, self.blocks, strict=True):
            parts: Any = block
            sums = output = parts[0](*(held[source] for source in self.sources[id]))
            for part in list(parts)[1:]:
                output = part(output)
            held = {source: value for source, value in held.items() if last_reader.get(source) != id}
            held[id] = output
            yield id, Trace(sums, output)

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


def network(experiment: Experiment) -> Net:
    """The network of an experiment with first weights drawn from torch's generator. Raises Problems."""
    walked = check(experiment)
    blocks = {id: nn.Sequential(*(module(call) for call in layer.calls(*walked.shapes_into(id))))
              for id, layer in walked.layers.items()}
    return Net(blocks, walked.inputs)


def optimizers(entry: Optimizer, net: Net) -> list[torch.optim.Optimizer]:
    """The torch optimizers of a rule; together they hold every parameter once. Empty parts are left out."""
    matrices = {id(p) for block in list(net.blocks)[:-1] for p in block.parameters() if p.ndim == 2}
    everything = list(net.parameters())
    chosen = {"all": everything, "matrices": [p for p in everything if id(p) in matrices],
              "others": [p for p in everything if id(p) not in matrices]}
    return [resolved(part.call)(chosen[part.parameters], **part.call.kwargs)
            for part in entry.parts() if chosen[part.parameters]]
