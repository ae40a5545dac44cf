"""What a trained model makes of noisy speech, how good it is, and which mechanism did it."""

import os
import tempfile
import weakref
from pathlib import Path

import numpy as np

from modzoo.applications.interface import Predictions, printable
from modzoo.applications.speech.data import Mixtures
from modzoo.applications.speech.figures import MEASURES, means, means_by_snr, measure, quality
from modzoo.applications.speech.inspection import (
    PERCENTILES,
    competition,
    correlations,
    entropies,
)
from modzoo.applications.speech.settings import Options
from modzoo.applications.speech.spectrum import BLOCK, WINDOW
from modzoo.applications.speech.streaming import enhance
from modzoo.data.sound_files import RATE, read_sound, require_seconds, sound_blocks, write_sound
from modzoo.errors import CallError
from modzoo.training import Evaluation

FULL = 32768  # what 1 is in 16 bits
QUIETEST = -100.0  # decibels of full scale, where spectra are drawn
MOST_SECONDS = 12 * 3600  # of a file that is enhanced
HISTORY = 8 * RATE  # samples before what is explained that the model hears too


def evaluate(model, pairs):
    """Figures on noisy sounds whose clean ones are known.

    Args:
        model: `SpeechEnhancer`.
        pairs: `SoundPairs`, or `Mixtures`, each of which is then mixed once.

    Returns:
        `Evaluation` with `pesq_wb`, `stoi` and `si_sdr`, means over the sounds, and `noisy_...` of
        what the model was given; its note `"by_snr"` has them by the ratio of speech to noise.
    """
    if isinstance(pairs, Mixtures):
        pairs = pairs.as_pairs()
    stream = model.stream()
    found = measure(pairs, lambda noisy: np.concatenate([*enhance(stream, [noisy])]))
    given = measure(pairs)
    metrics, remarks = means(found)
    of_noisy, noisy_remarks = means(given, "noisy_")
    metrics = {k: v for k, v in (metrics | of_noisy).items() if v is not None}
    by_snr = {
        snr: {**enhanced, **{f"noisy_{name}": noisy[name] for name in MEASURES}}
        for (snr, enhanced), noisy in zip(
            means_by_snr(found, pairs.snrs).items(),
            means_by_snr(given, pairs.snrs).values(),
            strict=True,
        )
    }
    notes = {"by_snr": by_snr} if by_snr else {}
    return Evaluation(pairs.split, len(pairs), metrics, notes, (*remarks, *noisy_remarks))


def predict(model, paths, options=Options()):
    """Enhances sounds in files, in memory that does not grow with them.

    Args:
        model: `SpeechEnhancer`.
        paths: Files of sounds, of any rate and length.
        options: `Options`; `clean` is for one file.

    Returns:
        `Predictions`, whose records have `"input"`; `"seconds"`; `"level"` and
        `"enhanced_level"`, decibels of full scale; and with `options.clean` the measures, of
        which `noisy_...` are those of the file. `save` writes one sound to a file, or several to
        a folder, each under its name.
    """
    if options.clean is not None and len(paths) != 1:
        raise CallError(f"--clean is for one sound, received {len(paths)}.")
    names = _names(paths)
    for path in paths:
        require_seconds(path, MOST_SECONDS)
    stream, shelf = model.stream(), _Shelf()
    enhanced = [_Enhanced(stream, path, shelf) for path in paths]
    records = [
        {
            "input": printable(path),
            "seconds": round(sound.samples / RATE, 3),
            "level": _decibels(sound.power),
            "enhanced_level": _decibels(sound.enhanced_power),
        }
        for path, sound in zip(paths, enhanced, strict=True)
    ]
    remarks = ()
    if options.clean is not None:
        measures, remarks = _measures(options.clean, read_sound(paths[0]), enhanced[0].read())
        records[0] |= measures
    lines = [_line(record) for record in records]

    def save(out):
        written = [Path(out)] if len(paths) == 1 else [Path(out, name) for name in names]
        read = {Path(os.fsdecode(path)).resolve() for path in paths}
        for path in written:
            if path.resolve() in read:
                raise CallError(f"{path} is what was read; give another --out.")
            path.parent.mkdir(parents=True, exist_ok=True)
        for path, sound in zip(written, enhanced, strict=True):
            write_sound(path, sound.pieces())

    return Predictions(records, lines, save, tuple(remarks))


class _Shelf:
    """A file of enhanced sounds that is gone when nothing needs it."""

    def __init__(self):
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self.file.close)


class _Enhanced:
    """An enhanced sound, kept on a shelf, behind what is there."""

    def __init__(self, stream, path, shelf):
        self.samples = 0
        self.power = self.enhanced_power = 0.0
        self._shelf, self._start = shelf, shelf.file.seek(0, os.SEEK_END)
        for piece in enhance(stream, self._heard(path)):
            self.enhanced_power += float(np.square(piece, dtype="float64").sum())
            shelf.file.write(piece.tobytes())
        self.power, self.enhanced_power = (
            power / max(1, self.samples) for power in (self.power, self.enhanced_power)
        )

    def _heard(self, path):
        for piece in sound_blocks(path):
            self.samples += len(piece)
            self.power += float(np.square(piece, dtype="float64").sum())
            yield piece

    def pieces(self):
        """The sound, piece by piece."""
        for first in range(0, self.samples, 2**16):
            self._shelf.file.seek(self._start + 4 * first)
            size = 4 * min(2**16, self.samples - first)
            yield np.frombuffer(self._shelf.file.read(size), "float32")

    def read(self):
        return np.concatenate([np.zeros(0, "float32"), *self.pieces()])


def _decibels(power):
    return round(float(10 * np.log10(max(power, 10 ** (QUIETEST / 10)))), 2)


def _line(record):
    change = record["enhanced_level"] - record["level"]
    parts = [f"{record['seconds']:.2f} s", f"{record['level']:.1f} dB", f"{change:+.1f} dB"]
    for name in MEASURES:
        before, after = record.get(f"noisy_{name}"), record.get(name)
        if before is not None and after is not None:
            parts.append(f"{name} {before:.2f} -> {after:.2f}")
    return "  ".join([*parts, record["input"]])


def _measures(clean, noisy, enhanced):
    """Measures of a sound, before and after, beside the clean one in a file, and remarks."""
    clean = read_sound(clean)
    if len(clean) != len(noisy):
        raise CallError(
            f"--clean must be as long as the sound, {len(noisy):,} samples at {RATE:,} a second; "
            f"received {len(clean):,}."
        )
    after, before = quality(clean, enhanced), quality(clean, noisy)
    values = after.values | {f"noisy_{name}": value for name, value in before.values.items()}
    return values, tuple(dict.fromkeys((*after.remarks, *before.remarks)))


def _names(paths):
    """A name of a file for each sound, after its own."""
    names = [f"{Path(os.fsdecode(path)).stem}.wav" for path in paths]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise CallError(f"Several sounds would be written to one file {twice}; rename one.")
    return names


def stream(model, source, sink):
    """Enhances raw samples as they come in, until there are no more: as many come out.

    Args:
        model: `SpeechEnhancer`.
        source: Buffered binary file of samples of one channel, 16,000 a second, int16.
        sink: Binary file to which as many are written.
    """
    enhancer = model.stream()
    due, skipped = 0, enhancer.delay

    def forward(samples):
        nonlocal due, skipped
        heard = enhancer(samples)[skipped:][:due]
        skipped = max(0, skipped - BLOCK)
        due -= len(heard)
        sink.write(np.round(np.clip(heard * FULL, -FULL, FULL - 1)).astype("<i2").tobytes())
        sink.flush()

    while held := source.read(2 * BLOCK):
        samples = np.frombuffer(held[: len(held) // 2 * 2], "<i2").astype("float32") / FULL
        due += len(samples)
        forward(np.pad(samples, (0, BLOCK - len(samples))))
    while due > 0:
        forward(np.zeros(BLOCK, "float32"))


def explain(model, path, options=Options()):
    """Which mechanism took part in which frame of a sound.

    Args:
        model: `SpeechEnhancer`.
        path: File of a sound.
        options: `Options`.

    Returns a dictionary: `"input"`; `"start"`, seconds; `"frame_seconds"`, from frame to frame;
    `"spectra"`, `{"noisy": ..., "enhanced": ...}` and, if it was given, `"clean"`, each
    `[frame][frequency]` in decibels, from 0 to 8 kHz; and, where mechanisms compete, `"layers"`,
    `"competition"`, `[layer][frame][mechanism]`, `"entropy"`, its percentiles (10, 25, 50, 75, 90)
    in bits in each layer, and `"correlation"`, of mechanism 0's share between the layers.
    """
    sound = read_sound(path)
    noisy = _part(sound, path, options)
    before = min(int(options.start * RATE), HISTORY) // BLOCK * BLOCK
    first = int(options.start * RATE) - before
    c, enhanced = competition(model, sound[first : first + before + len(noisy)])
    c, enhanced = c[:, before // BLOCK :], enhanced[before:]
    spectra = {"noisy": noisy, "enhanced": enhanced}
    if options.clean is not None:
        spectra["clean"] = _part(read_sound(options.clean), options.clean, options)
        if len(spectra["clean"]) != len(noisy):
            raise CallError(f"--clean must be as long as the sound; {options.clean} is not.")
    record = {
        "input": printable(path),
        "start": options.start,
        "frame_seconds": BLOCK / RATE,
        "spectra": {name: _spectrum(sound) for name, sound in spectra.items()},
        "layers": [],
    }
    if not model.competes:
        return record | {
            "remarks": ["No mechanisms compete in this model: spectra are shown alone."]
        }
    percentiles = np.percentile(entropies(c), PERCENTILES, axis=1).T
    return record | {
        "layers": list(model.mechanism_layers),
        "competition": c.astype("float64").round(4).tolist(),
        "entropy": percentiles.round(4).tolist(),
        "correlation": correlations(c).round(4).tolist(),
    }


def _part(sound, path, options):
    first = int(options.start * RATE)
    part = sound[first : first + int(options.seconds * RATE)]
    if not len(part):
        raise CallError(
            f"{path} has {len(sound) / RATE:.2f} seconds; --start {options.start:g} is behind it."
        )
    return part


def _spectrum(sound):
    """Decibels `[frame][frequency]`, 0 being a full-scale tone."""
    padded = np.pad(sound, (BLOCK, BLOCK + -len(sound) % BLOCK))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * BLOCK)[::BLOCK]
    size = np.abs(np.fft.rfft(frames * WINDOW)) / (WINDOW.sum() / 2)
    return np.round(20 * np.log10(np.maximum(size, 10 ** (QUIETEST / 20))), 1).tolist()


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_enhancement

    return draw_enhancement(record)


def save_plots(run, model, pairs):
    """The pictures of a run, one of a sound of `pairs`."""
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    with tempfile.TemporaryDirectory() as folder:
        noisy, clean = pairs.pairs[0]
        for name, sound in (("noisy", noisy), ("clean", clean)):
            write_sound(Path(folder, f"{name}.wav"), sound)
        record = explain(model, Path(folder, "noisy.wav"), Options(str(Path(folder, "clean.wav"))))
    run.save_plot("enhancement", draw({**record, "input": pairs.names[0]}))
