"""Folders of clean speech and noise, and of pairs of noisy and clean files."""

import re
from dataclasses import dataclass
from pathlib import Path

from modzoo.data.folders import hint, require_folder
from modzoo.data.sound_files import RATE, SUFFIXES, read_sound, require_seconds
from modzoo.data.splits import SPLITS, require_split
from modzoo.errors import CallError, some_of

MAX_KEPT = 2**28  # samples, 1 GiB: more than four hours
ROOMS = ("rirs", "impulse_responses")
SPEAKER = re.compile(r"reader_\d+|[^-_]+")
LAYOUT = (
    "clean/ and noise/, and rirs/ if there are some, each with wav or flac files at any depth; or "
    "of pairs, clean/x.wav and noisy/x.wav of the same names"
)


class Sounds:
    """The sounds of files, a sequence of float32 `(samples,)`, 16,000 a second.

    They are read at once and kept, up to `MAX_KEPT` samples together; what is beyond is read
    whenever it is asked for.

    Args:
        paths: List of files.
    """

    def __init__(self, paths):
        self.paths = list(paths)
        self.lengths = []
        self._kept = []
        num_kept = 0
        for path in self.paths:
            if num_kept < MAX_KEPT:
                self._kept.append(read_sound(path))
                self.lengths.append(len(self._kept[-1]))
                num_kept += self.lengths[-1]
            else:
                self.lengths.append(int(require_seconds(path) * RATE))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        if index < len(self._kept):
            return self._kept[index]
        return read_sound(self.paths[index])


@dataclass(frozen=True)
class SpeechFiles:
    """The files of a split of a folder of clean speech and noise.

    Attributes:
        clean, noise, rooms: Lists of paths, `rooms` of impulse responses.
        split: Name of the split.
        source: The folder, for people.
    """

    clean: list
    noise: list
    rooms: list
    split: str
    source: str


def is_paired(folder):
    """Whether a folder holds pairs of noisy and clean files."""
    return Path(folder, "clean").is_dir() and Path(folder, "noisy").is_dir()


def speech_files(folder, split=None):
    """The files of a split of a folder with `clean/` and `noise/`.

    In order of their paths below these, the last tenth of the clean files and the last quarter of
    the noises are the test. Of the other speakers, which the files' names begin with, every
    eighth is for validation, and of the other noises every fifth. No speaker of the test is in
    another split. Where all names begin alike, each file is a speaker of its own.

    Args:
        folder: The folder.
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.

    Raises:
        CallError: If there are too few files.
    """
    folder = require_folder(folder, LAYOUT)
    split = require_split(split or "test", SPLITS, folder)
    clean, noise = (_sound_paths(folder / name) for name in ("clean", "noise"))
    if len(clean) < 3 or len(noise) < 3:
        raise CallError(
            f"{folder} holds {len(clean)} clean sounds and {len(noise)} noises, of which three "
            f"splits need at least 3 each; expected a folder with {LAYOUT}."
            f"{hint(folder, ('clean', 'noise').__contains__)}"
        )
    speakers = _speakers(clean)
    clean, test_clean = _without_last(clean, len(clean) // 10)
    noise, test_noise = _without_last(noise, len(noise) // 4)
    tested = {speakers[path] for path in test_clean}
    clean = [path for path in clean if speakers[path] not in tested]
    others = list(dict.fromkeys(speakers[path] for path in clean))
    if len(others) < 2:
        raise CallError(
            f"{folder / 'clean'} holds the speakers {some_of(dict.fromkeys(speakers.values()))}; "
            "three splits need at least 3."
        )
    held_speakers, held_noise = _held_back(others, 8), _held_back(noise, 5)
    parts = {
        "train": (
            [path for path in clean if speakers[path] not in held_speakers],
            [path for path in noise if path not in held_noise],
        ),
        "validation": ([path for path in clean if speakers[path] in held_speakers], held_noise),
        "test": (test_clean, test_noise),
    }
    rooms = [path for name in ROOMS for path in _sound_paths(folder / name)]
    return SpeechFiles(*parts[split], rooms, split, str(folder))


def pair_files(folder):
    """The pairs of a folder with `noisy/` and `clean/`: a list of tuples of two paths.

    Raises:
        CallError: If there are none, or one has no partner of its name.
    """
    folder = require_folder(folder, LAYOUT)
    noisy, clean = (
        {str(path.relative_to(folder / name)): path for path in _sound_paths(folder / name)}
        for name in ("noisy", "clean")
    )
    alone = sorted(noisy.keys() ^ clean.keys())
    if alone or not noisy:
        what = f"without a partner: {some_of(alone, 3)}" if alone else "no sounds"
        raise CallError(f"{folder} holds {what}; expected a folder with {LAYOUT}.")
    return [(noisy[name], clean[name]) for name in sorted(noisy)]


def read_pair(paths):
    """The two sounds of `(noisy, clean)` paths; raises unless they are of one length."""
    noisy, clean = map(read_sound, paths)
    if len(noisy) != len(clean):
        raise CallError(
            f"{paths[0]} is of {len(noisy):,} samples, and {paths[1]} of {len(clean):,}; a pair "
            "must be of one length."
        )
    return noisy, clean


def _sound_paths(folder):
    """The sound files below a folder, in order of their paths below it."""
    if not folder.is_dir():
        return []
    below = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return [
        below[name]
        for name in sorted(below)
        if below[name].suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in Path(name).parts)
        and below[name].is_file()
    ]


def _speakers(paths):
    """`{path: speaker}`."""
    found = [SPEAKER.search(path.stem) for path in paths]
    names = [match[0] if match else path.stem for match, path in zip(found, paths, strict=True)]
    if len(set(names)) == 1:
        names = [str(path) for path in paths]
    return dict(zip(paths, names, strict=True))


def _without_last(paths, count):
    count = max(1, count)
    return paths[:-count], paths[-count:]


def _held_back(names, every):
    """Every so many of the names, from the fourth on; of few the last."""
    return names[3::every] or names[-1:]
