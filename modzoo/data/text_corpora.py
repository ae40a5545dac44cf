"""Running text out of whatever data set has some: which reader for which folder."""

import functools
from pathlib import Path

from modzoo.data import brown, tatoeba
from modzoo.data.folders import data_files
from modzoo.data.passages import Passages, require_passages
from modzoo.data.plain_text import load_plain_text
from modzoo.data.splits import SPLITS, require_split
from modzoo.data.sst2 import load_sst2
from modzoo.errors import CallError


def load_text(path, split=None, whole=False, fallback=None):
    """A split of the text of a data set: plain text, the Brown corpus, Tatoeba's English, SST-2.

    Args:
        path: Folder, or a text file.
        split: Name of the split. Default: that of the figures, `"test"` or SST-2's `"dev"`.
        whole: Whether all text is taken that the set does not publish for validation or test,
            whatever `split` is.
        fallback: Encoding of a plain text's lines that are not UTF-8, as books of Project Gutenberg
            are in part. Default: there must be none.

    Returns:
        `Passages`, some at least.

    Raises:
        CallError: If there is no text, or it cannot be read; it names file and line.
    """
    path = Path(path)
    if not path.exists():
        raise CallError(f"There is no file or folder {path} of text.")
    files = data_files(path) if path.is_dir() else {}
    return require_passages(_reader(files, fallback)(path, split, whole))


def _reader(files, fallback):
    if any(brown.FILE.fullmatch(name) for name in files):
        return _brown
    if {"train.tsv", "dev.tsv"} <= files.keys():
        return _sst2
    if tatoeba.holds_pairs(files):
        return _tatoeba
    return functools.partial(load_plain_text, fallback=fallback)


def _brown(path, split, whole):
    split = "train" if whole else require_split(split or "test", SPLITS, "The Brown corpus")
    files = data_files(path)
    return Passages(
        lambda: brown.paragraphs(files, None if whole else split), split, "Brown corpus"
    )


def _sst2(path, split, whole):
    examples = load_sst2(path, "train" if whole else split)
    return Passages(lambda: filter(None, examples.texts), examples.split, examples.source)


def _tatoeba(path, split, whole):
    split = "train" if whole else split or "test"
    parts = [tatoeba.load_tatoeba(path, name) for name in (SPLITS if whole else [split])]
    sentences = list(
        dict.fromkeys(text for part in parts for text in part.written_in(tatoeba.SOURCE))
    )
    return Passages(lambda: iter(sentences), split, "Tatoeba's English")
