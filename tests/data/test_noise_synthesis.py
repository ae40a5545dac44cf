"""Noises that are made: as loud as asked, of the kinds that their names say, drawn by a number."""

import numpy as np
import pytest

from modzoo.data.noise_synthesis import (
    KINDS,
    coloured_noise,
    hiss,
    hum,
    knocks,
    rumble,
    synthesised_noise,
    tones,
)
from modzoo.data.noise_variety import varied_noises
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import num_played, power

pytestmark = pytest.mark.one_backend


def rng(seed=0):
    return np.random.default_rng(seed)


def spectrum(noise):
    return np.abs(np.fft.rfft(noise)) ** 2, np.fft.rfftfreq(len(noise), 1 / RATE)


@pytest.mark.parametrize("kind", [*KINDS, synthesised_noise])
def test_level_and_draws(kind):
    for seed in range(20):
        noise = kind(RATE, rng(seed))
        assert noise.shape == (RATE,) and noise.dtype == "float32"
        assert np.sqrt(power(noise)) == pytest.approx(0.1, rel=1e-4)
    np.testing.assert_array_equal(kind(RATE, rng(3)), kind(RATE, rng(3)))
    assert np.abs(kind(RATE, rng(3)) - kind(RATE, rng(4))).max() > 0.01
    assert len(kind(100, rng())) == 100


@pytest.mark.parametrize("slope", [0, 1, 2])
def test_the_colour_of_noise(slope):
    power, frequencies = spectrum(coloured_noise(20 * RATE, rng(), slope))
    low, high = (power[(frequencies > f) & (frequencies < 1.2 * f)].mean() for f in (100, 1600))
    assert np.log2(low / high) / 4 == pytest.approx(slope, abs=0.1)


def loudness_spread(sound):
    return np.std(10 * np.log10(np.mean(sound.reshape(-1, 800) ** 2, axis=1)))


def test_modulated_noise_changes_its_loudness():
    assert loudness_spread(coloured_noise(10 * RATE, rng(), 0)) < 0.5
    assert 4 < loudness_spread(coloured_noise(10 * RATE, rng(), 0, modulated=True)) < 14


def low_share(noise):
    power, frequencies = spectrum(noise)
    return power[frequencies < 200].sum() / power.sum()


def flatness(noise):
    power = spectrum(noise)[0] + 1e-12
    return np.exp(np.log(power).mean()) / power.mean()


def crest(noise):
    return np.abs(noise).max() / np.sqrt(power(noise))


@pytest.mark.parametrize(
    ("kind", "measure", "most_of_white"),
    [(rumble, lambda x: 1 - low_share(x), 0.5), (hum, flatness, 0.5), (tones, flatness, 0.5)],
)
def test_what_rumbles_or_sounds_is_not_white(kind, measure, most_of_white):
    white = measure(coloured_noise(RATE, rng(), 0))
    found = np.median([measure(kind(RATE, rng(seed))) for seed in range(20)])
    assert found < most_of_white * white


def test_knocks_are_short_and_hiss_is_not():
    assert np.median([crest(knocks(RATE, rng(seed))) for seed in range(20)]) > 8
    assert np.median([crest(hiss(RATE, rng(seed))) for seed in range(20)]) < 8


def test_noises_for_validation_are_varied_and_the_same_each_time():
    recorded = [coloured_noise(9 * RATE, rng(1), 0), coloured_noise(RATE, rng(2), 2)]
    clean = [coloured_noise(4 * RATE, rng(3))]
    noises = varied_noises(recorded, clean)
    assert len(noises) == 3 * len(recorded) + len(KINDS) + 1
    assert {len(noise) for noise in noises} == {6 * RATE}
    assert num_played(6 * RATE, 1.25) <= 9 * RATE  # nothing is repeated
    np.testing.assert_array_equal(noises, varied_noises(recorded, clean))
    start = int(np.argmax(np.correlate(recorded[0], noises[0][:500], "valid")))
    np.testing.assert_array_equal(noises[0], recorded[0][start : start + 6 * RATE])
