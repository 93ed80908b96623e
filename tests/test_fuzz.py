"""Protects the reader of experiment files from whatever it is handed: a short run of the long fuzz."""

import json
import random

from benchmarks import fuzz
from core.experiment.model import write
from core.experiment.templates import names, template


def test_no_experiment_file_breaks_the_reader():
    told = fuzz.fuzz(400, seed=7)
    assert not told.crashes, told.crashes[0]
    assert not told.unplaced, told.unplaced[0]
    assert not told.dangerous
    assert told.slowest < 2
    assert told.accepted > 20, "the fuzz must not be so wild that nothing gets past the reader"
    assert told.edited > 5
    assert told.trained > 1


def test_a_mutation_changes_the_document():
    rng, changed = random.Random(0), 0
    for _ in range(200):
        before = write(template(rng.choice(names())).experiment)
        after = json.loads(json.dumps(before))
        fuzz.mutate(rng, after)
        changed += after != before
    assert changed > 150


def test_a_broken_reader_would_be_found(monkeypatch):
    def broken(document):
        return document["nothing"]

    monkeypatch.setattr(fuzz, "drawing", broken)
    monkeypatch.setattr(fuzz, "names", lambda: ("two-spirals", "iris"))
    told = fuzz.fuzz(60, seed=1)
    assert told.crashes
