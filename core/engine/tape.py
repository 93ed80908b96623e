"""Tape: what torch does in a computation, written down as a graph, to be done again with other tensors.

As light as can be: `make_fx` loads torch's compiler first, which takes a fresh process seconds.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Node
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

aten = torch.ops.aten
Instead = Mapping[Any, Callable[..., Any]]
"""Operations to be written down as what others do."""
_LOOKS = {aten.view.default, aten._unsafe_view.default, aten.expand.default, aten.detach.default,
          aten.alias.default}
"""Operations that look at the memory they are given, at times in the very shape it had."""
_TURNED = aten.transpose.int


class Untold(ValueError):
    """A computation that depends on more than the tensors it is given."""


def recorded(compute: Callable[..., Sequence[Tensor]], given: Sequence[Tensor],
             instead: Instead) -> Callable[..., list[Tensor]]:
    """What `compute` does with these tensors, as a function of others like them in shape and place in memory.

    Those it changes in place are changed. Tensors from elsewhere are the same at every call. Raises Untold
    when it looks at a number.
    """
    tape = _Tape(given, instead)
    with tape:
        results = compute(*given)
    return tape.done(results)


class _Tape(TorchDispatchMode):
    def __init__(self, given: Sequence[Tensor], instead: Instead) -> None:
        super().__init__()
        self._instead = instead
        self._graph = Graph()
        self._root = nn.Module()  # holds the tensors from elsewhere
        # Weak: what nobody needs any more is let go as if nothing was written down.
        self._nodes: MutableMapping[Tensor, Node] = WeakTensorKeyDictionary()
        for place, tensor in enumerate(given):
            self._know(tensor, self._graph.placeholder(f"given_{place}"))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # it would be loaded to be told so

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func in self._instead:
            with self:
                return self._instead[func](*args, **named)
        told = tuple(self._said(one) for one in args), {name: self._said(one) for name, one in named.items()}
        made = func(*args, **named)
        if func in _LOOKS and made.shape == args[0].shape:
            self._know(made, told[0][0])
        elif isinstance(made, tuple | list):
            several = self._graph.call_function(func, *told)
            for place, one in enumerate(made):
                self._see(one, self._graph.call_function(_at, (several, place)))
        else:
            self._see(made, self._graph.call_function(func, *told))
        return made

    def done(self, results: Sequence[Tensor]) -> Callable[..., list[Tensor]]:
        """All that was written down, to give these."""
        self._graph.output([self._node(one) for one in results])
        _lean(self._graph)
        return GraphModule(self._root, self._graph).forward

    def _said(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self._held(value) if self._foreign(value) else self._node(value)
        return [self._said(one) for one in value] if isinstance(value, list | tuple) else value

    def _foreign(self, tensor: Tensor) -> bool:
        """Whether it is nothing that was given or made here, nor looks at the memory of such."""
        if tensor in self._nodes:
            return False
        known = {one.untyped_storage().data_ptr() for one in self._nodes}
        return not tensor.numel() or tensor.untyped_storage().data_ptr() not in known

    def _held(self, tensor: Tensor) -> Node:
        name = f"held_{len(list(self._root.buffers()))}"
        self._root.register_buffer(name, tensor)
        node = self._graph.get_attr(name)
        self._know(tensor, node)
        return node

    def _node(self, tensor: Tensor) -> Node:
        if tensor not in self._nodes:
            raise Untold(f"A tensor of shape {tuple(tensor.shape)} came to be unseen.")
        return self._nodes[tensor]

    def _see(self, made: Any, node: Node) -> None:
        if isinstance(made, Tensor):
            self._know(made, node)
        elif made is not None:  # a result nobody asked for
            raise Untold("It looks at a number.")

    def _know(self, tensor: Tensor, node: Node) -> None:
        self._nodes[tensor] = node


def _at(several: Sequence[Tensor], place: int) -> Tensor:
    return several[place]


def _lean(graph: Graph) -> None:
    """Leave out what nothing needs, and have products of matrices come as they are wanted.

    A product that is only looked at turned round, (A B)ᵀ, is Bᵀ Aᵀ: that need not be turned.
    """
    restless = any(node.target is aten.as_strided.default for node in graph.nodes)
    for node in list(graph.nodes):
        product = node.args[0] if node.target is _TURNED and node.args[1:] == (1, 2) else None
        if restless or product is None or product.target is not aten.bmm.default or len(product.users) > 1:
            continue
        left, right = product.args
        with graph.inserting_before(product):
            turned = [_turned(graph, one) for one in (right, left)]
            better = graph.call_function(aten.bmm.default, tuple(turned))
        node.replace_all_uses_with(better)
        graph.erase_node(node)
    graph.eliminate_dead_code()


def _turned(graph: Graph, node: Node) -> Node:
    """The same matrices turned round."""
    if node.target is _TURNED and node.args[1:] == (1, 2):
        return node.args[0]  # type: ignore[return-value]
    return graph.call_function(_TURNED, (node, 1, 2))
