"""Mixtures of speech and noise drawn at random, for training."""

from dataclasses import dataclass

import numpy as np

from modzoo.data.sound_mixing import (
    BANDS,
    add_noise,
    at_level,
    babble,
    change_speed,
    coloured_noise,
    draw_crop,
    equalise,
    in_room,
    num_played,
)
from modzoo.errors import CallError

LEAST_SPEED, MOST_SPEED = 0.25, 4.0


@dataclass(frozen=True)
class MixtureOptions:
    """What is drawn of a mixture, each from a range or with a probability.

    Attributes:
        snr: Least and greatest ratio of speech to noise, decibels.
        level: The mixture is amplified by up to so many decibels, or as many less; never so that
            it goes beyond full scale.
        speech_speed: Slowest and fastest, 1 as it is.
        noise_speed: Likewise.
        equaliser: Each octave of the noise is up to so many decibels louder or softer.
        coloured: Share of noises that are coloured and drawn, half of them of changing loudness.
        babble: Share of noises that are several voices of the clean sounds; all others are
            recorded.
        second_noise: Share of mixtures with a second noise, up to 10 dB softer or louder.
        reverberation: Share of mixtures in which speech is heard in a room. What should be heard
            is then its early part.
    """

    snr: tuple[float, float] = (-5.0, 20.0)
    level: float = 15.0
    speech_speed: tuple[float, float] = (0.9, 1.1)
    noise_speed: tuple[float, float] = (0.8, 1.25)
    equaliser: float = 12.0
    coloured: float = 0.3
    babble: float = 0.15
    second_noise: float = 0.3
    reverberation: float = 0.0

    def __post_init__(self):
        for name, least, most in [
            ("snr", -100, 100),
            ("speech_speed", LEAST_SPEED, MOST_SPEED),
            ("noise_speed", LEAST_SPEED, MOST_SPEED),
        ]:
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise CallError(
                    f"`{name}` must be two numbers from {least} to {most}, the least first; "
                    f"received {low:g},{high:g}."
                )
        for name in ("level", "equaliser"):
            if not 0 <= getattr(self, name) <= 100:
                raise CallError(
                    f"`{name}` must be 0 to 100 decibels, received {getattr(self, name):g}."
                )
        for name in ("coloured", "babble", "second_noise", "reverberation"):
            if not 0 <= getattr(self, name) <= 1:
                raise CallError(
                    f"`{name}` must be a share from 0 to 1, received {getattr(self, name):g}."
                )
        if self.coloured + self.babble > 1:
            raise CallError(
                "The shares of coloured noise and of babble must be 1 at most together, received "
                f"{self.coloured:g} and {self.babble:g}."
            )


def draw_mixture(speech, start, samples, clean, noise, rooms, options, rng):
    """A noisy sound and the clean one in it, float32 `(samples,)` each.

    Args:
        speech: A clean sound.
        start: Integer, where in it the mixture begins.
        samples: Integer.
        clean: Sequence of clean sounds, for babble.
        noise: Sequence of recorded noises.
        rooms: Sequence of impulse responses; of none, no speech is heard in a room.
        options: `MixtureOptions`.
        rng: Generator, which alone says what is drawn.
    """
    speed = rng.uniform(*options.speech_speed)
    dry = change_speed(_from(speech, start, num_played(samples, speed)), speed, samples)
    heard = wanted = dry
    if rng.random() < options.reverberation and len(rooms):
        heard, wanted = in_room(dry, rooms[rng.integers(len(rooms))])
    disturbance = _draw_noise(samples, clean, noise, options, rng)
    if rng.random() < options.second_noise:
        second = _draw_noise(samples, clean, noise, options, rng)
        disturbance = add_noise(disturbance, second, rng.uniform(-10, 10))
    noisy = add_noise(heard, disturbance, rng.uniform(*options.snr))
    return at_level([noisy, wanted], rng.uniform(-options.level, options.level))


def _from(sound, start, samples):
    """`samples` of a sound from `start` on, silent where it has ended."""
    part = sound[start : start + samples]
    return np.pad(part, (0, samples - len(part)))


def _draw_noise(samples, clean, noise, options, rng):
    speed = rng.uniform(*options.noise_speed)
    kind = rng.random()
    if kind < options.coloured:
        drawn = coloured_noise(samples, rng, modulated=rng.random() < 0.5)
    elif kind < options.coloured + options.babble:
        drawn = babble(clean, samples, rng)
    else:
        recorded = noise[rng.integers(len(noise))]
        part = draw_crop(recorded, num_played(samples, speed), rng)
        drawn = change_speed(part, speed, samples)
    return equalise(drawn, rng.uniform(-options.equaliser, options.equaliser, BANDS))
