"""Short sounds of six waveforms: as curves, and as pictures of the pitches in them."""

from typing import Any, ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Task
from core.catalog.fields import real, whole
from core.shapes import Shape, image, signal

WAVEFORMS = ("sine", "triangle", "square", "sawtooth", "chirp", "noise")
RATE = 8000
"""Measurements per second."""
LENGTH = 256
"""Measurements in a wave: 32 ms."""
FRAME, HOP, FRAMES = 128, 64, 16
"""Measurements in a spectrum, from one spectrum to the next, and how many spectra: 136 ms in all."""


def sounds(samples: int, length: int, lowest: float, noise: float, seed: int,
           ) -> tuple[np.ndarray, np.ndarray]:
    """Six waveforms in equal shares, of random loudness, phase and pitch, up to two octaves above `lowest`
    hertz; a chirp slides one or two octaves up or down. Result: (samples, length), (samples,)."""
    rng = np.random.default_rng(seed)
    labels, time = np.arange(samples) % len(WAVEFORMS), np.arange(length) / RATE
    loud, phase, pitch = rng.uniform([[0.3], [0], [0]], [[1], [1], [2]], (3, samples))[:, :, None]
    slide = rng.uniform(1, 2, (samples, 1)) * rng.choice([-1, 1], (samples, 1)) * time / time[-1]
    octaves = pitch + np.where(labels[:, None] == WAVEFORMS.index("chirp"), slide, 0)
    turns = phase + np.cumsum(lowest * 2 ** octaves, axis=1) / RATE
    sine, ramp = np.sin(2 * np.pi * turns), 2 * (turns % 1) - 1
    waveforms = [sine, 2 * np.abs(ramp) - 1, np.sign(ramp), ramp, sine, rng.normal(0, 0.5, turns.shape)]
    return loud * np.choose(labels[:, None], waveforms) + rng.normal(0, noise, turns.shape), labels


def waves(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sounds as they are. Result: (samples, 1, 256) of about -1 to 1, (samples,)."""
    curves, labels = sounds(samples, LENGTH, 125, noise, seed)
    return curves[:, None], labels


def tones(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sounds as pictures: how loud each pitch is over time, from -40 to 40 decibels, high pitches at the top.
    Result: (samples, 1, 64, 16) from 0 to 1, (samples,)."""
    curves, labels = sounds(samples, FRAME + HOP * (FRAMES - 1), 250, noise, seed)
    frames = np.lib.stride_tricks.sliding_window_view(curves, FRAME, axis=1)[:, ::HOP]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(FRAME)))[..., FRAME // 2:0:-1]
    decibels = 20 * np.log10(spectra.transpose(0, 2, 1) + 1e-4)
    return np.clip((decibels[:, None] + 40) / 80, 0, 1), labels


class _Sounds(Dataset):
    """Made-up sounds, to be told apart by their waveform."""

    group: ClassVar[str] = "sounds"
    function: ClassVar[Any]

    samples: int = whole(3000, 20, 12000, "How many sounds.", unit="sounds", step=20)
    noise: float = real(0.05, 0.0, 0.5, "How much every measurement strays; a sound is 0.3 to 1 loud.")

    @property
    def count(self) -> int:
        return self.samples

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=len(WAVEFORMS), classes=WAVEFORMS, target="waveform")

    def recipe(self) -> Recipe:
        return Recipe(type(self).function, {"samples": self.samples, "noise": self.noise, "seed": self.seed})


class Waves(_Sounds):
    """Sounds of 32 ms as curves of 256 measurements: tell six waveforms apart, whatever their pitch."""

    kind: Literal["waves"] = "waves"
    title: ClassVar[str] = "Waves"
    picture: ClassVar[Picture] = "series"
    function: ClassVar[Any] = staticmethod(waves)

    @property
    def shape(self) -> Shape:
        return signal(1, LENGTH)


class Tones(_Sounds):
    """Sounds of 136 ms as spectrograms, pictures of 64 pitches at 16 times: tell six waveforms apart."""

    kind: Literal["tones"] = "tones"
    title: ClassVar[str] = "Tones (spectrograms)"
    picture: ClassVar[Picture] = "image"
    function: ClassVar[Any] = staticmethod(tones)

    @property
    def shape(self) -> Shape:
        return image(1, FRAME // 2, FRAMES)
