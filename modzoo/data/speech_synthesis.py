"""Synthesised speech-like sounds, for a default that needs no data.

A speaker has a pitch and a length of the vocal tract. What it says are phrases of syllables and
pauses: a fricative here and there, and vowels, a train of pulses of gliding pitch through the
resonances of the mouth, whose frequencies are those of American men (Peterson and Barney, 1952,
Control methods used in a study of the vowels, table II). Nobody would take it for speech; like
speech, it has harmonics, formants, onsets and pauses, and noise has not.
"""

import functools

import numpy as np
from scipy.signal import lfilter

from modzoo.data.generated import corpus_generator, pick
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import coloured_noise, equalise, power

VOWELS = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (440, 1020, 2240),
    (300, 870, 2240),
    (640, 1190, 2390),
    (490, 1350, 1690),
)  # Hz, the first three formants
BANDWIDTHS = (60, 90, 150)  # Hz
NUM_SPEAKERS = {"train": 32, "validation": 4, "test": 4}
NUM_NOISES = {"train": 12, "validation": 4, "test": 4}
SECONDS = 6.0


@functools.cache
def synthesised_speech(split, seed=0):
    """A speaker's phrases each, a list of float32 `(samples,)` of root mean square 0.05.

    Args:
        split: `"train"`, `"validation"` or `"test"`, which have speakers of their own.
        seed: Integer.
    """
    rng = corpus_generator(seed, split)
    return [phrase(SECONDS, rng) for _ in range(NUM_SPEAKERS[split])]


@functools.cache
def synthesised_noises(split, seed=0):
    """Coloured noises, every other one of changing loudness; a list of float32 `(samples,)`."""
    rng = corpus_generator(seed + 1, split)
    noises = (
        coloured_noise(int(SECONDS * RATE), rng, modulated=i % 2 == 1)
        for i in range(NUM_NOISES[split])
    )
    return [equalise(noise, rng.uniform(-12, 12, 8)) for noise in noises]


def phrase(seconds, rng):
    """What one speaker, drawn anew, says in some seconds: float32 `(samples,)`."""
    samples = int(seconds * RATE)
    pitch, tract = 10 ** rng.uniform(np.log10(85), np.log10(240)), rng.uniform(0.9, 1.2)
    sound, place = np.zeros(samples), 0
    while place < samples:
        if rng.random() < 0.15:
            place += int(rng.uniform(0.15, 0.5) * RATE)  # a pause
        parts = [_fricative(rng)] if rng.random() < 0.35 else []
        parts.append(_vowel(pitch, tract, rng))
        for part in parts:
            end = min(samples, place + len(part))
            sound[place:end] += part[: max(0, end - place)]
            place = end
        place += int(rng.uniform(0, 0.06) * RATE)
    return (0.05 / np.sqrt(power(sound)) * sound).astype("float32")


def _vowel(pitch, tract, rng):
    samples = int(rng.uniform(0.09, 0.28) * RATE)
    start, end = pitch * rng.uniform(0.85, 1.2, 2)
    turns = np.cumsum(np.linspace(start, end, samples)) / RATE
    pulses = np.diff(np.floor(turns), prepend=0.0)
    sound = lfilter([1.0], [1.0, -0.95], pulses)  # the glottis takes 6 dB an octave
    for formant, bandwidth in zip(pick(rng, VOWELS), BANDWIDTHS, strict=True):
        sound = _resonance(sound, formant * tract, bandwidth)
    return _fading(sound, 0.02, 0.04) / max(np.abs(sound).max(), 1e-9) * rng.uniform(0.5, 1.0)


def _fricative(rng):
    samples = int(rng.uniform(0.04, 0.12) * RATE)
    sound = _resonance(rng.normal(size=samples), rng.uniform(2500, 6000), 1500)
    return _fading(sound, 0.01, 0.02) / np.abs(sound).max() * rng.uniform(0.05, 0.25)


def _resonance(sound, frequency, bandwidth):
    """A sound through a resonance of two poles."""
    radius = np.exp(-np.pi * bandwidth / RATE)
    middle = -2 * radius * np.cos(2 * np.pi * frequency / RATE)
    return lfilter([1 + middle + radius**2], [1.0, middle, radius**2], sound)


def _fading(sound, up, down):
    """A sound faded in and out, in so many seconds."""
    times = np.arange(len(sound)) / RATE
    return sound * np.minimum(1, np.minimum(times / up, times[::-1] / down))
