"""What is done with a trained enhancer: figures, files, streams, pictures, a servable."""

import io
import wave
from pathlib import Path

import keras
import numpy as np
import pytest

import modzoo
from modzoo import zoo
from modzoo.applications.speech import (
    Options,
    SoundPairs,
    SpeechEnhancer,
    evaluate,
    explain,
    predict,
    servable,
    stream,
)
from modzoo.applications.speech.inspection import competition, correlations, entropies
from modzoo.applications.speech.spectrum import BLOCK
from modzoo.errors import CallError
from tests.backends import randomise, to_numpy

RNG = np.random.default_rng(0)
SECOND = np.round(3000 * RNG.normal(size=16000)).clip(-30000, 30000)


@pytest.fixture(scope="module")
def model():
    model = SpeechEnhancer(
        num_layers=3,
        width=8,
        intermediate_dim=8,
        channels=(8,),
        attention_window=8,
    )
    randomise(model, scale=0.3)
    return model


def written(path, samples=SECOND, rate=16000):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(samples), "NONE", "none"))
        file.writeframes(samples.astype("<i2").tobytes())
    return str(path)


def read(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (16000, 1)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_figures_of_pairs(model):
    clean = 0.1 * np.sin(np.arange(32000) * 0.05) * (np.arange(32000) % 8000 < 5000)
    clean = clean.astype("float32")
    noisy = (clean + RNG.normal(0, 0.02, clean.shape)).astype("float32")
    silent = np.zeros_like(clean)
    pairs = SoundPairs(
        ["a", "b", "c"],
        [(noisy, clean), (noisy, clean), (noisy, silent)],
        [0, 5, 5],
        "test",
        "here",
    )
    evaluation = evaluate(model, pairs)
    assert (evaluation.split, evaluation.examples) == ("test", 3)
    assert evaluation.metrics["noisy_si_sdr"] == pytest.approx(
        evaluation.notes["by_snr"]["0 dB"]["noisy_si_sdr"]
    )
    assert {"si_sdr", "noisy_si_sdr"} <= evaluation.metrics.keys()
    assert list(evaluation.notes["by_snr"]) == ["0 dB", "5 dB"]
    assert any("leaves out 1 of 3 sounds" in remark for remark in evaluation.remarks)


def test_a_file_and_a_folder(model, tmp_path):
    paths = [written(tmp_path / "a.wav"), written(tmp_path / "b.wav", SECOND[:160], 8000)]
    one = zoo.predict(model, paths[:1], out=tmp_path / "o.wav")
    expected = to_numpy(model(np.float32(SECOND[None] / 32768)))[0]
    np.testing.assert_allclose(read(tmp_path / "o.wav") / 32768, expected, atol=1e-4)
    assert one.records[0]["seconds"] == 1.0
    assert one.records[0]["enhanced_level"] == pytest.approx(
        10 * np.log10(np.mean(expected**2)), abs=0.01
    )
    both = zoo.predict(model, paths, out=tmp_path / "o")
    assert [record["seconds"] for record in both.records] == [1.0, 0.02]
    np.testing.assert_array_equal(read(tmp_path / "o" / "a.wav"), read(tmp_path / "o.wav"))
    assert len(read(tmp_path / "o" / "b.wav")) == 320
    for wrong in (tmp_path / "o.wav", tmp_path / "a.wav"):
        with pytest.raises(CallError, match="2 inputs needs a folder"):
            zoo.predict(model, paths, out=wrong)
    (tmp_path / "c").mkdir()
    again = [*paths, written(tmp_path / "c" / "a.wav")]
    with pytest.raises(CallError, match="Several sounds would be written"):
        zoo.predict(model, again, out=tmp_path / "o")
    before = read(paths[0])
    for inputs, out in ((paths[:1], tmp_path / "a.wav"), (paths, tmp_path)):
        with pytest.raises(CallError, match=r"a\.wav is what was read"):
            zoo.predict(model, inputs, out=out)
    np.testing.assert_array_equal(read(paths[0]), before)


@pytest.mark.one_backend
def test_a_clean_sound_beside(model, tmp_path):
    paths = written(tmp_path / "a.wav"), written(tmp_path / "b.wav", SECOND[:9000])
    predictions = predict(model, paths[:1], Options(clean=paths[0]))
    record = predictions.records[0]
    assert record["noisy_si_sdr"] > 90 > record["si_sdr"]
    assert f"si_sdr 100.00 -> {record['si_sdr']:.2f}" in predictions.lines[0]
    with pytest.raises(CallError, match="as long as the sound"):
        predict(model, paths[:1], Options(clean=paths[1]))
    with pytest.raises(CallError, match="for one sound, received 2"):
        predict(model, paths, Options(clean=paths[0]))
    assert list(explain(model, paths[0], Options(clean=paths[0]))["spectra"])[-1] == "clean"


@pytest.mark.one_backend
def test_silence_in_a_file_stays_silent(model, tmp_path):
    path = written(tmp_path / "a.wav", np.zeros(5000))
    record = zoo.predict(model, [path], out=tmp_path / "o.wav").records[0]
    assert record["enhanced_level"] == -100 and not read(tmp_path / "o.wav").any()
    record = explain(model, path)
    assert np.isfinite(record["competition"]).all()
    assert np.array(record["correlation"]).shape == (2, 2)


@pytest.mark.parametrize("samples", [0, 1, 256, 3000])
def test_raw_samples_come_out_as_they_went_in(model, samples):
    sink = io.BytesIO()
    stream(model, io.BytesIO(SECOND[:samples].astype("<i2").tobytes()), sink)
    found = np.frombuffer(sink.getvalue(), "<i2") / 32768
    expected = to_numpy(model(np.float32(SECOND[None, :samples] / 32768)))[0]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.one_backend
def test_other_models_read_no_stream():
    with pytest.raises(CallError, match="does not read a stream"):
        zoo.stream("images_mnist_cifar", io.BytesIO(), io.BytesIO())


def test_what_is_explained(model, tmp_path):
    path = written(tmp_path / "a.wav")
    whole = explain(model, path)
    frames = -(-len(SECOND) // BLOCK) + 1
    assert np.shape(whole["competition"]) == (2, frames, 2)
    assert np.shape(whole["spectra"]["noisy"]) == (frames, 257)
    np.testing.assert_allclose(np.sum(whole["competition"], -1), 1, atol=1e-3)
    part = explain(model, path, Options(start=0.5, seconds=0.25))
    assert np.shape(part["spectra"]["enhanced"]) == (4000 // BLOCK + 2, 257)
    later = explain(model, path, Options(start=0.512, seconds=0.25))  # 32 frames
    np.testing.assert_allclose(
        np.array(later["competition"])[:, :10],
        np.array(whole["competition"])[:, 32:42],
        atol=2e-4,
    )
    with pytest.raises(CallError, match="--start 2 is behind it"):
        explain(model, path, Options(start=2.0))


def test_a_mechanism_that_is_off_takes_no_part(model):
    other = modzoo.applications.speech.without(model, ["2:1"])
    c, _ = competition(other, np.float32(SECOND / 32768))
    np.testing.assert_array_equal(c[1, :, 1], 0)
    assert c[0].min() > 0


@pytest.mark.one_backend
def test_entropy_and_correlation():
    c = np.array([[[1, 0], [0.5, 0.5]], [[0.5, 0.5], [1, 0]], [[0.5, 0.5]] * 2])
    np.testing.assert_allclose(entropies(c), [[0, 1], [1, 0], [1, 1]], atol=1e-6)
    np.testing.assert_allclose(correlations(c), [[1, -1, 0], [-1, 1, 0], [0, 0, 0]], atol=1e-9)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Served by TensorFlow.")
def test_a_served_stream_is_the_whole(model):
    signatures = servable(model).signatures
    x = np.float32(SECOND[None, : 9 * BLOCK] / 32768)
    whole = signatures["serving_default"]({"waveform": x})["enhanced"]
    state, pieces = signatures["begin"]({"samples": x[:, :BLOCK]}), []
    for start in range(0, x.shape[1], BLOCK):
        answer = signatures["stream"]({"samples": x[:, start : start + BLOCK], **state})
        pieces.append(answer.pop("enhanced"))
        state = {name.removeprefix("next_"): value for name, value in answer.items()}
    found = np.concatenate(pieces, axis=1)[:, 3 * BLOCK :]
    np.testing.assert_allclose(found, whole[:, : found.shape[1]], atol=1e-5)
    size = np.abs(np.fft.rfft(np.float32(RNG.normal(size=(1, 5, 512)))))
    gain = signatures["network"]({"magnitude": size.astype("float32")})["gain"]
    assert gain.shape == (1, 5, 257) and gain.min() >= 0.1 and gain.max() <= 1


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"RIFF no sound", "Cannot read the sound"),
        (b"The rain in Spain stays mainly in the plain.", "Cannot read the sound"),
        (b"", "Cannot read the sound"),
    ],
)
def test_what_is_no_sound_is_said(model, tmp_path, content, message):
    Path(tmp_path, "a.wav").write_bytes(content)
    with pytest.raises(CallError, match=message):
        zoo.predict(model, [str(tmp_path / "a.wav")], out=tmp_path / "o.wav")
    assert not (tmp_path / "o.wav").exists()
