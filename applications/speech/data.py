"""Which reader for which folder, and the containers of mixtures and of pairs."""

import functools
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from modzoo.data.mixture_drawing import MixtureOptions, draw_mixture
from modzoo.data.sound_files import RATE
from modzoo.data.sound_mixing import add_noise, at_level, crop
from modzoo.data.speech_folders import Sounds, is_paired, pair_files, read_pair, speech_files
from modzoo.data.speech_synthesis import synthesised_noises, synthesised_speech
from modzoo.data.splits import SPLITS, require_split
from modzoo.errors import CallError

SNRS, SECONDS = (0, 5, 10, 15), 5.0  # of the mixtures that models are measured by


def load_speech(path, split=None, options=MixtureOptions(), seconds=3.0):
    """Speech in noise: `Mixtures` to train by, or `SoundPairs` to measure by.

    Args:
        path: A folder with `clean/` and `noise/`, or with pairs in `clean/` and `noisy/`, which
            are all for the test. None: synthesised sounds.
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        options: `MixtureOptions`, of the mixtures to train by.
        seconds: Float, their length.
    """
    if path is not None and is_paired(path):
        return _load_pairs(path, split)
    if path is None:
        split = require_split(split or "test", SPLITS, "The synthesised speech")
        clean, noise, rooms = synthesised_speech(split), synthesised_noises(split), []
        names, source = [f"speaker {i + 1}" for i in range(len(clean))], "synthesised speech"
    else:
        files = speech_files(path, split)
        clean, noise = map(Sounds, (files.clean, files.noise))
        split, names, source = files.split, [path.stem for path in files.clean], files.source
        is_heard = split == "train" and options.reverberation
        rooms = Sounds(files.rooms) if is_heard else []
    if split == "train":
        if options.reverberation and not rooms:
            raise CallError(
                f"--reverberation {options.reverberation:g} needs a folder with rirs/, responses "
                f"of rooms; {source} has none."
            )
        return Mixtures(clean, noise, rooms, options, int(seconds * RATE), split, source)
    return fixed_mixtures(clean, noise, names, split, source)


def _load_pairs(path, split):
    require_split(split or "test", ("test",), path)
    files = pair_files(path)
    names = [noisy.stem for noisy, _ in files]
    return SoundPairs(names, FilePairs(files), [None] * len(files), "test", str(path))


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Segments of clean sounds, mixed anew in every epoch; a container for
    `modzoo.training.train_batches`.

    What a mixture is depends on its segment and on a number alone, which is drawn with the order
    of an epoch, so that a run that was stopped goes on to the same weights.

    Attributes:
        clean: Sequence of float32 `(samples,)`; each is cut into segments.
        noise: Likewise.
        rooms: Likewise, impulse responses.
        options: `MixtureOptions`.
        samples: Integer, length of a segment.
        split: Name of the split.
        source: Where the sounds are from, for people.
        most: Integer, only the first so many segments; None: all.
    """

    clean: object
    noise: object
    rooms: object
    options: MixtureOptions
    samples: int
    split: str
    source: str
    most: int | None = None
    remarks = ()
    lengths = None  # segments are all of one length

    @functools.cached_property
    def segments(self):
        """Integers `(segments, 2)`: a clean sound, and where in it the segment begins."""
        found = [
            (sound, segment * self.samples)
            for sound, length in enumerate(_lengths(self.clean))
            for segment in range(max(1, round(length / self.samples)))
        ]
        return np.array(found[: self.most])

    def __len__(self):
        return len(self.segments)

    @property
    def summary(self):
        """How much there is, for people."""
        return (
            f"{len(self):,} segments of {self.samples / RATE:g} s of {len(self.clean):,} clean "
            f"sounds, mixed with {len(self.noise):,} noises"
        )

    def limit(self, count):
        """The first `count` segments; all of them for None."""
        return replace(self, most=count)

    def shuffled(self, rng):
        """Segments in a random order, and the number of each mixture: `(segments, 2)`."""
        numbers = rng.integers(2**62, size=len(self))
        return np.stack([rng.permutation(len(self)), numbers], axis=1)

    def gather(self, indices):
        """Noisy and clean sounds, float32 `(batch, samples)` each.

        `indices` are `(batch, 2)`, segments and numbers; or `(batch,)`, segments whose number is
        their own.
        """
        if indices.shape.rank == 1:
            indices = tf.stack([indices, indices], axis=1)
        mixed = tf.numpy_function(self._mixed, [indices], [tf.float32, tf.float32])
        return tuple(tf.ensure_shape(x, (indices.shape[0], self.samples)) for x in mixed)

    def _mixed(self, indices):
        pairs = [self.mixture(*row) for row in indices.tolist()]
        return tuple(np.stack(sounds) for sounds in zip(*pairs, strict=True))

    def mixture(self, index, number):
        """The noisy and the clean sound of a segment, mixed as `number` says."""
        rng = np.random.default_rng(number)
        sound, start = self.segments[index]
        speech = self.clean[sound]
        start += int(rng.integers(-self.samples // 2, self.samples // 2))
        start = max(0, min(start, len(speech) - self.samples))
        return draw_mixture(
            speech, start, self.samples, self.clean, self.noise, self.rooms, self.options, rng
        )

    def as_pairs(self):
        """The segments as `SoundPairs`, each mixed in one way whenever it is asked for."""
        pairs = Computed(lambda i: self.mixture(i, i), [self.samples] * len(self))
        names = [str(i) for i in range(len(self))]
        return SoundPairs(names, pairs, [None] * len(self), self.split, self.source)


@dataclass(frozen=True, eq=False)
class SoundPairs:
    """Whole noisy sounds and the clean ones in them: what models are measured by.

    It is a container for `modzoo.training.evaluation_batches` too.

    Attributes:
        names: List of strings.
        pairs: Sequence of `(noisy, clean)`, float32 `(samples,)` each.
        snrs: List of ratios in decibels; None where it is not known.
        split: Name of the split.
        source: Where they are from, for people.
    """

    names: list
    pairs: object
    snrs: list
    split: str
    source: str
    remarks = ()

    def __len__(self):
        return len(self.names)

    @property
    def summary(self):
        """How much there is, for people."""
        return f"{len(self):,} noisy sounds and what is clean in them"

    def limit(self, count):
        """The first `count` pairs; all of them for None."""
        return replace(self, names=self.names[:count], snrs=self.snrs[:count])

    @functools.cached_property
    def lengths(self):
        """Integers `(pairs,)`, samples of each."""
        if isinstance(self.pairs, Computed):
            return np.array(self.pairs.lengths[: len(self)])
        return np.array([len(self.pairs[i][0]) for i in range(len(self))])

    def shuffled(self, rng):
        return rng.permutation(len(self))

    def gather(self, indices):
        """Noisy and clean sounds, float32 `(batch, samples)` each, silent where they have ended."""
        padded = tf.numpy_function(self._padded, [indices], [tf.float32, tf.float32])
        return tuple(tf.ensure_shape(x, (indices.shape[0], None)) for x in padded)

    def _padded(self, indices):
        sounds = np.zeros((2, len(indices), self.lengths[indices].max()), "float32")
        for row, index in enumerate(indices):
            for part, sound in zip(sounds, self.pairs[index], strict=True):
                part[row, : len(sound)] = sound
        return tuple(sounds)


@dataclass(frozen=True)
class Computed:
    """Pairs of sounds that are mixed whenever one is asked for.

    Attributes:
        pair: Function of an index, which returns `(noisy, clean)`.
        lengths: List of integers, samples of each.
    """

    pair: object
    lengths: list

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, index):
        return self.pair(index)


class FilePairs:
    """The pairs of `modzoo.data.speech_folders.pair_files`, read whenever one is asked for."""

    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return read_pair(self.files[index])


def fixed_mixtures(clean, noise, names, split, source):
    """`SoundPairs` of the first five seconds of each clean sound, at 0, 5, 10 and 15 dB.

    Noises take turns from ratio to ratio and from sound to sound.
    """
    samples, rng = int(SECONDS * RATE), np.random.default_rng(0)
    of_clean, of_noise = _lengths(clean), _lengths(noise)
    drawn = []
    for sound in range(len(names)):
        for turn, snr in enumerate(SNRS):
            disturbance = (sound + turn) % len(noise)
            start = int(rng.integers(max(1, of_noise[disturbance] - samples)))
            drawn.append((sound, disturbance, start, snr))

    def mixed(index):
        sound, disturbance, start, snr = drawn[index]
        speech = clean[sound][:samples]
        noisy = add_noise(speech, crop(noise[disturbance], start, len(speech)), snr)
        return tuple(at_level([noisy, speech], 0))

    pairs = Computed(mixed, [min(samples, of_clean[sound]) for sound, *_ in drawn])
    named = [f"{names[sound]} at {snr} dB" for sound, _, _, snr in drawn]
    return SoundPairs(named, pairs, [snr for *_, snr in drawn], split, source)


def _lengths(sounds):
    """Samples of each of a sequence of sounds."""
    return getattr(sounds, "lengths", None) or [*map(len, sounds)]
