"""Sounds in files, as people have them: read whole or block by block, and written."""

import contextlib
import importlib

import numpy as np

from modzoo.errors import CallError, shortened
from modzoo.files import opened, whole_file

RATE = 16_000  # samples a second of all sounds inside
SUFFIXES = (".wav", ".flac")
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC")  # as libsndfile names them
RATES = (1_000, 400_000)
MAX_SECONDS = 1_800  # of a sound that is read at once
MAX_CHANNELS = 32
MAX_PEAK = 8.0  # 18 dB above full scale; a file of samples beyond means something else
BLOCK = 2**16  # frames read at a time


def read_sound(path, max_seconds=MAX_SECONDS):
    """The sound in a wav or flac file, float32 `(samples,)` in `[-1, 1]`, 16,000 a second.

    What the file holds, not its name, says how it is read. Channels are mixed to their mean,
    another rate is resampled (soxr), and what float samples or resampling put beyond -1 and 1 is
    clipped, as players do. A wav that was cut short is read as far as it goes.

    Args:
        path: The file.
        max_seconds: Number, the longest sound that is read; `sound_blocks` reads any.

    Raises:
        CallError: If the file cannot be read, is empty, longer or cut short, or holds samples
            that are no finite numbers.
    """
    require_seconds(path, max_seconds)
    blocks = list(sound_blocks(path))
    if not blocks:
        raise CallError(f"{path} holds less than a sample at {RATE:,} a second.")
    return np.concatenate(blocks)


def sound_seconds(path):
    """How long the sound in a file is, in seconds, as its header says."""
    with _opened(path) as sound:
        return sound.frames / sound.samplerate


def require_seconds(path, max_seconds=MAX_SECONDS):
    """How long the sound in a file is, in seconds; raises where that is more than is read."""
    seconds = sound_seconds(path)
    if seconds > max_seconds:
        raise CallError(
            f"{path} holds {seconds:,.0f} seconds of sound, of which at most {max_seconds:,} are "
            "read at once; cut it."
        )
    return seconds


def sound_blocks(path):
    """The sound that `read_sound` returns, block by block: a generator of float32
    `(samples,)`, in memory that does not grow with the file."""
    with _opened(path) as sound:
        resampler = _Resampler(sound.samplerate)
        read = 0
        while read < sound.frames:
            block = _block(sound, path, read)
            read += len(block)
            samples = resampler(block, is_last=read == sound.frames)
            if len(samples):
                yield np.clip(samples, -1, 1)


def write_sound(path, blocks):
    """Writes 16-bit samples, 16,000 a second, to a wav or flac file.

    Args:
        path: The file; its suffix says which.
        blocks: Array `(samples,)`, or an iterable of them; what is beyond -1 and 1 is clipped.
    """
    soundfile = speech_package("soundfile")
    if isinstance(blocks, np.ndarray):
        blocks = [blocks]
    with (
        whole_file(path) as beside,
        soundfile.SoundFile(beside, "w", RATE, channels=1, subtype="PCM_16") as sound,
    ):
        for block in blocks:
            sound.write(np.clip(block, -1, 1))


def speech_package(name):
    """A package of the extra `speech`; raises a CallError that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise CallError(
            f"Speech needs the package {name}: pip install 'modzoo[speech]'."
        ) from error


@contextlib.contextmanager
def _opened(path):
    """A `soundfile.SoundFile` to read; what is wrong with its header is a CallError."""
    soundfile = speech_package("soundfile")
    with opened(path) as file:
        try:
            sound = soundfile.SoundFile(file)
        except (soundfile.SoundFileError, TypeError) as error:
            raise CallError(
                f"Cannot read the sound {path}: {_reason(error)}; expected a wav or flac file."
            ) from error
        with sound:
            _check_header(sound, path)
            yield sound


def _check_header(sound, path):
    least, most = RATES
    if sound.format not in FORMATS:
        raise CallError(f"{path} is of format {sound.format}; convert it to wav or flac.")
    if not sound.frames:
        raise CallError(f"{path} holds no sound: it is empty.")
    if not least <= sound.samplerate <= most or sound.channels > MAX_CHANNELS:
        raise CallError(
            f"{path} has {sound.channels} channels of {sound.samplerate:,} samples a second; "
            f"expected at most {MAX_CHANNELS}, and {least:,} to {most:,}."
        )


def _block(sound, path, read):
    """The next frames, mixed to one channel, `(frames,)`."""
    soundfile = speech_package("soundfile")
    try:
        frames = sound.read(BLOCK, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise CallError(
            f"{path} is cut short or damaged ({_reason(error)}) where {read:,} of {sound.frames:,} "
            "samples are read; get it again."
        ) from error
    if not len(frames):
        raise CallError(
            f"{path} is cut short: it holds {read:,} samples, and its header says "
            f"{sound.frames:,}; get it again."
        )
    bad = np.flatnonzero(~np.isfinite(frames).all(axis=1))
    if len(bad):
        raise CallError(
            f"{path}: sample {read + bad[0] + 1:,} is no finite number "
            f"({(read + bad[0]) / sound.samplerate:.3f} s); mend or cut the sound."
        )
    peak = np.abs(frames).max()
    if peak > MAX_PEAK:
        raise CallError(
            f"{path} holds samples of up to {peak:,.0f}; expected -1 to 1, divide them."
        )
    return frames.mean(axis=1)


class _Resampler:
    """Blocks of another rate at 16,000 samples a second."""

    def __init__(self, rate):
        self._stream = None
        if rate != RATE:
            self._stream = speech_package("soxr").ResampleStream(rate, RATE, 1, "float32")

    def __call__(self, block, is_last):
        if self._stream is None:
            return block
        return self._stream.resample_chunk(block, last=is_last)


def _reason(error):
    text = str(error)
    return shortened(text.rpartition(">: ")[2].rstrip("."), 200)
