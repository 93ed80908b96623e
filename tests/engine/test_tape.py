"""Protects the tape: what was written down computes the same from other tensors, and from those alone."""

import weakref

import pytest
import torch
from torch import nn
from torch.func import vmap

from core.engine.tape import Untold, recorded

aten = torch.ops.aten


def drawn(*shapes, seed=0):
    made = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=made) for shape in shapes]


def views(x, y):
    (whole,) = x.split(9)
    a, b = whole.view(2, 6).chunk(2, 1)
    return [torch.cat([a.t(), b.t()]) @ y, x.expand(2, 3, 4).transpose(1, 2)[:, 1:]]


def several_results(x, y):
    spread, mean = torch.var_mean(x, 0)
    best, where = (x @ x.t()).max(1)
    return [spread + mean, best, where, y]


def in_place(x, y):
    held = x.clone()
    held.mul_(2).add_(1)
    y.copy_(held.view(2, 12)[:, :3] + y)
    return [held, y]


def drawn_numbers(x, y):
    return [nn.functional.dropout(x, 0.5), torch.rand_like(y)]


def batched_slopes(x, y):
    def loss(one):
        return nn.functional.layer_norm(one, (4,)).relu().square().sum()

    weights = x.detach().requires_grad_()
    return [*torch.autograd.grad(vmap(loss)(weights).sum(), [weights]), y]


@pytest.mark.parametrize("compute", [views, several_results, in_place, drawn_numbers, batched_slopes])
def test_it_computes_the_same_from_other_tensors(compute):
    shapes = {views: [(3, 4), (2, 5)], in_place: [(2, 3, 4), (2, 3)], batched_slopes: [(3, 4), (2,)]}
    shapes = shapes.get(compute, [(3, 4), (2, 3)])
    program = recorded(compute, drawn(*shapes), {})
    for seed in (1, 2):
        given, others = drawn(*shapes, seed=seed), drawn(*shapes, seed=seed)
        torch.manual_seed(5)
        wanted = compute(*given)
        torch.manual_seed(5)
        found = program(*others)
        assert all(map(torch.equal, found, wanted))
        assert all(map(torch.equal, others, given)), "what it changes in place is changed"


def test_an_operation_is_written_down_as_what_others_do():
    def softly(x, axis, half):
        return x - x.exp().sum(axis, keepdim=True).log()

    (x,) = drawn((3, 4))
    program = recorded(lambda x: [x.log_softmax(1)], [x], {aten._log_softmax.default: softly})
    assert torch.allclose(program(x)[0], x.log_softmax(1))
    assert torch.allclose(recorded(lambda x: [x.relu()], [x], {aten.relu.default: torch.abs})(x)[0], x.abs())


def test_tensors_from_elsewhere_stay_what_they_are():
    x, weights = drawn((3, 4), (4,))
    program = recorded(lambda x: [x * weights + torch.tensor(2.0)], [x], {})
    (y,) = drawn((3, 4), seed=1)
    assert torch.equal(program(y)[0], y * weights + 2)


def test_what_depends_on_a_number_is_refused():
    with pytest.raises(Untold, match="looks at a number"):
        recorded(lambda x: [x * x.sum().item()], drawn((3, 4)), {})


def test_a_second_look_at_known_memory_is_not_taken_for_a_tensor_from_elsewhere():
    (x,) = drawn((3, 4))
    row = x[0]
    with pytest.raises(Untold, match="unseen"):
        recorded(lambda x: [x + row], [x], {})


def operations(program):
    return [node.target for node in program.__self__.graph.nodes if node.op == "call_function"]


def test_what_nothing_needs_is_left_out():
    program = recorded(lambda x: [x.view(3, 4).relu(), x.exp().sum(0)][:1], drawn((3, 4)), {})
    assert operations(program) == [aten.relu.default]


def test_what_nobody_needs_any_more_is_let_go_while_it_is_written_down():
    def compute(x):
        some = x.exp()
        kept, more = weakref.ref(some), some.sin()
        del some
        assert kept() is None
        return [more]

    assert recorded(compute, drawn((3, 4)), {})


def test_a_product_comes_as_it_is_wanted():
    def slopes(x, y):
        return [torch.bmm(x.transpose(1, 2), y).transpose(1, 2)]

    program = recorded(slopes, drawn((2, 3, 4), (2, 3, 5)), {})
    assert operations(program) == [aten.transpose.int, aten.bmm.default]
    given = drawn((2, 3, 4), (2, 3, 5), seed=1)
    assert torch.allclose(program(*given)[0], slopes(*given)[0], atol=1e-6)
