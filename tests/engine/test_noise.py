"""Protects the batch size suggestion: the noise scale is that of the paper, the suggestion possible."""

import pytest
import torch

from core.engine import noise as noises
from core.engine.noise import _scale, _suggested, noise
from core.problems import Problems
from tests.experiment.drafts import draft


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A copy that trains for a moment only."""
    monkeypatch.setattr(noises, "SECONDS", 0.05)


def test_the_scale_is_found_again_in_gradients_made_with_it():
    torch.manual_seed(0)
    signal, spread, batch, count = torch.full((400,), 0.1), 3.0, 16, 64
    slopes = signal + torch.randn(count, 400) * spread / batch ** 0.5
    found = _scale(float(slopes.square().sum(1).mean()), float(slopes.mean(0).square().sum()), batch, count)
    assert found == pytest.approx(400 * spread ** 2 / float(signal.square().sum()), rel=0.25)


@pytest.mark.parametrize(("small", "large"), [(1.0, 1.0 / 64), (1.0, 0.0), (1.0, 1.0), (float("inf"), 1.0)])
def test_gradients_that_agree_on_nothing_have_no_scale(small, large):
    assert _scale(small, large, 16, 64) is None


@pytest.mark.parametrize(("scale", "samples", "suggestion"), [
    (30.0, 1000, 32), (1e9, 1000, 128), (None, 1000, 128), (0.01, 1000, 1), (100.0, 3, 1),
    (1e9, 10**9, 8192)])
def test_the_suggestion_is_a_power_of_two_the_data_bears(scale, samples, suggestion):
    assert _suggested(scale, samples) == suggestion


def test_easy_data_suits_smaller_batches_than_noisy_data():
    calm, wild = ({"kind": "gaussians", "samples": 1000, "noise": level} for level in (0.0, 0.5))
    found = [noise(draft({"kind": "linear", "units": 8}, data=data, batch_size=16)) for data in (calm, wild)]
    assert all(one.batches > 8 and one.steps > 0 for one in found)
    assert found[1].suggestion >= found[0].suggestion


def test_too_few_samples_say_so():
    with pytest.raises(Problems, match="fewer than 8"):
        noise(draft("linear", data={"kind": "iris", "train_share": 0.05}))


def test_a_copy_that_diverges_says_so(monkeypatch):
    monkeypatch.setattr(noises, "SECONDS", 60.0)  # it ends as soon as it diverges, however slow the machine
    with pytest.raises(Problems, match="diverged"):
        noise(draft("linear", data={"kind": "plane", "samples": 200},
                    optimizer={"kind": "sgd", "learning_rate": 10.0}))


def test_gradients_that_are_no_numbers_say_so_though_the_loss_was_not_yet_seen_to_diverge(monkeypatch):
    monkeypatch.setattr(noises, "_slope", lambda *_: torch.tensor([float("inf")]))
    with pytest.raises(Problems, match="diverged"):
        noise(draft("linear", data={"kind": "plane", "samples": 200}))
