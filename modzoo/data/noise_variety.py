"""Noises for validation: more kinds than a few recordings are, the same in every run."""

import numpy as np

from modzoo.data.noise_synthesis import KINDS
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import BANDS, babble, change_speed, draw_crop, equalise, num_played

SECONDS = 6.0
MOST_RECORDED = 64
SPEEDS, DECIBELS = (0.8, 1.25), 12.0


def varied_noises(recorded, clean):
    """Recorded noises as they are, slower and faster; one of each kind that can be made; and
    voices at once.

    Args:
        recorded: Sequence of float32 `(samples,)`, of which the first 64 are taken.
        clean: Sequence of clean sounds, for the voices.

    Returns:
        List of float32 `(96000,)`, 6 s each; all but the recorded ones as they are have their
        octaves up to 12 dB louder or softer.
    """
    rng = np.random.default_rng(0)
    samples = int(SECONDS * RATE)
    noises, changed = [], []
    for i in range(min(MOST_RECORDED, len(recorded))):
        noises.append(draw_crop(recorded[i], samples, rng))
        for speed in SPEEDS:
            part = draw_crop(recorded[i], num_played(samples, speed), rng)
            changed.append(change_speed(part, speed, samples))
    changed += [kind(samples, rng) for kind in KINDS]
    changed.append(babble(clean, samples, rng))
    gains = rng.uniform(-DECIBELS, DECIBELS, (len(changed), BANDS))
    return noises + [equalise(*pair) for pair in zip(changed, gains, strict=True)]
