"""What an ending means for a run's row in the catalog."""

import math
from pathlib import Path

from core.events import Compared, Diverged, Event, Failed, Finished, Stopped
from core.records import Progress, RunState
from core.store.reader import Reader


def meaning(ending: Event, compared: Compared | None = None) -> tuple[RunState, str] | None:
    """The state an ending leads to, and what there is to say of it; None when the event ends nothing.

    compared: how the run compares with the one it did again.
    """
    known = _meaning(ending)
    if known is None or compared is None:
        return known
    return known[0], f"{known[1]} {compared.words()}".strip()


def _meaning(ending: Event) -> tuple[RunState, str] | None:
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
        *before, last = [None, *(event for _, event in reader.events(reader.last_number() - 2))]
        compared = before[-1] if before and isinstance(before[-1], Compared) else None
        return meaning(last, compared) if last else None, reader.progress()
    finally:
        reader.close()
