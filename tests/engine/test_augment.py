"""Protects augmentation: pictures change at random while training, by no more than asked, and never else."""

import torch

from core.engine.modules.augment import Augment

PICTURES = torch.rand(200, 2, 8, 8, generator=torch.Generator().manual_seed(0)) + 0.1


def changed(**strength):
    torch.manual_seed(1)
    return Augment(**({"shift": 0.0, "flip": 0.0, "erase": 0.0} | strength))(PICTURES)


def test_it_changes_nothing_at_rest_or_without_strength():
    assert torch.equal(Augment(0.5, 0.5, 0.5).eval()(PICTURES), PICTURES)
    assert torch.equal(changed(), PICTURES)


def test_about_so_many_pictures_are_mirrored():
    mirrored = (changed(flip=0.3) == PICTURES.flip(3)).flatten(1).all(1)
    assert 40 <= int(mirrored.sum()) <= 80
    assert torch.equal(changed(flip=0.3)[~mirrored], PICTURES[~mirrored])
    assert torch.equal(changed(flip=1.0), PICTURES.flip(3))


def test_pictures_are_moved_each_way_by_at_most_so_much_and_leave_emptiness_behind():
    moved, moves = changed(shift=0.25), set()
    for one, other in zip(PICTURES, moved, strict=True):
        found = [(down, right) for down in range(-2, 3) for right in range(-2, 3)
                 if torch.equal(other, _moved(one, down, right))]
        assert len(found) == 1
        moves.add(found[0])
    assert len(moves) == 25


def _moved(picture, down, right):
    wide = torch.nn.functional.pad(picture, (2, 2, 2, 2))
    return wide[:, 2 + down:10 + down, 2 + right:10 + right]


def test_a_square_is_covered_anywhere_in_the_picture():
    covered = changed(erase=0.5) == 0
    assert (covered.flatten(1).sum(1) == 2 * 4 * 4).all()
    assert covered.any(0).all(), "some picture is covered at every place"
