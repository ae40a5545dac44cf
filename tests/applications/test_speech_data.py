"""Mixtures and pairs of sounds: the same for the same number, and what models are measured by."""

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from modzoo.applications.speech.data import (
    FilePairs,
    Mixtures,
    SoundPairs,
    fixed_mixtures,
    load_speech,
)
from modzoo.data.mixture_drawing import MixtureOptions
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import power
from modzoo.errors import CallError
from modzoo.training import evaluation_batches, steps_per_epoch, train_batches

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def mixtures():
    return load_speech(None, "train", seconds=0.5).limit(24)


def batches(examples, steps, first_epoch=0, seed=0):
    stream = train_batches(examples, 8, seed, first_epoch).take(steps)
    return [np.stack([x.numpy() for x in batch]) for batch in stream]


def test_epochs_differ_and_can_be_resumed(mixtures):
    steps = steps_per_epoch(mixtures, 8)
    whole = batches(mixtures, 3 * steps)
    assert steps == 3 and whole[0].shape == (2, 8, RATE // 2) and whole[0].dtype == "float32"
    np.testing.assert_array_equal(batches(mixtures, steps, first_epoch=2), whole[2 * steps :])
    assert np.abs(whole[0] - whole[steps]).max() > 0
    assert np.abs(batches(mixtures, 1, seed=1)[0] - whole[0]).max() > 0
    assert all(np.isfinite(batch).all() and np.abs(batch).max() <= 1 for batch in whole)
    assert all(power(noisy - clean) > 0 for noisy, clean in zip(*whole[0], strict=True))


def test_each_segment_is_read_once_an_epoch(mixtures):
    order = mixtures.shuffled(np.random.default_rng(0))
    assert order.shape == (24, 2)
    assert sorted(order[:, 0]) == list(range(24)) and len(set(order[:, 1])) == 24


def test_segments_cover_the_sounds():
    clean = [np.ones(n, "float32") for n in (100, 250, 30)]
    mixed = Mixtures(clean, clean, [], MixtureOptions(), 100, "train", "made up")
    assert mixed.segments.tolist() == [[0, 0], [1, 0], [1, 100], [2, 0]]
    assert len(mixed.limit(2)) == 2 and len(mixed.limit(None)) == 4
    for index in range(4):  # what is shorter is followed by silence
        _, target = mixed.mixture(index, index)
        assert np.isfinite(target).all() and target.shape == (100,)


def test_mixtures_as_pairs(mixtures):
    pairs = mixtures.limit(3).as_pairs()
    assert len(pairs) == 3 and pairs.split == "train" and pairs.snrs == [None] * 3
    index = tf.range(3)
    for made, given in zip(mixtures.gather(index), pairs.gather(index), strict=True):
        np.testing.assert_array_equal(made, given)


@pytest.mark.parametrize("split, count", [("validation", 16), ("test", 16)])
def test_fixed_mixtures_are_at_their_ratios(split, count):
    pairs = load_speech(None, split)
    assert (len(pairs), pairs.split, pairs.remarks) == (count, split, ())
    assert pairs.snrs == [0, 5, 10, 15] * (count // 4)
    assert pairs.names[5] == "speaker 2 at 5 dB"
    again = load_speech(None, split)
    for i in range(len(pairs)):
        noisy, clean = pairs.pairs[i]
        ratio = 10 * np.log10(power(clean) / power(noisy.astype("float64") - clean))
        assert ratio == pytest.approx(pairs.snrs[i], abs=1e-3)
        assert len(noisy) == 5 * RATE
        np.testing.assert_array_equal(again.pairs[i][0], noisy)


def test_sounds_of_other_lengths_are_padded_in_batches():
    sounds = [np.full(n, 0.1, "float32") for n in (30, 20, 40)]
    pairs = SoundPairs(list("abc"), [(x, x / 2) for x in sounds], [None] * 3, "test", "made up")
    (first, _), (second, clean) = evaluation_batches(pairs, 2)
    assert first.numpy().astype(bool).sum(1).tolist() == [20, 30] and first.shape == (2, 30)
    np.testing.assert_allclose(clean, second / 2)
    assert len(pairs.limit(2)) == 2 and len(pairs.limit(None)) == 3
    assert sorted(pairs.shuffled(np.random.default_rng(0))) == [0, 1, 2]


@pytest.mark.parametrize("num_noises", [1, 2, 3, 4])
def test_each_noise_is_heard_at_each_ratio(num_noises):
    noise = np.eye(num_noises, 100, dtype="float32")  # a click each, at a place of its own
    clean = [np.tile(np.float32([0.1, -0.1]), 50)] * 12
    pairs = fixed_mixtures(clean, noise, list(range(12)), "test", "made up")
    heard = {snr: set() for snr in (0, 5, 10, 15)}
    for (noisy, speech), snr in zip(pairs.pairs, pairs.snrs, strict=True):
        heard[snr].add(int(np.argmax(noisy - speech)))
    assert all(noises == set(range(num_noises)) for noises in heard.values())


def test_a_short_clean_sound_makes_a_short_mixture():
    noise = [np.random.default_rng(0).normal(size=9 * RATE).astype("float32")]
    short = np.ones(100, "float32")
    pairs = fixed_mixtures([short], noise, ["a"], "test", "made up")
    assert [len(noisy) for noisy, _ in pairs.pairs] == [100] * 4


def test_a_folder_of_pairs(tmp_path):
    for name in ("noisy", "clean"):
        (tmp_path / name).mkdir()
        for i, level in enumerate((0.1, 0.2)):
            soundfile.write(tmp_path / name / f"{i}.wav", np.full(4000 + i, level), RATE // 2)
    pairs = load_speech(tmp_path)
    assert isinstance(pairs.pairs, FilePairs)
    assert (pairs.names, pairs.snrs, pairs.lengths.tolist()) == (
        ["0", "1"],
        [None] * 2,
        [8000, 8002],
    )
    assert len(pairs.limit(1)) == 1
    with pytest.raises(CallError, match="no split 'train'; it has: test"):
        load_speech(tmp_path, "train")


def test_what_is_no_data(tmp_path):
    with pytest.raises(CallError, match="expected a folder with clean/ and noise/"):
        load_speech(tmp_path / "none")
    with pytest.raises(CallError, match="The synthesised speech has no split 'dev'"):
        load_speech(None, "dev")


def test_the_published_data(data_dir):
    """The mixtures by which this data's models are measured."""
    pairs = load_speech(data_dir / "speech")
    assert len(pairs) == 44
    assert sorted(set(pairs.lengths)) == [61_600, 80_000]  # one file has 3.85 s
    assert pairs.names[:2] == ["839-130898-0000 at 0 dB", "839-130898-0000 at 5 dB"]
    mixed = load_speech(data_dir / "speech", "train")
    noisy, clean = mixed.gather(tf.range(4))
    assert noisy.shape == clean.shape == (4, 3 * RATE) and len(mixed) > 300
