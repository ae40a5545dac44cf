"""Measures of speech and baselines, against closed forms."""

import sys

import numpy as np
import pytest

from modzoo.applications.speech import baselines, figures
from modzoo.applications.speech.baselines import floor_gate, log_mmse, noise_power, wiener
from modzoo.applications.speech.data import SoundPairs
from modzoo.applications.speech.figures import MEASURES, Quality, means, measure, quality, si_sdr
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import add_noise, coloured_noise
from modzoo.data.speech_synthesis import synthesised_speech
from modzoo.errors import CallError

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def speech():
    return synthesised_speech("test")[0][: 3 * RATE]


def noisy_at(speech, snr, slope=1):
    return add_noise(speech, coloured_noise(len(speech), np.random.default_rng(0), slope), snr)


@pytest.mark.parametrize("decibels", [-30, 0, 12.5, 60])
def test_si_sdr_is_what_was_added(decibels):
    rng = np.random.default_rng(0)
    clean, other = rng.normal(size=(2, 1000))
    other -= (other @ clean) / (clean @ clean) * clean  # nothing of the clean sound in it
    other *= np.sqrt((clean @ clean) / (other @ other)) * 10 ** (-decibels / 20)
    assert si_sdr(clean, clean + other) == pytest.approx(decibels)
    assert si_sdr(clean, -7 * (clean + other)) == pytest.approx(decibels)
    assert si_sdr(clean, 0.3 * clean) == pytest.approx(100)
    assert si_sdr(clean, other) == pytest.approx(-100)


def test_the_clean_sound_is_perfect(speech):
    found = quality(speech, 0.5 * speech)
    assert found.remarks == () and list(found.values) == list(MEASURES)
    assert found.values["pesq_wb"] == pytest.approx(4.64, abs=0.01)
    assert found.values["stoi"] == pytest.approx(1.0)
    assert found.values["si_sdr"] == pytest.approx(100)


def test_more_noise_is_worse(speech):
    values = [quality(speech, noisy_at(speech, snr)).values for snr in (0, 10, 20)]
    for name in MEASURES:
        assert values[0][name] < values[1][name] < values[2][name]
    assert values[1]["si_sdr"] == pytest.approx(10, abs=0.3)


NOISE = 0.1 * np.random.default_rng(0).normal(size=2 * RATE).astype("float32")
NAN = np.where(np.arange(2 * RATE) == 99, np.nan, NOISE)
UNFIT = [
    (np.tile(NOISE, 11), np.tile(NOISE, 11), ("pesq_wb",), "longer than 20 s"),
    (0 * NOISE, NOISE, MEASURES, "the clean sound is silent"),
    (NOISE, 0 * NOISE, MEASURES, "the sound is silent"),
    (NOISE, NAN, MEASURES, "a sample is no finite number"),
    (NAN, NOISE, MEASURES, "a sample is no finite number"),
    (NOISE[:0], NOISE[:0], MEASURES, "the clean sound is silent"),
    (NOISE[:160], NOISE[:160], ("pesq_wb", "stoi"), "shorter than 0.25 s"),
    (NOISE[:4800], NOISE[:4800], ("stoi",), "less than 0.4 s of speech"),
]


@pytest.mark.parametrize("clean, sound, names, reason", UNFIT)
def test_where_nothing_can_be_said(clean, sound, names, reason):
    found = quality(clean, sound)
    assert [name for name in MEASURES if found.values[name] is None] == list(names)
    assert len(found.remarks) == len(names)
    assert reason in found.remarks[0]


def test_sounds_of_different_lengths():
    with pytest.raises(ValueError, match="must be of one length"):
        quality(NOISE, NOISE[:-1])


def test_means_leave_out_what_is_missing():
    found = [
        Quality({"pesq_wb": 2.0, "stoi": 0.5, "si_sdr": 1.0}),
        Quality({"pesq_wb": None, "stoi": None, "si_sdr": 3.0}, ("pesq_wb: why", "stoi: so")),
        Quality({"pesq_wb": 3.0, "stoi": None, "si_sdr": 5.0}, ("stoi: so",)),
    ]
    metrics, remarks = means(found, "noisy_")
    assert metrics == {"noisy_pesq_wb": 2.5, "noisy_stoi": 0.5, "noisy_si_sdr": 3.0}
    assert remarks == (
        "The mean of noisy_pesq_wb leaves out 1 of 3 sounds (why).",
        "The mean of noisy_stoi leaves out 2 of 3 sounds (so).",
    )
    by_snr = figures.means_by_snr(found, [0, 5, 0])
    assert by_snr["0 dB"] == {"pesq_wb": 2.5, "stoi": 0.5, "si_sdr": 3.0}
    assert by_snr["5 dB"] == {"pesq_wb": None, "stoi": None, "si_sdr": 3.0}
    assert figures.means_by_snr(found, [None] * 3) == {}


def test_many_sounds_are_measured(speech):
    pairs = SoundPairs(["a"], [(noisy_at(speech, 5), speech)], [5], "test", "made up")
    (noisy,), (enhanced,) = measure(pairs), measure(pairs, wiener)
    assert noisy == quality(speech, pairs.pairs[0][0])
    assert enhanced.values["si_sdr"] > noisy.values["si_sdr"]


def test_a_missing_package_is_named(monkeypatch, speech):
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(CallError, match=r"package pesq: pip install 'modzoo\[speech\]'"):
        quality(speech, speech)


# Baselines

every_baseline = pytest.mark.parametrize("enhance", [log_mmse, wiener, floor_gate])


@every_baseline
@pytest.mark.parametrize("slope", [0, 1])
def test_stationary_noise_is_removed(enhance, slope, speech):
    noisy = noisy_at(speech, 5, slope)
    gained = si_sdr(speech, enhance(noisy)) - si_sdr(speech, noisy)
    assert gained > 1


@every_baseline
def test_what_is_steady_is_noise(enhance):
    """A noise that never changes is brought to the least gain, but for its own fluctuation."""
    noise = coloured_noise(4 * RATE, np.random.default_rng(0), 0)
    left = np.sqrt(np.mean(enhance(noise)[2 * RATE :] ** 2) / np.mean(noise[2 * RATE :] ** 2))
    assert 0.1 <= left < 0.65
    tone = np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE).astype("float32")
    rest = slice(2 * RATE, -RATE)
    np.testing.assert_allclose(floor_gate(tone)[rest], 0.1 * tone[rest], atol=1e-3)


@every_baseline
@pytest.mark.parametrize("samples", [1, 100, 512, 5000])
def test_silence_and_short_sounds(enhance, samples):
    assert not enhance(np.zeros(samples, "float32")).any()
    sound = enhance(NOISE[:samples])
    assert (sound.dtype, sound.shape) == ("float32", (samples,))
    assert np.isfinite(sound).all()


def test_the_floor_is_the_least_mean_so_far():
    values = np.random.default_rng(0).random((200, 2))
    means = np.stack([values[max(0, t - 5) : t + 1].mean(0) for t in range(200)])
    floor = np.stack([means[max(0, t - 89) : t + 1].min(0) for t in range(200)])
    np.testing.assert_allclose(noise_power(values), baselines.BIAS * floor)


@every_baseline
def test_they_are_causal(enhance):
    later = NOISE.copy()
    later[RATE:] = 0.3
    before = slice(0, RATE - baselines.FRAME)
    np.testing.assert_allclose(enhance(later)[before], enhance(NOISE)[before], atol=1e-7)


@pytest.mark.parametrize("samples", [1, 255, 256, 512, 513, 8000])
def test_the_transform_is_undone(samples):
    sound = NOISE[:samples]
    np.testing.assert_allclose(
        baselines.inverse_stft(baselines.stft(sound), samples), sound, atol=1e-7
    )


def test_the_noise_is_not_under_or_overestimated():
    noise = np.random.default_rng(0).normal(size=20 * RATE)
    power = np.abs(baselines.stft(noise)) ** 2
    later = slice(baselines.FLOOR, None)
    assert noise_power(power)[later].mean() / power[later].mean() == pytest.approx(1, abs=0.05)
