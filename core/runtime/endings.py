"""What an ending means for a run's row in the catalog."""

import math
from pathlib import Path

from core.events import Diverged, Event, Failed, Finished, Stopped
from core.records import Progress, RunState
from core.store.reader import Reader


def meaning(ending: Event) -> tuple[RunState, str] | None:
    """The state an ending leads to, and why, for a reader; None when the event ends nothing."""
    match ending:
        case Finished():
            waited = ending.waited
            early = f"Nothing improved for {waited} epochs, so it ended early. " if waited else ""
            return RunState.FINISHED, f"{early}{_kept(ending.kept)}".strip()
        case Stopped():
            return RunState.STOPPED, f"{ending.why} {_kept(ending.kept)}".strip()
        case Diverged():
            loss = "undefined" if math.isnan(ending.loss) else "infinite"
            place = f"in epoch {ending.epoch} (step {ending.step})"
            return RunState.DIVERGED, f"The loss became {loss} {place}. Lower the learning rate."
        case Failed():
            return RunState.FAILED, ending.what
        case _:
            return None


def _kept(step: int | None) -> str:
    return f"It kept its best weights, those of step {step}." if step is not None else ""


def left_behind(folder: Path) -> tuple[tuple[RunState, str] | None, Progress | None]:
    """What a run whose worker is gone said of its ending, if it still could, and how far it said it was."""
    reader = Reader(folder)
    try:
        last = reader.last_event()
        return meaning(last) if last else None, reader.progress()
    finally:
        reader.close()
