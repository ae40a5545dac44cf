"""Mixtures: that they are at the ratio asked, of the colours asked, and drawn by a number."""

import numpy as np
import pytest

from modzoo.data.mixture_drawing import MixtureOptions, draw_mixture
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import (
    BANDS,
    add_noise,
    at_level,
    babble,
    change_speed,
    coloured_noise,
    crop,
    draw_crop,
    equalise,
    in_room,
    num_played,
    power,
)
from modzoo.data.speech_synthesis import synthesised_noises, synthesised_speech
from modzoo.errors import CallError


def rng(seed=0):
    return np.random.default_rng(seed)


def decibels(signal, noise):
    return 10 * np.log10(power(signal) / power(noise))


def tone(frequency, samples=RATE):
    return np.sin(2 * np.pi * frequency * np.arange(samples) / RATE).astype("float32")


def peak_frequency(sound):
    return np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound)


@pytest.mark.parametrize("snr", [-5, 0, 5.5, 20, 40])
@pytest.mark.parametrize("level", [1e-3, 0.3])
def test_the_ratio_is_what_was_asked(snr, level):
    clean, noise = level * rng(1).normal(size=RATE), 0.01 * rng(2).normal(size=RATE)
    noisy = add_noise(clean.astype("float32"), noise, snr)
    assert decibels(clean, noisy.astype("float64") - clean) == pytest.approx(snr, abs=1e-3)
    loud, kept = at_level([noisy, clean], 60)
    assert np.abs(loud).max() <= 1
    assert decibels(kept, loud.astype("float64") - kept) == pytest.approx(snr, abs=1e-3)


def test_silence_has_no_ratio():
    clean, noise = tone(440), 0.1 * rng().normal(size=RATE)
    np.testing.assert_array_equal(add_noise(clean, 0 * noise, 0), clean)
    np.testing.assert_allclose(add_noise(0 * clean, noise, 0), noise, rtol=1e-6)
    rounding = add_noise(clean, 1e-9 * noise, 0)  # far below 16 bits is not blown up
    assert decibels(clean, rounding - clean) > 60
    assert not np.any(at_level([0 * clean], 20))


def test_crops():
    sound = np.arange(10.0)
    assert crop(sound, 7, 3).tolist() == [7, 8, 9]
    assert crop(sound, 7, 14).tolist() == [7, 8, 9, *range(10), 0]
    mostly_zeros = np.zeros(RATE)
    mostly_zeros[:1280] = tone(440, 1280)  # 92 % zeros
    crops = [draw_crop(mostly_zeros, RATE // 4, rng(seed)) for seed in range(40)]
    assert np.mean([power(part) > 0 for part in crops]) > 0.9
    assert draw_crop(np.zeros(99), 20, rng()).tolist() == [0] * 20


@pytest.mark.parametrize("speed", [0.5, 0.9, 1.0, 1.25])
def test_speed_changes_the_pitch(speed):
    played = change_speed(tone(440, num_played(RATE, speed)), speed, RATE)
    assert len(played) == RATE
    assert peak_frequency(played) == pytest.approx(440 * speed, abs=1.5)


@pytest.mark.parametrize("octave", range(1, BANDS - 1))
def test_the_equaliser_weighs_octaves(octave):
    gains = np.zeros(BANDS)
    gains[octave] = 12.0
    for other in range(1, BANDS - 1):
        sound = tone(62.5 * 2**other)
        gain = decibels(equalise(sound, gains), sound)
        assert gain == pytest.approx(12.0 if other == octave else 0.0, abs=0.1)


@pytest.mark.parametrize("slope", [0, 1, 2])
def test_the_colour_of_noise(slope):
    noise = coloured_noise(20 * RATE, rng(), slope)
    assert np.sqrt(power(noise)) == pytest.approx(0.1, rel=1e-5)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(len(noise), 1 / RATE)
    low, high = (spectrum[(frequencies > f) & (frequencies < 1.2 * f)].mean() for f in (100, 1600))
    assert np.log2(low / high) / 4 == pytest.approx(slope, abs=0.1)


def test_modulated_noise_changes_its_loudness():
    def spread(sound):
        return np.std(10 * np.log10(np.mean(sound.reshape(-1, 800) ** 2, axis=1)))

    assert spread(coloured_noise(10 * RATE, rng(), 0)) < 0.5
    assert 4 < spread(coloured_noise(10 * RATE, rng(), 0, modulated=True)) < 14


def test_babble_is_of_several_voices():
    tones = [tone(f) for f in (200, 300, 500, 700)]
    sound = babble(tones, RATE // 2, rng())
    spectrum = np.abs(np.fft.rfft(sound))
    assert (spectrum > spectrum.max() / 10).sum() >= 2
    assert np.isfinite(babble([np.zeros(9, "float32")], RATE, rng())).all()


def test_a_room_delays_nothing_and_its_early_part_is_wanted():
    response = np.zeros(4000)
    response[[100, 500, 3000]] = 1, 0.5, 0.25  # direct, early at 25 ms, late at 181 ms
    click = np.zeros(5000, "float32")
    click[1000] = 1.0
    heard, early = in_room(click, response)
    assert np.flatnonzero(np.abs(heard) > 1e-6).tolist() == [1000, 1400, 3900]
    assert np.flatnonzero(np.abs(early) > 1e-6).tolist() == [1000, 1400]
    assert power(early) == pytest.approx(power(click))
    assert heard[3900] / heard[1000] == pytest.approx(0.25, rel=1e-5)


# Drawn mixtures

PLAIN = dict.fromkeys(("level", "equaliser", "coloured", "babble", "second_noise"), 0.0)
PLAIN |= {"speech_speed": (1, 1), "noise_speed": (1, 1)}
CLEAN = [0.1 * tone(f, 3 * RATE) for f in (200, 300)]
NOISE = [0.1 * tone(3000, 2 * RATE)]
ROOM = [np.r_[1.0, np.zeros(2000), 0.5]]


def drawn(number, rooms=(), noise=NOISE, **options):
    options = MixtureOptions(**PLAIN | options)
    return draw_mixture(CLEAN[0], 0, RATE, CLEAN, noise, rooms, options, rng(number))


def tones_of_noise(noise, **options):
    """Size of the tones of 1 and of 3 kHz in the noise of mixtures, `(12, 2)`."""
    pairs = [drawn(number, noise=noise, snr=(0, 0), **options) for number in range(12)]
    return np.array([np.abs(np.fft.rfft(x - y))[[1000, 3000]] for x, y in pairs])


def test_a_plain_mixture():
    for number in range(5):
        noisy, clean = drawn(number, snr=(0, 10))
        np.testing.assert_allclose(clean, CLEAN[0][:RATE], atol=1e-3)
        assert -0.1 < decibels(clean, noisy - clean) < 10.1
        assert peak_frequency(noisy - clean) == pytest.approx(3000, abs=1)


def frequencies_of_noise(**options):
    pairs = [drawn(number, snr=(0, 0), **options) for number in range(12)]
    return [peak_frequency(noisy - clean) for noisy, clean in pairs], pairs


def test_each_option_does_what_it_says():
    speeds, _ = frequencies_of_noise(noise_speed=(0.5, 0.8))
    assert all(1490 < f < 2410 for f in speeds) and np.ptp(speeds) > 200
    voices, _ = frequencies_of_noise(babble=1.0)
    assert {round(f, -2) for f in voices} <= {200, 300}
    _, coloured = frequencies_of_noise(coloured=1.0)
    flatness = [np.abs(np.fft.rfft(x - y)).max() ** 2 / power(x - y) for x, y in coloured]
    assert max(flatness) < RATE**2 / 20  # a tone has RATE**2 / 2
    _, levels = frequencies_of_noise(level=15.0)
    loud = [10 * np.log10(power(clean)) for _, clean in levels]
    assert 10 < np.ptp(loud) < 30
    pitches = [peak_frequency(drawn(n, speech_speed=(0.9, 1.1))[1]) for n in range(12)]
    assert 180 <= min(pitches) < 195 and 205 < max(pitches) <= 220
    heard, wanted = drawn(0, ROOM, reverberation=1.0, snr=(100, 100))
    assert -10 < decibels(heard - wanted, wanted) < -4


def test_a_second_noise_and_the_equaliser():
    apart = [0.1 * tone(1000, 2 * RATE), 0.1 * tone(3000, 2 * RATE)]
    single, double = (tones_of_noise(apart, second_noise=share) for share in (0.0, 1.0))
    are_both = [(sizes.min(1) > 0.1 * sizes.max(1)).sum() for sizes in (single, double)]
    assert are_both[0] == 0 and 2 < are_both[1] < 12  # the second may be the first again
    together = [apart[0] + apart[1]]
    flat, changed = (tones_of_noise(together, equaliser=most) for most in (0.0, 12.0))
    flat, changed = (20 * np.log10(sizes[:, 0] / sizes[:, 1]) for sizes in (flat, changed))
    assert np.ptp(flat) < 0.1 and 4 < np.ptp(changed) < 48


def test_a_mixture_is_a_function_of_its_number():
    one, again, other = drawn(3, babble=0.5), drawn(3, babble=0.5), drawn(4, babble=0.5)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one[0] - other[0]).max() > 0


@pytest.mark.parametrize(
    "options, message",
    [
        ({"snr": (5, -5)}, "`snr` must be two numbers from -100 to 100, the least first"),
        ({"snr": (np.nan, 5)}, "`snr` must be two numbers"),
        ({"noise_speed": (0, 1)}, "`noise_speed` must be two numbers from 0.25 to 4"),
        ({"level": -1}, "`level` must be 0 to 100 decibels, received -1"),
        ({"babble": 1.5}, "`babble` must be a share from 0 to 1, received 1.5"),
        ({"babble": 0.6, "coloured": 0.6}, "must be 1 at most together, received 0.6 and 0.6"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(CallError, match=message):
        MixtureOptions(**options)


# Synthesis


def test_synthesised_speech():
    splits = {split: synthesised_speech(split) for split in ("train", "validation", "test")}
    for sounds in splits.values():
        for sound in sounds:
            assert np.sqrt(power(sound)) == pytest.approx(0.05, rel=1e-4)
            assert np.abs(sound).max() < 1
            frames = np.sqrt(np.mean(sound.reshape(-1, 400) ** 2, axis=1))
            assert 0.02 < (frames < 0.002).mean() < 0.6  # pauses
    assert not np.array_equal(splits["train"][0], splits["test"][0])
    again = synthesised_speech.__wrapped__("test")
    np.testing.assert_array_equal(again, splits["test"])
    assert np.abs(synthesised_speech("test", 1)[0] - splits["test"][0]).max() > 0
    with pytest.raises(CallError, match="no split 'dev'"):
        synthesised_speech("dev")


def test_synthesised_speech_is_voiced():
    """A frame of a vowel repeats itself after a period of 85 to 290 Hz; noise does not."""

    def periodicity(sound):
        frames = sound[: len(sound) // 800 * 800].reshape(-1, 800)
        frames = frames[np.argsort(-np.mean(frames**2, axis=1))[:20]]
        spectrum = np.abs(np.fft.rfft(frames, 1600)) ** 2
        repeats = np.fft.irfft(spectrum)[:, : RATE // 80]
        return (repeats[:, RATE // 300 :].max(1) / repeats[:, 0]).mean()

    assert min(map(periodicity, synthesised_speech("test"))) > 0.5
    assert periodicity(rng().normal(size=6 * RATE)) < 0.3
    assert all(np.isfinite(noise).all() for noise in synthesised_noises("train"))
    assert power(synthesised_noises("test")[0]) > 1e-5
