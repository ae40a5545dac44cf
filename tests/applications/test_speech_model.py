"""The enhancer: its spectra, what it reads, its stream beside the whole, losses and sizes."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from modzoo.applications.speech import (
    CompressedSpectrumLoss,
    LogMagnitudeLoss,
    SpeechEnhancer,
    floor_gate,
    streaming,
)
from modzoo.applications.speech.figures import si_sdr
from modzoo.applications.speech.losses import signal_to_distortion, spectral_closeness
from modzoo.applications.speech.noise_floor import compare, initial_floor
from modzoo.applications.speech.spectrum import (
    BLOCK,
    WINDOW,
    from_level,
    from_spectrum,
    level,
    spectrum_of,
    to_blocks,
    to_samples,
    to_spectrum,
)
from modzoo.applications.speech.streaming import enhance, real_time_factor
from modzoo.recipes.speech.dns import VARIANTS
from tests.backends import outputs_and_gradients, randomise, to_numpy

RNG = np.random.default_rng(0)
NOISY = RNG.normal(0, 0.1, (2, 9 * BLOCK + 77)).astype("float32")
SMALL = {"num_layers": 2, "width": 16, "intermediate_dim": 32, "channels": (12,), "num_heads": 2}
TARGETS = {
    "mask": {},
    "no_floor": {"noise_floor": False, "attention_window": 3},
    "log_magnitude": {"target": "log_magnitude", "look_ahead": 0},
    "plain": {"num_mechanisms": 1, "look_ahead": 1},
}


@functools.cache
def model_of(scale=0.3, **options):
    model = SpeechEnhancer(**{**SMALL, "attention_window": 5, **options})
    randomise(model, scale=scale)
    return model


def heard(model, waveform):
    return np.asarray(model.predict_on_batch(waveform))


# Spectra


@pytest.mark.parametrize("samples", [1, 257, 2048])
def test_spectra_of_blocks_are_those_of_frames_and_lead_back(samples):
    x = RNG.normal(size=(2, samples)).astype("float32")
    blocks = to_blocks(ops.convert_to_tensor(x), 1)
    real, imaginary = to_spectrum(blocks, ops.zeros((2, BLOCK)))
    padded = np.pad(x, ((0, 0), (BLOCK, -samples % BLOCK + BLOCK)))
    for t in range(blocks.shape[1]):
        expected = np.fft.rfft(padded[:, t * BLOCK : t * BLOCK + 2 * BLOCK] * WINDOW)
        found = to_numpy(real)[:, t] + 1j * to_numpy(imaginary)[:, t]
        np.testing.assert_allclose(found, expected, atol=1e-4)
    back, _ = from_spectrum(real, imaginary, ops.zeros((2, BLOCK)))
    np.testing.assert_allclose(to_numpy(to_samples(back[:, 1:], samples)), x, atol=1e-5)


def test_levels_lead_back():
    size = np.array([1e-3, 1.0, 100.0], "float32")
    np.testing.assert_allclose(to_numpy(from_level(level(size))), size + 1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "sizes", [[130], pytest.param([1, 1, 60, 68], marks=pytest.mark.one_backend)]
)
def test_levels_beside_those_before(sizes):
    """The mean and the floor, by their definitions, whatever the pieces they come in."""
    x = RNG.normal(size=(1, sum(sizes), 257)).astype("float32")
    state, found, start = initial_floor(1), [], 0
    for size in sizes:
        piece = ops.convert_to_tensor(x[:, start : start + size])
        *above, state = compare(piece, ops.convert_to_tensor([start], dtype="int32"), state)
        found.append(np.stack([to_numpy(a)[0] for a in above]))
        start += size
    found = np.concatenate(found, axis=1)
    rows = x[0].astype("float64")
    smooth = [rows[max(0, t - 5) : t + 1].mean(0) for t in range(len(rows))]
    for t in (0, 1, 7, 70, 129):
        weights = (59 / 60) ** np.arange(t, -1, -1)
        mean = weights @ rows[: t + 1] / weights.sum()
        floor = np.min(smooth[max(0, t - 89) : t + 1], axis=0)
        np.testing.assert_allclose(found[:, t], [rows[t] - mean, rows[t] - floor], atol=1e-4)


# The model


def count(**options):
    paper = {"num_layers": 8, "width": 256, "intermediate_dim": 512, "num_heads": 16}
    paper |= {"channels": (1024, 512, 128), "plain_layers": (0, 1, -1)}
    paper |= {"target": "log_magnitude", "noise_floor": False}
    return SpeechEnhancer(**{**paper, **options}).count_params()


@pytest.mark.one_backend
def test_the_papers_models_are_of_about_six_million_parameters():
    """Convolutions, encoder and head: 5.97 M, 5.90 M for the Transformer."""
    assert count() == 5_970_443
    assert count(num_mechanisms=1, intermediate_dim=256) == 5_895_809
    assert count(num_mechanisms=4) == 5_317_013


@pytest.mark.one_backend
def test_the_baseline_is_as_large_as_the_default():
    baseline = SpeechEnhancer(**VARIANTS["baseline"])
    assert baseline.count_params() == pytest.approx(SpeechEnhancer().count_params(), rel=0.01)


@pytest.mark.parametrize("samples", [0, 1000])
def test_any_length_comes_out_as_it_went_in(samples):
    model = model_of()
    y = heard(model, NOISY[:, :samples])
    assert y.shape == (2, samples) and np.isfinite(y).all()


@pytest.mark.one_backend
def test_an_untrained_mask_is_the_gate():
    """A loud tone that sets in above a quiet noise passes; the noise is cut to the least gain."""
    model = SpeechEnhancer(**SMALL, least_gain=0.2)
    noise = RNG.normal(0, 1e-3, (1, 200 * BLOCK)).astype("float32")
    tone = 0.3 * np.sin(np.arange(40 * BLOCK) * 2 * np.pi / 16).astype("float32")
    noise[:, 150 * BLOCK : 190 * BLOCK] += tone
    y = heard(model, noise)[0]
    before, during = slice(100 * BLOCK, 140 * BLOCK), slice(152 * BLOCK, 160 * BLOCK)
    assert y[before].std() < 0.6 * noise[0, before].std()
    assert y[during].std() == pytest.approx(noise[0, during].std(), rel=0.02)
    y = heard(SpeechEnhancer(**SMALL), noise)[0]
    np.testing.assert_allclose(y, floor_gate(noise[0]), atol=1e-5)


@pytest.mark.one_backend
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_heard_further_ahead_than_said(target):
    model = model_of(**TARGETS[target])
    base = heard(model, NOISY)
    changed = NOISY.copy()
    changed[:, 6 * BLOCK :] = RNG.normal(size=changed[:, 6 * BLOCK :].shape)
    difference = np.abs(heard(model, changed) - base).max(0)
    first = (6 - model.options["look_ahead"] - 1) * BLOCK
    assert difference[:first].max() < 1e-6
    assert difference[first : first + BLOCK].max() > 1e-6


@pytest.mark.parametrize("target", TARGETS)
def test_a_stream_is_the_whole_later(target):
    model = model_of(**TARGETS[target])
    expected = heard(model, NOISY)
    stream = model.stream(batch_size=2)
    assert stream.delay == (model.options["look_ahead"] + 1) * BLOCK
    x = np.pad(NOISY, ((0, 0), (0, -NOISY.shape[1] % BLOCK + stream.delay)))
    sizes = [1] * (x.shape[1] // BLOCK - 3) + [3]
    for _ in range(2):
        pieces, start = [], 0
        for size in sizes:
            pieces.append(stream(x[:, start : start + size * BLOCK]))
            assert pieces[-1].shape == (2, size * BLOCK)
            start += size * BLOCK
        y = np.concatenate(pieces, axis=1)[:, stream.delay :][:, : NOISY.shape[1]]
        np.testing.assert_allclose(y, expected, atol=1e-5)
        stream.reset()


def test_a_recording_in_pieces_is_the_whole(monkeypatch):
    monkeypatch.setattr(streaming, "AT_ONCE", 4)
    model, x = model_of(), NOISY[0]
    pieces = [x[:100], x[100:1500], x[1500:1500], x[1500:]]
    stream, whole = model.stream(), heard(model, x[None])[0]
    for _ in range(2):
        np.testing.assert_allclose(np.concatenate([*enhance(stream, pieces)]), whole, atol=1e-4)
    assert list(enhance(stream, [])) == []
    assert [len(y) for y in enhance(stream, [x[:5]])] == [5]


@pytest.mark.one_backend
def test_what_a_stream_remembers_does_not_grow():
    stream = model_of().stream()
    sizes = {name: tuple(value.shape) for name, value in stream._state.items()}
    for _ in range(4):
        stream(NOISY[0, :BLOCK])
    assert {name: tuple(value.shape) for name, value in stream._state.items()} == sizes
    assert real_time_factor(model_of(), 0.1) > 0


@pytest.mark.one_backend
@pytest.mark.parametrize("shape", [(100,), (0,), (2, 256), (1, 1, 256)])
def test_a_stream_says_what_it_takes(shape):
    stream = model_of().stream()
    with pytest.raises(ValueError, match="multiple of 256 samples"):
        stream(np.zeros(shape, "float32"))
    with pytest.raises(ValueError, match="must be finite"):
        stream(np.full(BLOCK, np.nan, "float32"))


@pytest.mark.one_backend
def test_half_precision_is_near_full():
    full, half = model_of(), model_of(dtype="mixed_bfloat16")
    half.set_weights(full.get_weights())
    y = heard(half, NOISY)
    assert y.dtype == "float32"
    assert np.abs(y - heard(full, NOISY)).mean() < 0.02
    stream = half.stream(2)
    assert np.isfinite(stream(NOISY[:, :BLOCK])).all()


# Losses and silence


@pytest.mark.parametrize(
    ("target", "loss"), [("mask", CompressedSpectrumLoss), ("log_magnitude", LogMagnitudeLoss)]
)
def test_silence_gives_silence_and_gradients_that_are_numbers(target, loss):
    model, loss = model_of(**TARGETS[target]), loss()
    silence = ops.zeros((1, 4 * BLOCK))

    def total():
        y = model(silence, training=True)
        return loss(silence, y) + loss(ops.convert_to_tensor(NOISY[:1, : 4 * BLOCK]), y), y

    y, gradients = outputs_and_gradients(total, model.trainable_variables)
    assert not np.any(to_numpy(y))
    assert all(np.isfinite(g).all() for g in gradients)


def test_the_compressed_loss():
    clean, noisy = NOISY, (NOISY + 0.05 * RNG.normal(size=NOISY.shape)).astype("float32")
    (a, b), (c, d) = (map(to_numpy, spectrum_of(ops.convert_to_tensor(x))) for x in (clean, noisy))
    true, found = a.astype("complex128") + 1j * b, c.astype("complex128") + 1j * d
    compressed = [np.abs(x) ** 0.3 * np.exp(1j * np.angle(x)) for x in (true, found)]
    of_magnitudes = np.mean((np.abs(compressed[0]) - np.abs(compressed[1])) ** 2)
    of_values = np.mean(np.abs(compressed[0] - compressed[1]) ** 2)
    loss = float(to_numpy(CompressedSpectrumLoss()(clean, noisy)))
    assert loss == pytest.approx(0.7 * of_magnitudes + 0.3 * of_values, rel=1e-3)
    assert float(to_numpy(LogMagnitudeLoss()(clean, clean))) == 0
    again = CompressedSpectrumLoss.from_config(CompressedSpectrumLoss(0.5, 1.0).get_config())
    assert (again.power, again.magnitude_weight) == (0.5, 1.0)
    with pytest.raises(ValueError, match=r"Received: power=0, magnitude_weight=0\.7"):
        CompressedSpectrumLoss(power=0)


def test_what_a_training_shows_are_the_measures():
    noisy = NOISY + 0.05 * RNG.normal(size=NOISY.shape).astype("float32")
    found = to_numpy(signal_to_distortion(NOISY, 0.5 * noisy))
    expected = [si_sdr(*pair) for pair in zip(NOISY, 0.5 * noisy, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-3)
    silent = to_numpy(signal_to_distortion(0 * NOISY, NOISY)), signal_to_distortion(NOISY, NOISY)
    assert np.isfinite(silent[0]).all() and to_numpy(silent[1]).min() > 50
    loss = [
        float(to_numpy(CompressedSpectrumLoss()(NOISY[i : i + 1], noisy[i : i + 1])))
        for i in (0, 1)
    ]
    closeness = to_numpy(spectral_closeness(NOISY, noisy))
    np.testing.assert_allclose(closeness, -10 * np.log10(loss), atol=1e-4)


def test_a_few_steps_learn():
    model = model_of(scale=0.05)
    tone = 0.2 * np.sin(np.arange(20 * BLOCK) * 0.2)
    clean = np.stack([tone, tone]).astype("float32")
    noisy = (clean + RNG.normal(0, 0.05, clean.shape)).astype("float32")
    jit = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.Adam(1e-2), CompressedSpectrumLoss(), jit_compile=jit)
    losses = [float(model.train_on_batch(noisy, clean)) for _ in range(12)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ({"target": "phase"}, "target='phase'"),
        ({"least_gain": 1.0}, "least_gain=1.0"),
        ({"look_ahead": -1}, "look_ahead=-1"),
        ({"num_heads": 3}, "num_heads=3, num_mechanisms=2"),
    ],
)
def test_wrong_arguments_are_named(arguments, received):
    with pytest.raises(ValueError, match=received):
        SpeechEnhancer(**{**SMALL, **arguments})
