"""Protects where numbers lie: every view reads the memory that torch's view of the same kind reads."""

import pytest
import torch

from core.engine.native.places import Place, broadcast, fresh, joined

VIEWS = {
    "permuted": (lambda place: place.permuted([2, 0, 1]), lambda tensor: tensor.permute(2, 0, 1)),
    "sliced": (lambda place: place.sliced(1, 1, 2, 2), lambda tensor: tensor[:, 1:5:2]),
    "without": (lambda place: place.sliced(0, 1, 1).without([0]), lambda tensor: tensor[1]),
    "with an axis": (lambda place: place.with_axis(1), lambda tensor: tensor.unsqueeze(1)),
    "expanded": (lambda place: place.with_axis(0).expanded([3, -1, -1, -1]),
                 lambda tensor: tensor.expand(3, 2, 6, 4)),
    "reshaped": (lambda place: place.reshaped([4, 1, 12]), lambda tensor: tensor.reshape(4, 1, 12)),
    "apart": (lambda place: place.reshaped([2, 2, 3, 4]), lambda tensor: tensor.reshape(2, 2, 3, 4)),
    "apart, in another order": (lambda place: place.permuted([1, 0, 2]).reshaped([3, 2, 2, 4]),
                                lambda tensor: tensor.permute(1, 0, 2).reshape(3, 2, 2, 4))}


def read(place: Place) -> torch.Tensor:
    return torch.arange(48).as_strided(place.shape, place.strides, place.offset)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_reads_what_torch_reads(name):
    ours, theirs = VIEWS[name]
    assert torch.equal(read(ours(fresh([2, 6, 4]))), theirs(torch.arange(48).view(2, 6, 4)))


def test_numbers_that_cannot_be_read_in_one_order_are_not():
    assert fresh([2, 6, 4]).permuted([1, 0, 2]).reshaped([48]) is None


def test_axes_are_joined_where_all_can_be_read_as_one():
    whole, turned = fresh([2, 6, 4]), fresh([6, 2, 4]).permuted([1, 0, 2])
    assert joined([whole]) == [(48, (1,))]
    assert joined([whole, turned]) == [(2, (24, 4)), (6, (4, 8)), (4, (1, 1))]
    assert joined([whole, fresh([1, 6, 4]).expanded([2, 6, 4])]) == [(2, (24, 0)), (24, (1, 1))]


def test_shapes_are_put_together_as_torch_does():
    shapes = (3, 1, 5), (4, 5), ()
    assert broadcast(shapes) == tuple(torch.broadcast_shapes(*shapes))
