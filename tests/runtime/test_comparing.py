"""Protects the comparison of a run with the one it does again: the first number that is another is named."""

import math
from contextlib import closing

import pytest

from core.events import Failed, Finished, StepsRecorded
from core.runtime import paths
from core.runtime.comparing import compared
from core.store import files
from core.store.writer import Writer


def ending(step):
    return Finished(step=step, epoch=1, seconds=1.0, test={})


def kept(store, run, losses, weights=b"w", last=None):
    """A run with these losses, which ended after the last of them unless it is said how."""
    end = last or ending(len(losses))
    folder = files.make_folder(files.run_folder(store, run))
    with closing(Writer(folder)) as writer:
        writer.append(StepsRecorded(steps=tuple(range(1, len(losses) + 1)), losses=losses), end)
    if weights:
        paths.weights(store, run).write_bytes(weights)
    return end


LOSSES = (1.0, 0.5, math.nan, 0.25)


def beside(store, losses, weights=b"w", before=LOSSES, last=None):
    """How a run with these losses compares with another."""
    kept(store, 1, before, last=last)
    return compared(store, 2, 1, kept(store, 2, losses, weights))


def test_the_same_bits_are_the_same_even_where_they_are_no_number(tmp_path):
    told = beside(tmp_path, LOSSES)
    assert (told.same, told.points, told.weights) == (True, 4, "equal")
    assert told.words() == ("Every recorded loss and score and all final weights equal those of run 1 "
                            "to the last bit.")


def test_the_first_number_that_is_another_is_named_with_both_values(tmp_path):
    told = beside(tmp_path, (1.0, math.nextafter(0.5, 1), 3.0, 0.25))
    assert (told.same, told.parted, told.step, told.before) == (False, "train_loss", 2, 0.5)
    assert "first at step 2, where the train loss was 0.5 and is 0.5000000000000001." in told.words()


def test_a_point_that_only_one_of_two_finished_runs_has_is_a_difference(tmp_path):
    told = beside(tmp_path, LOSSES[:3], last=ending(3))
    assert (told.same, told.step, told.before, told.now) == (False, 4, 0.25, None)
    assert "only one of them has a train loss at step 4" in told.words()


def test_equal_losses_do_not_hide_other_weights(tmp_path):
    told = beside(tmp_path, LOSSES, weights=b"other")
    assert not told.same
    assert told.words().endswith("but the final weights do not.")


@pytest.mark.parametrize("original", [{"last": Failed(what="no")}, {"before": (*LOSSES, 0.1)}])
def test_runs_that_did_not_end_alike_are_compared_as_far_as_both_went(tmp_path, original):
    told = beside(tmp_path, LOSSES, **original)
    assert (told.same, told.until, told.weights) == (True, 4, "unknown")
    assert "to step 4" in told.words()


def test_an_original_without_weights_is_said_to_have_none(tmp_path):
    kept(tmp_path, 1, LOSSES, weights=None)
    told = compared(tmp_path, 2, 1, kept(tmp_path, 2, LOSSES))
    assert told.same
    assert told.words().endswith("but it kept no weights to compare.")
