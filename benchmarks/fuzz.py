"""Random and mutated experiment files: none breaks or hangs the reader, or is refused without a way out."""

import json
import random
import resource
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.figures import Figure
from core.engine.trainer import Trainer
from core.experiment.check import check
from core.experiment.diagram import drawing
from core.experiment.edits import EDITS, apply
from core.experiment.model import Experiment, read, write
from core.experiment.templates import names, template
from core.problems import Problem, Problems

FILES, SEED = 100_000, 20261122
TRAINED_UP_TO = 20_000
"""Networks of at most so many parameters are also built and trained for a step."""
DANGEROUS = {"pickle.find_class", "marshal.loads", "subprocess.Popen", "os.system", "socket.connect",
             "os.remove"}
WORDS = ("", "x", "kind", "nodes", "linear", "spiral", "input", "out", "hidden1", "__class__", "../../etc",
         "🙂" * 20,
         "x" * 5000, "\0", "null", "1e309", "<script>")
NUMBERS = (0, -1, 1, 2, 0.5, 1e-300, 1e300, 10**40, -(10**40), 2**31, 2**63, float("nan"), float("inf"),
           True, False)


@dataclass
class Tally:
    """What became of the files that were tried."""

    tried: int = 0
    accepted: int = 0
    trained: int = 0
    edited: int = 0
    slowest: float = 0.0
    grown: int = 0
    """Bytes by which the largest resident size grew."""
    crashes: list[str] = field(default_factory=lambda: [])
    unplaced: list[str] = field(default_factory=lambda: [])
    """Refusals that name no node or key, give no way out, or swell."""
    dangerous: set[str] = field(default_factory=lambda: set())


def measure() -> Iterator[Figure]:
    """The figures of a long run."""
    told = fuzz(FILES, SEED)
    of = f"of {told.tried:,} (seed {SEED})"
    became = f"{told.accepted:,} accepted, {told.edited:,} edited, {told.trained:,} trained"
    yield Figure("random and mutated experiment files", f"{told.tried:,}: {became}", "", None)
    yield Figure("files that break the reader", f"{len(told.crashes)} {of}", "0", not told.crashes)
    yield Figure("refusals without a place or a way out", f"{len(told.unplaced)} {of}", "0",
                 not told.unplaced)
    yield Figure("files that reach for a program or a socket", f"{len(told.dangerous)} {of}", "0",
                 not told.dangerous)
    yield Figure("slowest file", f"{told.slowest:.2f} s", "≤ 2 s", told.slowest <= 2)
    yield Figure("memory grown over all of them", f"{told.grown / 2**20:.0f} MB", "≤ 200 MB",
                 told.grown <= 200 * 2**20)


def fuzz(files: int, seed: int) -> Tally:
    """Try so many files; the same seed tries the same ones."""
    rng, told, seen = random.Random(seed), Tally(), [write(template(name).experiment) for name in names()]
    for raw in seen:  # what is imported on first use is no danger
        _train(read(json.dumps(raw)))
    watching = [True]
    sys.addaudithook(lambda event, _: told.dangerous.add(event) if watching and event in DANGEROUS else None)
    largest = _largest()
    for _ in range(files):
        text = written(rng, seen)
        began = perf_counter()
        try:
            _try(text, rng, told)
        except Exception:  # what the fuzz is for
            told.crashes.append(f"{text[:2000]!r}\n{traceback.format_exc()}")
        told.tried += 1
        told.slowest = max(told.slowest, perf_counter() - began)
    watching.clear()
    told.grown = _largest() - largest
    return told


def written(rng: random.Random, seen: list[dict[str, Any]]) -> str | bytes:
    """A file: mostly a template with a few things wrong, sometimes anything, sometimes torn text."""
    if rng.random() < 0.1:
        return json.dumps(strange(rng, 4))
    document = json.loads(json.dumps(rng.choice(seen)))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        mutate(rng, document)
    text = json.dumps(document)
    if rng.random() < 0.1:
        place = rng.randrange(len(text))
        return text[:place] + rng.choice(("", "}", "]", '"', "\\ud800",
                                          "[" * 3000)) + text[place + rng.randrange(9):]
    return text if rng.random() < 0.9 else text.encode()[: rng.randrange(len(text) + 1)] + b"\xff"


def mutate(rng: random.Random, document: Any) -> None:
    """Make one thing in a document other than it was."""
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = rng.choice(keys)
        if isinstance(here[key], dict | list) and here[key] and rng.random() < 0.8:
            here = here[key]
            continue
        break
    match rng.randrange(5):
        case 0:
            del here[key]
        case 1 if isinstance(here, dict):
            here[_misspelt(rng, str(key))] = here[key]
        case 2 if isinstance(here, list):
            here.insert(rng.randrange(len(here) + 1), here[key])
        case 3 if isinstance(here[key], int | float) and not isinstance(here[key], bool):
            here[key] = rng.choice((here[key] * 10, -here[key], here[key] + 0.5, here[key] + 1,
                                    str(here[key])))
        case _:
            here[key] = strange(rng, 3)


def strange(rng: random.Random, depth: int) -> Any:
    """Any JSON value."""
    match rng.randrange(7 if depth else 5):
        case 0 | 1:
            return rng.choice(NUMBERS)
        case 2 | 3:
            return rng.choice(WORDS)
        case 4:
            return None
        case 5:
            return [strange(rng, depth - 1) for _ in range(rng.randrange(4))]
        case _:
            return {rng.choice(WORDS): strange(rng, depth - 1) for _ in range(rng.randrange(4))}


def _misspelt(rng: random.Random, word: str) -> str:
    place = rng.randrange(len(word) + 1)
    return rng.choice((word[:place] + word[place + 1:], word[:place] + "x" + word[place:], word.upper(),
                       word + "s"))


def _try(text: str | bytes, rng: random.Random, told: Tally) -> None:
    try:
        experiment = read(text)
        told.accepted += 1
        json.dumps(drawing(experiment), allow_nan=False)
        for _ in range(3):
            experiment = _edited(experiment, rng, told)
        walked = check(experiment)
    except Problems as refused:
        told.unplaced += [str(problem) for problem in refused.problems if not _helps(problem)]
        return
    small = sum(walked.parameters.values()) <= TRAINED_UP_TO and experiment.data.count <= 2000
    if small and rng.random() < 0.2:
        _train(experiment)
        told.trained += 1


def _edited(experiment: Experiment, rng: random.Random, told: Tally) -> Experiment:
    """The experiment after some edit, of places that are there and places that are not."""
    edit = rng.choice(EDITS)
    ids = ["input", *(node.id for node in experiment.network.nodes[:20])]
    words = [*ids, "relu", "sgd", "data", "training.optimizer", f"network.{rng.choice(ids)}", *WORDS]
    asked: dict[str, Any] = {name: rng.choice(words) if rng.random() < 0.9 else strange(rng, 2)
                             for name in edit.model_fields}
    if "nodes" in asked:
        asked["nodes"] = rng.sample(ids, rng.randrange(len(ids)))
    try:
        after = apply(experiment, asked | {"kind": edit.model_fields["kind"].default})
    except Problems as refused:
        told.unplaced += [str(problem) for problem in refused.problems if not _helps(problem)]
        return experiment
    told.edited += 1
    return after


def _train(experiment: Experiment) -> None:
    training = experiment.training.model_copy(update={"device": "cpu", "threads": 1})
    trainer = Trainer(experiment.model_copy(update={"training": training}))
    trainer.start()
    trainer.advance(1, 1.0)
    trainer.stop()


def _helps(problem: Problem) -> bool:
    return bool(problem.where and problem.what and problem.fix) and len(str(problem)) <= 1500


def _largest() -> int:
    scale = 1 if sys.platform == "darwin" else 1024  # bytes on a Mac, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
