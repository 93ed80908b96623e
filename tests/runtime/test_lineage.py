"""Protects the curves of branches: they begin with those of the runs they go on from."""

from contextlib import closing

import pytest

from core.events import StepsRecorded
from core.records import RunState
from core.runtime.lineage import curves
from core.store import files
from core.store.catalog import Catalog
from core.store.writer import Writer


@pytest.fixture
def runs(tmp_path):
    """A run of nine steps, a branch from its fourth that told three, and one from the sixth of that."""
    with closing(Catalog(tmp_path)) as catalog:
        made = []
        for first, last, parent in ((1, 9, None), (5, 7, 4), (7, 8, 6)):
            run = catalog.add_run({}, "x", f"key of {first}", None, "accuracy")
            with closing(Writer(files.make_folder(files.run_folder(tmp_path, run)))) as writer:
                steps = range(first, last + 1)
                writer.append(*(StepsRecorded(steps=(step,), losses=(run + step / 10,)) for step in steps))
            origin = {"parent": made[-1].id, "parent_step": parent} if parent else {}
            made.append(catalog.run(run).model_copy(update=origin))
        yield tmp_path, catalog, made


def values(store, run):
    loss = curves(store, run, 100)["train_loss"]
    return dict(zip(loss.steps, loss.values, strict=True))


def test_a_branch_has_its_parents_curve_up_to_the_moment_it_goes_on_from(runs):
    store, _, (parent, branch, _) = runs
    assert list(values(store, parent)) == list(range(1, 10))
    joined = values(store, branch)
    assert list(joined) == [1, 2, 3, 4, 5, 6, 7]
    assert joined[4] == parent.id + 0.4
    assert joined[5] == branch.id + 0.5


def test_where_its_parent_is_gone_it_stands_alone(runs):
    store, catalog, (parent, branch, _) = runs
    for state in (RunState.STARTING, RunState.RUNNING, RunState.FINISHED):
        catalog.set_state(parent.id, state)
    catalog.delete(parent.id)
    assert list(values(store, branch)) == [5, 6, 7]
