"""Noises that are made and not recorded, of many kinds, so that few recordings are not all that a
model hears.

Each is float32 `(samples,)` of root mean square 0.1, 16,000 samples a second, drawn by a
`numpy.random.Generator`.
"""

import numpy as np
from scipy.signal import fftconvolve, lfilter

from modzoo.data.generated import pick
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import SILENCE, filtered, frequencies, power

LEVEL = 0.1  # root mean square
SLOWEST, FASTEST = 0.5, 8.0  # Hz, changes of a modulated noise's loudness


def synthesised_noise(samples, rng):
    """A noise of any kind of `KINDS`, or of two kinds at once."""
    noise = pick(rng, KINDS)(samples, rng)
    if rng.random() < 0.3:
        noise = noise + 10 ** (rng.uniform(-20, 0) / 20) * pick(rng, KINDS)(samples, rng)
    return _levelled(noise)


def coloured_noise(samples, rng, slope=None, modulated=False):
    """Gaussian noise whose power falls with frequency.

    Args:
        samples: Integer.
        rng: Generator.
        slope: Float: the power falls as `frequency ** -slope`; 0 is white, 1 pink, 2 brown.
            Default: any from 0 to 2.
        modulated: Whether its loudness changes, by some 9 dB, up to eight times a second.
    """
    slope = rng.uniform(0, 2) if slope is None else slope
    curve = np.maximum(frequencies(samples), 20.0) ** (-slope / 2)
    noise = filtered(rng.standard_normal(samples, "float32"), curve)
    if modulated:
        slow = frequencies(samples) <= rng.uniform(SLOWEST, FASTEST)
        loudness = filtered(rng.standard_normal(samples, "float32"), slow)
        noise = noise * np.exp(loudness / np.sqrt(max(power(loudness), SILENCE)))
    return _levelled(noise)


def rumble(samples, rng):
    """Wind and traffic: noise of low frequencies that comes and goes."""
    return coloured_noise(samples, rng, slope=rng.uniform(2, 4), modulated=rng.random() < 0.7)


def hum(samples, rng):
    """Machines: harmonics of a pitch that drifts, some of them loud, in a little noise."""
    pitch = 10 ** rng.uniform(np.log10(25), np.log10(500)) * _drift(samples, rng, 0.03)
    turns = 2 * np.pi * np.cumsum(pitch) / RATE
    turning = np.exp(1j * turns).astype("complex64")
    sound, harmonic = np.zeros(samples, "float32"), np.ones(samples, "complex64")
    for number in range(1, 1 + min(rng.integers(3, 30), int(0.45 * RATE / pitch.max()))):
        harmonic *= turning
        loudness = rng.exponential() * number ** -rng.uniform(0, 1.5)
        phase = rng.uniform(0, 2 * np.pi)
        sound += np.float32(loudness * np.cos(phase)) * harmonic.imag
        sound += np.float32(loudness * np.sin(phase)) * harmonic.real
    beat = 1 + rng.uniform(0, 0.9) * np.sin(turns / rng.integers(1, 9))
    around = coloured_noise(samples, rng) * 10 ** (rng.uniform(-25, 0) / 20)
    return _levelled(_levelled(sound * beat) + around)


def knocks(samples, rng):
    """Clatter, steps, keys, rain: what rings a while after each of many blows."""
    rate = 10 ** rng.uniform(0, 3)  # blows a second
    blows = rng.random(samples) < rate / RATE
    blows[rng.integers(samples)] = True
    sound = np.zeros(samples)
    sound[blows] = rng.exponential(size=blows.sum()) * rng.choice([-1, 1], blows.sum())
    length = int(0.2 * RATE)
    times = np.arange(length) / RATE
    ring = rng.standard_normal(length) * np.exp(-times / 10 ** rng.uniform(-3, -1.7))
    for _ in range(rng.integers(0, 5)):
        decay = np.exp(-times / 10 ** rng.uniform(-2.7, -1.2))
        ring += rng.exponential() * decay * np.sin(2 * np.pi * _pitch(rng) * times)
    return _levelled(fftconvolve(sound, ring)[:samples])


def hiss(samples, rng):
    """Air, water, fans: noise through resonances, as loud all the time or not."""
    sound = coloured_noise(samples, rng, modulated=rng.random() < 0.5)
    resonant = np.zeros(samples)
    for _ in range(rng.integers(1, 6)):
        radius = np.exp(-np.pi * 10 ** rng.uniform(1.3, 3) / RATE)
        middle = -2 * radius * np.cos(2 * np.pi * _pitch(rng) / RATE)
        part = lfilter([1.0], [1.0, middle, radius**2], sound)
        resonant += rng.exponential() * _levelled(part)
    return _levelled(_levelled(resonant) + sound * rng.uniform(0, 1))


def tones(samples, rng):
    """Music, birds, sirens, beeps: tones that begin, glide and end."""
    sound, place = np.zeros(samples), 0
    octaves = rng.uniform(0, 1)
    while place < samples:
        length = int(10 ** rng.uniform(-1.3, 0) * RATE)
        pitch = _pitch(rng) * 2 ** (octaves * np.linspace(0, rng.uniform(-1, 1), length))
        turns = 2 * np.pi * np.cumsum(np.minimum(pitch, 0.45 * RATE)) / RATE
        tone = np.sin(turns) + rng.uniform(0, 0.7) * np.sin(2 * turns)
        tone *= np.minimum(1, np.arange(length) / (0.01 * RATE)) * np.linspace(1, 0, length)
        end = min(samples, place + length)
        sound[place:end] += rng.exponential() * tone[: end - place]
        place += int(length * rng.uniform(0.2, 1.5)) + 1
    around = coloured_noise(samples, rng) * 10 ** (rng.uniform(-30, -5) / 20)
    return _levelled(_levelled(sound) + around)


def _pitch(rng):
    return 10 ** rng.uniform(np.log10(100), np.log10(6000))


def _drift(samples, rng, most):
    """Factors about 1 that change slowly, `(samples,)`."""
    knots = np.exp(rng.normal(0, most, 2 + samples // RATE))
    return np.interp(np.arange(samples), np.linspace(0, samples, len(knots)), knots)


def _levelled(sound):
    return (LEVEL / np.sqrt(max(power(sound), SILENCE)) * sound).astype("float32")


KINDS = (coloured_noise, rumble, hum, knocks, hiss, tones)
