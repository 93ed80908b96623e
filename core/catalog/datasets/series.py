"""Curves over time, to be carried on: what comes after the last value seen."""

from typing import Any, ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Task
from core.catalog.fields import choice, real, whole
from core.shapes import Shape, sequence

PRICES = ("GOOG", "AAPL", "AMZN", "FB", "NFLX", "MSFT")
"""Six companies as the table of prices calls them."""
WEEKS = 105
Share = Literal["GOOG", "AAPL", "AMZN", "FB", "NFLX", "MSFT"]


def windows(series: np.ndarray, steps: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into what is seen and what follows, in order of time; no value follows twice.

    series: (time, features). Result: (samples, steps, features), (samples, horizon * features), step by step.
    """
    cut = np.lib.stride_tricks.sliding_window_view(series, steps + horizon, axis=0)[::horizon]
    cut = cut.transpose(0, 2, 1)
    return cut[:, :steps], cut[:, steps:].reshape(len(cut), -1)


def mackey_glass(samples: int, steps: int, horizon: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x' = 0.2 x(t-17) / (1 + x(t-17)^10) - 0.1 x, one value per unit of time, less 0.93 and divided by 0.226
    (its mean and spread in the long run). Result: (samples, steps, 1), (samples, horizon)."""
    fine, delay, settling = 10, 170, 300  # steps per unit of time; 17 units in such steps; units left out
    length = settling + steps + samples * horizon
    x = np.empty(fine * length + 2 * delay)
    x[:delay + 1] = np.random.default_rng(seed).uniform(0.5, 1.3)
    fading = np.exp(-0.1 / fine * np.arange(1, delay + 1))
    for now in range(delay, len(x) - delay, delay):  # all the delayed values of the next 17 units are known
        late = x[now - delay:now + 1]
        push = 0.2 * late / (1 + late ** 10)
        gained = (push[:-1] * fading[0] + push[1:]) / 2 / fine  # the trapezoidal rule, after fading
        x[now + 1:now + delay + 1] = fading * (x[now] + np.cumsum(gained / fading))
    whole_units = x[delay + fine * settling::fine][:steps + samples * horizon, None]
    return windows((whole_units - 0.93) / 0.226, steps, horizon)


def lorenz(samples: int, steps: int, horizon: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Lorenz' convection (10, 28, 8/3), a value every 0.04 units of time by two steps of Runge-Kutta, divided
    by about its spread. Result: (samples, steps, 3), (samples, horizon * 3)."""
    def slope(at: np.ndarray) -> np.ndarray:
        x, y, z = at
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    at, h, settling = np.random.default_rng(seed).normal([0, 1, 25]), 0.02, 100
    path = np.empty((settling + steps + samples * horizon, 3))
    for place in range(2 * len(path)):
        first = slope(at)
        second = slope(at + h / 2 * first)
        third = slope(at + h / 2 * second)
        at = at + h / 6 * (first + 2 * second + 2 * third + slope(at + h * third))
        path[place // 2] = at
    return windows((path[settling:] - [0, 0, 23.5]) / [8, 9, 8.6], steps, horizon)


def sine_mixes(samples: int, steps: int, horizon: int, sines: int, noise: float, seed: int,
               ) -> tuple[np.ndarray, np.ndarray]:
    """Every sample is a sum of waves of its own: period 6 to 40 steps, height 0.2 to 1. The values to come
    have no noise. Result: (samples, steps, 1), (samples, horizon)."""
    rng = np.random.default_rng(seed)
    period, height, phase = rng.uniform([[[6]], [[0.2]], [[0]]], [[[40]], [[1]], [[1]]], (3, samples, sines))
    turns = np.arange(steps + horizon)[None, :, None] / period[:, None] + phase[:, None]
    values = (height[:, None] * np.sin(2 * np.pi * turns)).sum(2)
    seen = values[:, :steps] + rng.normal(0, noise, (samples, steps))
    return seen[:, :, None], values[:, steps:]


def stocks(steps: int, horizon: int, share: str) -> tuple[np.ndarray, np.ndarray]:
    """Weekly prices of six shares, divided by the first week's. Result: (samples, steps, 6), and (samples,
    horizon), the prices to come of one share."""
    from plotly.data import stocks as table

    prices = np.asarray(table(return_type="pandas")[list(PRICES)])
    seen, follows = windows(prices, steps, horizon)
    return seen, follows.reshape(len(seen), horizon, -1)[:, :, PRICES.index(share)]


class _Series(Dataset):
    """Windows of a curve: some steps are seen, the next are to be said."""

    group: ClassVar[str] = "series"
    picture: ClassVar[Picture] = "series"
    function: ClassVar[Any]
    curves: ClassVar[int] = 1
    """How many values each step has."""

    samples: int = whole(3000, 20, 10000, "How many windows.", unit="windows", step=20)
    steps: int = whole(32, 4, 128, "How much is seen.", unit="steps")
    horizon: int = whole(1, 1, 16, "How much is to be said. The next window starts as many steps later, so "
                         "that no value is asked for twice.", unit="steps")

    @property
    def shape(self) -> Shape:
        return sequence(self.steps, self.curves)

    @property
    def count(self) -> int:
        return self.samples

    @property
    def task(self) -> Task:
        return Task(kind="forecast", outputs=self.horizon * self.curves, target="next values")

    def recipe(self) -> Recipe:
        return Recipe(type(self).function, {"samples": self.samples, "steps": self.steps,
                                            "horizon": self.horizon, "seed": self.seed})


class MackeyGlass(_Series):
    """A curve that depends on itself 17 steps ago, a model of blood cells (1977): it never repeats."""

    kind: Literal["mackey_glass"] = "mackey_glass"
    title: ClassVar[str] = "Mackey-Glass"
    ordered: ClassVar[bool] = True
    function: ClassVar[Any] = staticmethod(mackey_glass)


class Lorenz(_Series):
    """The path of Lorenz' model of the weather (1963), x, y and z: two loops whose turns no rule tells."""

    kind: Literal["lorenz"] = "lorenz"
    title: ClassVar[str] = "Lorenz attractor"
    ordered: ClassVar[bool] = True
    function: ClassVar[Any] = staticmethod(lorenz)
    curves: ClassVar[int] = 3


class SineMixes(_Series):
    """Sums of sine waves, each window with periods of its own, and noise: carry them on without the noise."""

    kind: Literal["sine_mixes"] = "sine_mixes"
    title: ClassVar[str] = "Sine mixes"
    function: ClassVar[Any] = staticmethod(sine_mixes)

    horizon: int = whole(1, 1, 16, "How much is to be said.", unit="steps")
    sines: int = whole(2, 1, 5, "Waves in a sum.", unit="waves")
    noise: float = real(0.05, 0.0, 0.5, "How much every value that is seen strays.")

    def recipe(self) -> Recipe:
        recipe = super().recipe()
        return Recipe(recipe.function, {**recipe.kwargs, "sines": self.sines, "noise": self.noise})


class Stocks(Dataset):
    """Prices of six shares in 2018 and 2019, week by week: hardly anything beats saying that they stay."""

    kind: Literal["stocks"] = "stocks"
    title: ClassVar[str] = "Stock prices"
    group: ClassVar[str] = "series"
    picture: ClassVar[Picture] = "series"
    ordered: ClassVar[bool] = True

    steps: int = whole(8, 2, 26, "How much of all six is seen.", unit="weeks")
    horizon: int = whole(1, 1, 4, "How much is to be said. The next window starts as many weeks later, so "
                         "that no price is asked for twice.", unit="weeks")
    share: Share = choice("MSFT", "Whose price is to be said.", titles={
        "GOOG": "Google", "AAPL": "Apple", "AMZN": "Amazon", "FB": "Facebook", "NFLX": "Netflix",
        "MSFT": "Microsoft"})

    @property
    def shape(self) -> Shape:
        return sequence(self.steps, len(PRICES))

    @property
    def foretold(self) -> tuple[int, ...]:
        return (PRICES.index(self.share),)

    @property
    def count(self) -> int:
        return (WEEKS - self.steps) // self.horizon

    @property
    def task(self) -> Task:
        return Task(kind="forecast", outputs=self.horizon, target="price (first week = 1)")

    def recipe(self) -> Recipe:
        return Recipe(stocks, {"steps": self.steps, "horizon": self.horizon, "share": self.share})
