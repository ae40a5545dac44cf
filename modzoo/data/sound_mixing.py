"""Noisy sounds made of clean ones: noise at a ratio, its colours, babble, speed, rooms.

Sounds are float32 `(samples,)`, 16,000 a second; random ones are drawn by a
`numpy.random.Generator`.
"""

import numpy as np
from scipy.fft import irfft, rfft, rfftfreq
from scipy.signal import fftconvolve

from modzoo.data.sound_files import RATE, speech_package

SILENCE = 1e-10  # mean square, the rounding of 16 bits: -100 dB of full scale
PEAK = 0.99  # to which a louder mixture is scaled
EARLY = RATE // 20  # samples of a room's response that belong to the sound: 50 ms
TRIES = 32  # crops of which one should hold something
BANDS = 8  # of the equaliser, from 62.5 Hz up in octaves
SLOWEST, FASTEST = 0.5, 8.0  # Hz, changes of a modulated noise's loudness
VOICES = (3, 8)  # fewest and most of a babble


def power(sound):
    """Mean square of a sound, in float64."""
    sound = np.asarray(sound, "float64")
    return float(sound @ sound / max(1, len(sound)))


def add_noise(clean, noise, snr):
    """A clean sound with noise of its length, `snr` decibels below it.

    The ratio is that of the powers of the whole sounds. A noise of nothing but rounding, below
    -100 dB, is not raised further than to where -100 dB would be; a silent clean sound, of which
    nothing can be a ratio, gets the noise as it is.
    """
    wanted = power(clean) / max(power(noise), SILENCE) / 10 ** (snr / 10)
    gain = np.sqrt(wanted) if power(clean) > SILENCE else 1.0
    return (clean + gain * noise).astype("float32")


def at_level(sounds, decibels):
    """Sounds all amplified by as many decibels, or as far as none goes beyond `PEAK`."""
    peak = max(1e-12, *(float(np.abs(sound).max()) for sound in sounds))
    gain = np.float32(min(10 ** (decibels / 20), PEAK / peak))
    return [sound * gain for sound in sounds]


def crop(sound, start, samples):
    """`samples` of a sound from `start` on, repeated where it ends."""
    if start + samples <= len(sound):
        return sound[start : start + samples]
    return np.take(sound, np.arange(start, start + samples), mode="wrap")


def draw_crop(sound, samples, rng):
    """A crop of a sound that is not silent where the sound is not: of 32 at most the first
    that has a hundredth of its power, else the loudest."""
    least, best = power(sound) / 100, None
    for _ in range(TRIES):
        part = crop(sound, int(rng.integers(max(1, len(sound) - samples + 1))), samples)
        if best is None or power(part) > power(best):
            best = part
        if power(best) >= least:
            break
    return best


def change_speed(sound, speed, samples):
    """`samples` of a sound played `speed` times as fast, higher as it is faster.

    It takes `num_played(samples, speed)` samples.
    """
    resample = speech_package("soxr").resample
    played = resample(sound.astype("float32"), RATE * speed, RATE, quality="LQ")
    return np.pad(played, (0, max(0, samples - len(played))))[:samples]


def num_played(samples, speed):
    """How many samples of a sound are played in the time of `samples`."""
    return int(np.ceil(samples * speed))


def equalise(sound, gains):
    """A sound with `gains`, decibels `(BANDS,)`, of the octaves from 62.5 Hz up; linear in
    decibels between their middles."""
    octave = np.log2(np.maximum(_frequencies(len(sound)), 1.0) / 62.5)
    curve = 10 ** (np.interp(octave, np.arange(BANDS), gains) / 20)
    return _filtered(sound, curve)


def coloured_noise(samples, rng, slope=None, modulated=False):
    """Gaussian noise of root mean square 0.1 whose power falls with frequency.

    Args:
        samples: Integer.
        rng: Generator.
        slope: Float: the power falls as `frequency ** -slope`; 0 is white, 1 pink, 2 brown.
            Default: any from 0 to 2.
        modulated: Whether its loudness changes, by some 9 dB, up to eight times a second.
    """
    slope = rng.uniform(0, 2) if slope is None else slope
    curve = np.maximum(_frequencies(samples), 20.0) ** (-slope / 2)
    noise = _filtered(rng.standard_normal(samples, "float32"), curve)
    if modulated:
        slow = _frequencies(samples) <= rng.uniform(SLOWEST, FASTEST)
        loudness = _filtered(rng.standard_normal(samples, "float32"), slow)
        noise = noise * np.exp(loudness / np.sqrt(max(power(loudness), SILENCE)))
    return (0.1 / np.sqrt(power(noise)) * noise).astype("float32")


def babble(sounds, samples, rng):
    """Three to eight voices at once: crops of `sounds`, all as loud."""
    few, many = VOICES
    voices = []
    for _ in range(rng.integers(few, many + 1)):
        voice = draw_crop(sounds[rng.integers(len(sounds))], samples, rng)
        voices.append(voice / np.sqrt(max(power(voice), SILENCE)))
    return (0.1 / np.sqrt(len(voices)) * np.sum(voices, axis=0)).astype("float32")


def in_room(sound, response):
    """A sound as heard in a room, and the early part of it, which is what should be heard.

    Args:
        sound: The dry sound.
        response: `(any length,)`, the room's impulse response. Its loudest sample is taken for
            the direct sound, so that nothing is delayed; what comes up to 50 ms later is early.

    Returns:
        Tuple of two sounds of the same length, the early part as loud as the dry sound.
    """
    direct = int(np.abs(response).argmax())
    early = fftconvolve(sound, response[direct : direct + EARLY])[: len(sound)]
    whole = fftconvolve(sound, response[direct:])[: len(sound)]
    gain = np.sqrt(power(sound) / max(power(early), SILENCE))
    return (gain * whole).astype("float32"), (gain * early).astype("float32")


def _frequencies(samples):
    return rfftfreq(samples, 1 / RATE)


def _filtered(sound, curve):
    return irfft(rfft(sound) * curve.astype("float32"), len(sound)).astype("float32")
