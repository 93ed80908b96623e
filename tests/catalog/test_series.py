"""Protects curves, sounds and tables in an order: nothing is asked for twice, and they are what they say."""

import numpy as np
import pytest

from core.catalog.datasets.audio import WAVEFORMS, Tones, Waves
from core.catalog.datasets.series import Lorenz, MackeyGlass, SineMixes, Stocks
from core.catalog.datasets.tables import Gapminder, Tips


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("entry", [MackeyGlass, Lorenz, Stocks], ids=lambda entry: entry.name())
def test_a_window_starts_as_many_steps_later_as_are_asked_for(entry, horizon):
    data = entry(steps=8, horizon=horizon)
    assert data.ordered, "windows of one series are split in order of time"
    samples = data.make()
    assert np.array_equal(samples.inputs[1:, :-horizon], samples.inputs[:-1, horizon:])
    asked = samples.targets.reshape(data.count, horizon, -1)
    of = slice(None) if entry is not Stocks else slice(5, 6)  # Microsoft
    assert np.array_equal(asked[:-1], samples.inputs[1:, -horizon:, of]), "what follows is seen next"


@pytest.mark.parametrize("seed", range(3))
def test_mackey_glass_follows_its_equation(seed):
    samples = MackeyGlass(samples=2000, steps=20, seed=seed).make()
    x = np.append(samples.inputs[:, 0, 0], samples.targets[-1]).astype(np.float64)
    assert abs(x.mean()) < 0.05
    assert abs(x.std() - 1) < 0.05
    x = x[:2000] * 0.226 + 0.93
    push = 0.2 * x / (1 + x**10)
    gained = (push[:-18] * np.exp(-0.1) + push[1:-17]) / 2  # from 17 steps ago until 16 steps ago
    assert np.abs(x[18:] - np.exp(-0.1) * x[17:-1] - gained).max() < 0.01


def test_lorenz_follows_its_equations():
    from scipy.integrate import solve_ivp

    samples = Lorenz(samples=20, seed=4).make()
    centre, spread = np.array([0, 0, 23.5]), np.array([8, 9, 8.6])
    for seen, follows in zip(samples.inputs[:, -1] * spread + centre, samples.targets, strict=True):
        path = solve_ivp(lambda _, at: [10 * (at[1] - at[0]), at[0] * (28 - at[2]) - at[1],
                                        at[0] * at[1] - 8 / 3 * at[2]], (0, 0.04), seen, rtol=1e-8)
        assert np.allclose((path.y[:, -1] - centre) / spread, follows, atol=2e-3)


def test_what_follows_a_sine_carries_it_on_without_noise():
    clean, noisy = (SineMixes(sines=1, noise=noise, samples=200).make() for noise in (0.0, 0.3))
    x = clean.inputs[:, :, 0]
    bend = ((x[:, 2:] + x[:, :-2]) * x[:, 1:-1]).sum(1) / (x[:, 1:-1]**2).sum(1)  # twice the cosine of a step
    assert np.allclose(bend * x[:, -1] - x[:, -2], clean.targets[:, 0], atol=1e-3)
    assert np.array_equal(clean.targets, noisy.targets)
    assert (noisy.inputs - clean.inputs).std() == pytest.approx(0.3, rel=0.05)


def test_waves_without_noise_have_the_forms_they_are_named_for():
    samples = Waves(samples=600, noise=0).make()
    for name, few, crest in (("sine", False, 2**0.5), ("square", True, 1), ("sawtooth", False, 3**0.5),
                             ("triangle", False, 3**0.5)):
        curves = samples.inputs[samples.targets == WAVEFORMS.index(name), 0]
        height = np.abs(curves).max(1)
        assert height.min() > 0.28
        assert height.max() <= 1
        assert np.median(height / np.sqrt((curves**2).mean(1))) == pytest.approx(crest, rel=0.05)
        assert all((len(np.unique(curve)) <= 3) == few for curve in curves)


def test_a_spectrogram_is_strongest_where_the_pitch_is():
    samples = Tones(samples=600, noise=0.02).make()
    sines = samples.inputs[samples.targets == WAVEFORMS.index("sine"), 0]
    chirps = samples.inputs[samples.targets == WAVEFORMS.index("chirp"), 0]
    hertz = (64 - sines.argmax(1)) * 8000 / 128
    assert np.ptp(hertz, axis=1).max() <= 63, "a sine stays where it is, to one row of the picture"
    assert 180 < hertz.min() < 320
    assert 930 < hertz.max() < 1070
    assert np.ptp(chirps.argmax(1), axis=1).min() > 1, "a chirp does not"


@pytest.mark.parametrize("changed", [{}, {"validation_fraction": 0.05, "test_fraction": 0.33}, {"seed": 9}])
def test_all_years_of_a_country_are_in_one_split(changed):
    data = Gapminder(**changed)
    samples, sizes = data.make(), data.sizes()
    years = samples.inputs[:, data.columns.index("year")].reshape(-1, 12)
    assert (years == np.arange(1952, 2008, 5)).all()
    assert all(size % 12 == 0 for size in sizes)
    assert sum(sizes) == data.count
    assert abs(sizes.test - data.count * data.test_fraction) <= 6
    grown = np.diff(samples.inputs[:, 1].reshape(-1, 12), axis=1)
    assert np.abs(grown).max() < 0.35, "populations of one country follow each other"


@pytest.mark.parametrize(("data", "groups"), [(Gapminder(), (slice(3, 8),)), (Tips(), (slice(5, 9),))],
                         ids=["gapminder", "tips"])
def test_one_of_several_columns_says_which(data, groups):
    inputs = data.make().inputs
    assert len(data.columns) == inputs.shape[1] == len(set(data.columns))
    for group in groups:
        assert (inputs[:, group].sum(1) == 1).all()
        assert (inputs[:, group].sum(0) > 0).all()
