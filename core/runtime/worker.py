"""The worker: one process for one run, from its row in the catalog to its ending. It outlives its parents."""

import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.events import Compared, Failed
from core.problems import Problems, StoreTrouble
from core.records import Run, RunState
from core.runtime import comparing, paths, replaying, spare, together
from core.runtime.branching import branch_off
from core.runtime.conduct import Conductor
from core.runtime.endings import meaning
from core.runtime.eye import Eye
from core.runtime.keeper import Gone, Keeper
from core.runtime.past import Past, past
from core.runtime.process import say_to, stand_alone, take
from core.runtime.saver import Saver
from core.runtime.telling import Ending
from core.store import files
from core.store.catalog import Catalog

if TYPE_CHECKING:
    from core.engine.checkpoint import Checkpoints
    from core.engine.trainer import Trainer

def main(run: int, store: Path) -> None:
    """Train this run of this store, in a process that does nothing else."""
    catalog = Catalog(store, create=False)
    row = catalog.run(run)
    files.make_folder(files.run_folder(store, run))
    say_to(paths.log(store, run))
    if row.experiment.get("training", {}).get("turbo", "off") != "off":
        spare.keep()
    lock = take(store, run)
    try:
        _Work(store, row).do()
    except Gone:
        print(f"Run {run} was ended or removed from outside.", flush=True)
    except StoreTrouble as trouble:
        traceback.print_exc()
        catalog.set_state(run, RunState.FAILED, reason=str(trouble))
    finally:
        catalog.close()
        lock.release()


def run_forked(runs: Sequence[int], store: Path) -> None:
    """Train this run, or these as one, in a process just forked, which keeps nothing of the one before."""
    stand_alone()
    train(runs, store)


def train(runs: Sequence[int], store: Path) -> None:
    """Train one run, or several as one."""
    if len(runs) == 1:
        main(runs[0], store)
    else:
        together.main(runs, store)


class _Work:
    """One run's training, with what may go wrong."""

    def __init__(self, store: Path, run: Run) -> None:
        self._store = store
        self._run = run
        self._stopped = False
        self._conductor: Conductor | None = None
        self._trainer: Trainer | None = None
        self._compared: Compared | None = None
        signal.signal(signal.SIGTERM, self._told_to_stop)
        self._keeper = Keeper(store, run, lambda: self._stopped)
        self._keeper.state(RunState.RUNNING)

    def do(self) -> None:
        """Train. Whatever breaks becomes a `Failed` event: this is the edge of the process."""
        try:
            self._end(self._train())
        except (Gone, StoreTrouble):
            raise
        except Problems as problems:
            self._end(Failed(what=str(problems)))
        except Exception as error:
            traceback.print_exc()
            self._end(Failed(what=self._what(error), details=traceback.format_exc()))
        finally:
            self._keeper.close()

    def _train(self) -> Ending:
        from core.engine import weights
        from core.engine.checkpoint import Checkpoints
        from core.engine.probes import Probe
        from core.engine.trainer import Trainer
        from core.experiment import model

        checkpoints = Checkpoints(paths.checkpoints(self._store, self._run.id))
        before = past(files.run_folder(self._store, self._run.id), checkpoints)
        self._clear(checkpoints, before)
        trainer = self._trainer = Trainer(model.read(self._run.experiment),
                                          pins=before.pins() if before else None)
        probe = Probe(trainer.network, trainer.split, trainer.experiment)
        eye = Eye(probe, self._keeper.snapshot, self._keeper.note)
        saver = Saver(checkpoints, self._keeper, eye, before.marked if before else ())
        # Last of all: the generators go on from there.
        branched = branch_off(self._store, self._run, trainer) if self._run.parent else None
        again = before.restore(trainer) if before else None
        conductor = self._conductor = Conductor(self._run.id, trainer, self._keeper, eye, saver)
        conductor.stopping = self._stopped
        if again:
            conductor.catch_up(again)
        else:
            conductor.begin(branched)
        ending = conductor.conduct(replaying.plan(self._store, self._run.id))
        conductor.finish()
        self._keeper.keep(lambda path: weights.write(path, trainer.network))
        self._compare(ending)
        return ending

    def _compare(self, ending: Ending) -> None:
        """Hold a run that does another again beside that; it is stored with the ending, or not at all."""
        other = replaying.original(self._store, self._run.id)
        if other is None:
            return
        try:
            self._keeper.catalog.run(other)
            self._compared = comparing.compared(self._store, self._run.id, other, ending)
        except (StoreTrouble, OSError) as trouble:
            self._keeper.note(f"It was not compared with run {other}. {trouble}")
        else:
            self._keeper.hear(self._compared)

    def _end(self, ending: Ending | Failed) -> None:
        known = meaning(ending, self._compared)
        assert known is not None, "an ending has a meaning"
        self._keeper.end(ending, *known, self._trainer.seconds if self._trainer else None)

    def _clear(self, checkpoints: "Checkpoints", before: Past | None) -> None:
        """Take away what a killed process left half done, and what is of no use any more."""
        checkpoints.sweep()
        if before is None:
            return
        checkpoints.remove(before.useless)
        for step in before.useless:
            self._keeper.note(f"The checkpoint of step {step} is damaged, or newer than what was stored: "
                              "it was left out.")
        self._keeper.forget(before.stale(checkpoints.steps()))

    def _told_to_stop(self, *_: object) -> None:
        self._stopped = True
        if self._conductor is not None:
            self._conductor.stopping = True

    def _what(self, error: Exception) -> str:
        """What broke, for the person who trains."""
        place = f" at step {self._trainer.step}" if self._trainer else ""
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            batch = self._run.experiment.get("training", {}).get("batch_size", "the usual")
            return f"Memory ran out{place}. Lower the batch size (now {batch}), or make the network smaller."
        return (f"This is our fault: training broke{place} ({type(error).__name__}). "
                "The run's log has the details.")


if __name__ == "__main__":  # where there is no fork
    train([int(run) for run in sys.argv[1:-1]], Path(sys.argv[-1]))
