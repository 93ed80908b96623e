"""The analyst: one process for one question. Its answer is a file; it is ended when it takes too long."""

import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.gaze import Gaze
from core.problems import Problem, Problems, StoreTrouble
from core.records import Run, RunState, Snapshot
from core.runtime import branching, exports, paths
from core.runtime.process import stand_alone
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader

_KEPT = 400
"""Answers kept; older ones are computed again when they are asked again."""


def main(key: str, store: Path) -> None:
    """Answer the question with this key."""
    catalog = Catalog(store, create=False)
    question = catalog.question(key)
    if question is not None:
        put(store, key, reply(store, question.kind, question.payload))
        catalog.answered(key)
    catalog.close()


def answer_forked(key: str, store: Path) -> None:
    """The same in a process just forked. Somebody waits for it, so it does not stand back."""
    stand_alone(nice=0)
    main(key, store)


def reply(store: Path, kind: str, payload: dict[str, Any]) -> Snapshot:
    """The answer. Whatever goes wrong is an answer too: this is the edge of the process."""
    try:
        if kind not in _ANSWERS:
            raise Problems(Problem(where="", what=f"There is no answer to {kind!r}.", fix="Reload the page."))
        return _ANSWERS[kind](store, payload)
    except Problems as problems:
        return problem(str(problems))
    except StoreTrouble as trouble:
        return problem(str(trouble), passing=True)
    except MemoryError:
        return problem("Memory ran out. Make the network or the data smaller.", passing=True)
    except Exception as error:
        traceback.print_exc()
        return problem(f"This is our fault: the answer broke ({type(error).__name__}). "
                       f"{paths.jobs_log(store)} has the details.", passing=True)


def problem(what: str, passing: bool = False) -> Snapshot:
    """An answer that says why there is none. passing: asking again may help."""
    return Snapshot(0, 0, {"problem": what, "passing": passing})


def put(store: Path, key: str, answer: Snapshot) -> None:
    """Put an answer where the asker looks for it, and clear away the oldest ones."""
    path = files.answer_file(store, key)
    files.make_folder(path.parent)
    files.put(path, answer.pack(), durable=False)
    files.keep_newest(path.parent, _KEPT)


def _preview(store: Path, payload: dict[str, Any]) -> Snapshot:
    from core.engine.preview import preview
    from core.experiment import model

    return preview(model.read(payload["experiment"]).data)


def _look(store: Path, payload: dict[str, Any]) -> Snapshot:
    from core.engine.probes import look
    from core.experiment import model

    experiment, sample = model.read(payload["experiment"]), payload["sample"]
    gaze = Gaze(**payload.get("gaze", {}))
    if payload["run"] is None:
        return look(experiment, None, sample, gaze)
    with closing(Catalog(store, create=False)) as catalog:
        run = catalog.run(payload["run"])
    if (step := payload.get("step")) is not None:
        return _look_back(store, run.id, step, sample, gaze)
    weights = paths.weights(store, run.id)
    if weights.exists():
        return look(experiment, weights, sample, gaze)
    seen = _last_seen(store, run) or look(experiment, None, sample, gaze)
    goes_on = not run.state.over or run.state is RunState.INTERRUPTED
    return replace(seen, facts={**seen.facts, "passing": goes_on})


def _look_back(store: Path, run: int, step: int, sample: int, gaze: Gaze) -> Snapshot:
    """A sample's way through the network as it was after a kept step."""
    from core.engine.checkpoint import Checkpoints, Damaged
    from core.engine.probes import look_at
    from core.experiment import model

    try:
        held = Checkpoints(paths.checkpoints(store, run)).read(step).state
    except (Damaged, FileNotFoundError):
        return Snapshot.unpack(branching.seen(store, run, step))  # the first moment has a picture only
    seen = look_at(model.read(held["experiment"]), held["network"], sample, gaze)
    return replace(seen, step=step, epoch=held["epoch"])


def _last_seen(store: Path, run: Run) -> Snapshot | None:
    """What was last seen of a run that kept no weights; None while it trains and nothing was seen yet."""
    with closing(Reader(files.run_folder(store, run.id))) as reader:
        seen = reader.snapshot("live")
    if seen is not None:
        return Snapshot.unpack(seen[1])
    if run.state.over:
        what = f"Run {run.id} ended ({run.state.value}) before it kept its weights or showed a picture."
        raise Problems(Problem(where="", what=what, fix="Train again to make a new run."))
    return None


def _pace(store: Path, payload: dict[str, Any]) -> Snapshot:
    from core.engine.trial import trial
    from core.experiment import model

    return Snapshot(0, 0, trial(model.read(payload["experiment"])))


def _rate_range(store: Path, payload: dict[str, Any]) -> Snapshot:
    from core.engine.rate_range import rate_range
    from core.experiment import model

    return Snapshot(0, 0, rate_range(model.read(payload["experiment"]))._asdict())


def _noise(store: Path, payload: dict[str, Any]) -> Snapshot:
    from core.engine.noise import noise
    from core.experiment import model

    return Snapshot(0, 0, noise(model.read(payload["experiment"]))._asdict())


def _system(store: Path, payload: dict[str, Any]) -> Snapshot:
    from core.engine.device import system

    return Snapshot(0, 0, system())


_ANSWERS: dict[str, Callable[[Path, dict[str, Any]], Snapshot]] = {
    "preview": _preview, "look": _look, "pace": _pace, "rate_range": _rate_range, "noise": _noise,
    "system": _system, "export": exports.answer}


if __name__ == "__main__":  # where there is no fork
    main(sys.argv[1], Path(sys.argv[2]))
