"""Protects how far a run says it is."""

import pytest

from core.engine.trainer import Trainer
from core.runtime.progress import progress
from tests.experiment.drafts import draft


@pytest.mark.parametrize("batch_size", [16, 5000], ids=["several batches", "more than there are samples"])
def test_samples_a_second_are_those_a_step_really_sees(batch_size):
    data = {"kind": "moons", "samples": 100}
    trainer = Trainer(draft("linear", data=data, batch_size=batch_size, epochs=4))
    samples, steps = len(trainer.training_set[0]), trainer.course.steps_per_epoch
    told = progress(trainer, 10.0)
    assert told.samples_per_second == pytest.approx(10.0 * samples / steps)
    assert told.samples_per_second <= 10.0 * samples
    assert told.remaining == pytest.approx(4 * steps / 10.0)
    assert progress(trainer, None).samples_per_second is None
