"""Branching: what a branch needs of the run it comes from lies in its own folder, so that either may go."""

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.events import Branched
from core.experiment import changing, model
from core.experiment.model import Experiment
from core.problems import Problem, Problems, StoreTrouble
from core.records import Run, Snapshot
from core.runtime import paths
from core.store import files
from core.store.catalog import Origin
from core.store.moments import moment
from core.store.reader import Reader
from core.store.trouble import StoreMissing, told

if TYPE_CHECKING:
    from core.engine.trainer import Trainer


def seen(store: Path, run: int, step: int) -> bytes:
    """What there was to see of a run after a step, packed. Raises Problems when that is not kept."""
    with closing(Reader(files.run_folder(store, run))) as reader:
        found = reader.snapshot(moment(step))
    if found is None:
        raise Problems(_gone(run, step))
    return found[1]


def epoch(store: Path, run: int, step: int) -> int:
    """How many epochs a run had done at a moment. Raises Problems when that is not kept."""
    return Snapshot.unpack(seen(store, run, step)).epoch


def newest(store: Path, run: int) -> int | None:
    """The last moment of a run that a branch can go on from; of one that is over by itself, its end."""
    with closing(Reader(files.run_folder(store, run))) as reader:
        kept = [step for step in reader.moments() if paths.checkpoint(store, run, step).exists()]
    return max(kept, default=None)


def now(store: Path, run: Run) -> tuple[Experiment, int]:
    """What a run was asked, with what was changed since up to the event of this number."""
    with closing(Reader(files.run_folder(store, run.id))) as reader:
        told = reader.events(points=False)
    experiment = changing.now(model.read(run.experiment), (event for _, event in told))
    return experiment, told[-1][0] if told else 0


def origin(store: Path, run: int, step: int, experiment: Experiment) -> Origin:
    """A moment as that which a run of this experiment comes from.

    Raises Problems when it is not kept, or when nothing would be left to train.
    """
    changing.refuse_nothing_left(experiment, epoch(store, run, step))
    return Origin(run, step, lambda child: take_along(store, run, step, child))


def take_along(store: Path, run: int, step: int, child: int) -> None:
    """Put the checkpoint of a moment beside a new run. Raises Problems when it is not kept (any more), and
    StoreTrouble.

    The first moment of a branch is its own origin's.
    """
    source, place = paths.checkpoint(store, run, step), paths.origin(store, child)
    if not source.exists():
        source = paths.origin(store, run) / source.name
    files.remove(place)
    made = files.make_folder(place / source.name)
    try:
        with told(made):
            for part in source.iterdir():
                _link(part, made / part.name)
    except StoreTrouble as trouble:
        files.remove(place)
        if isinstance(trouble, StoreMissing):
            raise Problems(_gone(run, step)) from None
        raise


def branch_off(store: Path, run: Run, trainer: "Trainer") -> Branched:
    """Have a run's new trainer go on from where its parent was, and say what could be carried."""
    from core.engine.branch import take_over
    from core.engine.checkpoint import Checkpoints, Damaged

    assert run.parent is not None, "it is a branch"
    assert run.parent_step is not None, "it is a branch"
    try:
        held = Checkpoints(paths.origin(store, run.id)).read(run.parent_step)
    except (Damaged, FileNotFoundError):
        raise Problems(_gone(run.parent, run.parent_step)) from None
    carried = take_over(trainer, held.state)
    return Branched(step=trainer.step, run=run.parent, **carried._asdict())


def _gone(run: int, step: int) -> Problem:
    return Problem(where="moment", what=f"Run {run} keeps no moment of step {step}.",
                   fix="Choose another moment.")


def _link(source: Path, target: Path) -> None:
    """The same file under another name, where the disk can do that: checkpoints are never written twice."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
