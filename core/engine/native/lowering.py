"""A traced step becomes C++: what is kept in memory, and what is worked out where it is used."""

from collections.abc import Sequence
from operator import getitem
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from core.engine.native.arithmetic import kind_named, real
from core.engine.native.code import Code
from core.engine.native.drawn import Drawn
from core.engine.native.operations import OPERATIONS, aten
from core.engine.native.values import Leaf, Picked, Pointwise, Unsupported, Value, leaf, realized

_LARGEST = 4096
"""Numbers a constant may have."""
_TO = aten._to_copy.default
_LOOKS = {aten.alias.default, aten.detach.default, aten.clone.default}
"""Operations that give what they are given."""


def decompositions() -> "dict[Any, Any]":
    """Operations spelled out by others, so that few are left to be compiled."""
    from torch._decomp import core_aten_decompositions, get_decompositions

    spelled_out = [aten.gelu, aten.gelu_backward, aten.elu, aten.elu_backward, aten.hardtanh,
                   aten.hardtanh_backward, aten.leaky_relu_backward, aten.native_batch_norm,
                   aten.native_batch_norm_backward, aten.native_layer_norm, aten.native_layer_norm_backward,
                   aten._native_batch_norm_legit_functional, aten._native_batch_norm_legit,
                   aten.native_group_norm, aten.native_group_norm_backward, aten.var_mean]
    found = {**core_aten_decompositions(), **get_decompositions(spelled_out), aten.view.default: _view}
    return {operation: written for operation, written in found.items() if operation not in OPERATIONS}


def _brief(node: Node, value: Value) -> Value:
    """Numbers as short as those of bfloat16, held in floats.

    Raises Unsupported unless floats are made of them at once.
    """
    if any(user.target is not _TO or user.kwargs.get("dtype") is not torch.float32 for user in node.users):
        raise Unsupported("operations in bfloat16")
    return real("brief({0})")(value)


def _view(x: Tensor, shape: Sequence[int]) -> Tensor:
    # What others spelled out may lie in an order in which torch cannot read it so.
    return aten._unsafe_view.default(x.contiguous(), shape)


def declared() -> "dict[Any, Any]":
    """Batch normalisation as the operation that declares that it changes its statistics."""
    def batch_norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, *asked: Any) -> Any:
        mean, spread, *rest = asked
        if mean is None or spread is None:
            return aten._native_batch_norm_legit.no_stats(x, weight, bias, *rest)
        return aten._native_batch_norm_legit.default(x, weight, bias, *asked)

    return {aten.native_batch_norm.default: batch_norm}


class Lowering:
    """One step as C++ lines that read and write given arrays."""

    def __init__(self, graph: GraphModule, names: Sequence[str], kept: Sequence[str]) -> None:
        """names: the array each input lies in. kept: of each output, the array it replaces; "" for none.

        Raises Unsupported.
        """
        graph.graph.eliminate_dead_code()
        self.code, self.drawn = Code(), Drawn("drawn")
        self._operations = {**OPERATIONS, aten.bernoulli.p: self.drawn.ones,
                            aten.randn_like.default: self.drawn.normal}
        self._known: dict[Node, Any] = {}
        inputs = [node for node in graph.graph.nodes if node.op == "placeholder"]
        for node, name in zip(inputs, names, strict=True):
            self._known[node] = _given(node.meta["val"], name)
        (output,) = (node for node in graph.graph.nodes if node.op == "output")
        self._late = _late(output)
        for node in graph.graph.nodes:
            if node.op == "call_function":
                self._known[node] = self._lowered(node)
            elif node.op == "get_attr":
                self._known[node] = self._constant(getattr(graph, str(node.target)))
        self._put([self._known[node] for node in output.args[0]], list(kept))

    def _constant(self, tensor: Tensor) -> Leaf:
        kind = kind_named(tensor.dtype)
        if tensor.numel() > _LARGEST:
            raise Unsupported(f"constants of more than {_LARGEST} numbers")
        return leaf(kind, tuple(tensor.shape), name=self.code.constant(kind, tensor.flatten().tolist()))

    def _lowered(self, node: Node) -> Any:
        known: Any = map_arg((node.args, node.kwargs), lambda one: self._known[one])
        if node.target is getitem:
            return known[0][0][known[0][1]]
        if node.target is _TO and node.kwargs.get("dtype") is torch.bfloat16:
            return self._settled(node, _brief(node, known[0][0]))
        operation = self._operations.get(node.target)
        if operation is None:
            raise Unsupported(str(node.target))
        return self._settled(node, operation(*known[0], **known[1]))

    def _settled(self, node: Node, value: Any) -> Any:
        """Into memory, if others are worked out from it several times; in the last loops it is only once."""
        several = sum(1 if user.target not in _LOOKS else len(user.users) for user in node.users) > 1
        if several and node not in self._late and isinstance(value, Pointwise):
            return realized(value)
        return value

    def _put(self, values: Sequence[Value], kept: list[str]) -> None:
        """Write the outputs over what they replace: those of one shape in one loop, at the very end."""
        targets = [(leaf(value.kind, value.shape, name=name), value)
                   for value, name in zip(values, kept, strict=True) if name]
        self.code.ready([value for _, value in targets])
        for shape in dict.fromkeys(value.shape for _, value in targets):
            together = [(target, value) for target, value in targets if value.shape == shape]
            self._unread([one for one in targets if one not in together], together)
            self.code.store(together)

    def _unread(self, others: Sequence[tuple[Leaf, Value]], written: Sequence[tuple[Leaf, Value]]) -> None:
        """Raises Unsupported when other outputs read what is written, or these in another order."""
        names = {target.memory.name for target, _ in written}
        for pairs, alike in ((others, False), (written, True)):
            for part in (part for _, value in pairs for part in value.parts()):
                mixed = isinstance(part, Picked) and part.leaf.memory.name in names
                if isinstance(part, Leaf) and part.memory.name in names:
                    mixed = not (alike and part.place.plain)
                if mixed:
                    raise Unsupported("weights that depend on each other")


def _given(example: Tensor, name: str) -> Leaf:
    return leaf(kind_named(example.dtype), tuple(example.shape), name=name)


def _late(output: Node) -> set[Node]:
    """The values that go into outputs number by number and nowhere else."""
    found: set[Node] = set()
    for node in reversed(output.graph.nodes):
        if node.op == "call_function" and node.users and all(
                user is output or (user in found and _alike(user, node)) for user in node.users):
            found.add(node)
    return found


def _alike(one: Node, other: Node) -> bool:
    """Whether one is worked out from the other number by number."""
    shapes = [getattr(node.meta.get("val"), "shape", None) for node in (one, other)]
    return shapes[0] is not None and shapes[0] == shapes[1]
