"""Sounds in files of all kinds, and what is wrong with some."""

import tracemalloc

import numpy as np
import pytest
import soundfile

from modzoo.data import sound_files
from modzoo.data.sound_files import RATE, read_sound, sound_blocks, sound_seconds, write_sound
from modzoo.errors import CallError

TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype("float32")


def tone(rate, seconds=1.0):
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def written(path, sound, rate=RATE, **options):
    soundfile.write(path, sound, rate, **options)
    return path


@pytest.mark.parametrize(
    "name, rate, options",
    [
        ("a.wav", RATE, {}),
        ("a.wav", RATE, {"subtype": "FLOAT"}),
        ("a.wav", 8_000, {"subtype": "PCM_24"}),
        ("a.wav", 44_100, {"format": "WAVEX"}),
        ("a.flac", RATE, {}),
        ("a.flac", 48_000, {}),
        ("a.wav", RATE, {"format": "FLAC"}),  # what it holds counts, not its name
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_rates_and_channels(tmp_path, name, rate, options, channels):
    sound = np.repeat(tone(rate)[:, None], channels, axis=1)
    if channels == 2:  # louder left than right; their mean is the tone
        sound *= [1.5, 0.5]
    path = written(tmp_path / name, sound, rate, **options)
    read = read_sound(path)
    assert (read.dtype, read.shape) == ("float32", (RATE,))
    middle = slice(RATE // 10, -RATE // 10)  # resampling rings at the ends
    np.testing.assert_allclose(read[middle], TONE[middle], atol=2e-3)
    assert sound_seconds(path) == 1.0


@pytest.mark.parametrize("rate", [8_000, RATE, 44_100])
def test_blocks_are_the_sound(tmp_path, monkeypatch, rate):
    path = written(tmp_path / "a.flac", np.random.default_rng(0).uniform(-0.5, 0.5, 30_000), rate)
    whole = read_sound(path)
    monkeypatch.setattr(sound_files, "BLOCK", 1000)
    blocks = list(sound_blocks(path))
    assert len(blocks) >= 20
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)
    assert abs(len(whole) - 30_000 * RATE / rate) <= 1


def test_what_is_beyond_full_scale_is_clipped(tmp_path):
    path = written(tmp_path / "a.wav", np.array([0.5, 1.5, -3.0]), subtype="FLOAT")
    assert read_sound(path).tolist() == [0.5, 1.0, -1.0]
    write_sound(tmp_path / "b.wav", np.array([0.5, 1.5, -3.0]))
    np.testing.assert_allclose(read_sound(tmp_path / "b.wav"), [0.5, 1.0, -1.0], atol=1e-4)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_what_is_written_is_read(tmp_path, name):
    write_sound(tmp_path / name, iter(np.split(TONE, 4)))
    np.testing.assert_allclose(read_sound(tmp_path / name), TONE, atol=2**-15)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_silence_and_ten_milliseconds(tmp_path):
    assert not read_sound(written(tmp_path / "a.wav", np.zeros(RATE))).any()
    assert len(read_sound(written(tmp_path / "b.wav", TONE[:160]))) == 160


def flac_of_length(path, samples):
    """A second of sound in a flac whose header claims other `samples`."""
    content = bytearray(written(path, TONE).read_bytes())
    place = content.index(b"fLaC") + 18  # of rate, channels, bits and 36 bits of samples
    old = int.from_bytes(content[place : place + 8], "big")
    content[place : place + 8] = (old >> 36 << 36 | samples).to_bytes(8, "big")
    path.write_bytes(content)
    return path


def truncated(path):
    content = written(path, np.random.default_rng(0).uniform(-1, 1, 10 * RATE)).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def text(path):
    path.write_text("This is no sound.\n" * 100)
    return path


def with_sample(value, place=RATE // 2):
    def write(path):
        sound = TONE.copy()
        sound[place] = value
        return written(path, sound, subtype="FLOAT")

    return write


WRONG = [
    ("a.wav", text, "Cannot read the sound .*; expected a wav or flac file"),
    ("a.wav", lambda path: path, "No such file or directory"),
    ("a.wav", lambda path: path.mkdir() or path, "Is a directory"),
    ("a.wav", lambda path: path.write_bytes(b"") or path, "expected a wav or flac"),
    ("a.wav", lambda path: written(path, np.zeros(0)), "it is empty"),
    ("a.wav", with_sample(np.nan), r"sample 8,001 is no finite number \(0.500 s\)"),
    ("a.wav", with_sample(-np.inf), "sample 8,001 is no finite number"),
    ("a.wav", with_sample(20_000), "samples of up to 20,000; expected -1 to 1"),
    ("a.flac", truncated, "is cut short or damaged .* of 160,000 samples are read"),
    ("a.flac", lambda path: flac_of_length(path, 20 * RATE), "cut short"),
    ("a.flac", lambda path: flac_of_length(path, 36_000 * RATE), "holds 36,000 seconds"),
    ("a.flac", lambda path: flac_of_length(path, 0), "seconds of sound, of which at most 1,800"),
    ("a.wav", lambda path: written(path, TONE, format="AIFF"), "format AIFF; convert it"),
    ("a.wav", lambda path: written(path, TONE, 100), "1 channels of 100 samples a second"),
    ("a.wav", lambda path: written(path, np.zeros((9, 64))), "64 channels"),
    ("a.wav", lambda path: written(path, TONE[:1], 400_000), "less than a sample"),
]


@pytest.mark.parametrize("name, make, message", WRONG, ids=[m for *_, m in WRONG])
def test_what_is_wrong_is_said(tmp_path, name, make, message):
    path = make(tmp_path / name)
    tracemalloc.start()
    with pytest.raises(CallError, match=message) as caught:
        read_sound(path)
    spent = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 600 and "\n" not in str(caught.value)
    assert spent < 2**23


def test_ten_hours_in_little_memory(tmp_path):
    """A sparse file of silence, of which a part is read by blocks."""
    path = written(tmp_path / "a.wav", np.zeros(10))
    content, size = bytearray(path.read_bytes()), 36_000 * RATE * 2
    content[4:8] = (size + 36).to_bytes(4, "little")
    content[40:44] = size.to_bytes(4, "little")
    with open(path, "wb") as file:
        file.write(content)
        file.truncate(44 + size)
    assert sound_seconds(path) == 36_000
    with pytest.raises(CallError, match="holds 36,000 seconds of sound, of which at most 1,800"):
        read_sound(path)
    tracemalloc.start()
    blocks = sound_blocks(path)
    for _ in range(300):
        assert not next(blocks).any()
    blocks.close()
    spent = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 2**22


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    path = written(tmp_path / "a.wav", TONE, 8_000)
    monkeypatch.setitem(__import__("sys").modules, "soxr", None)
    with pytest.raises(CallError, match=r"package soxr: pip install 'modzoo\[speech\]'"):
        read_sound(path)
