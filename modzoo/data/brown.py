"""The Brown corpus: `word/tag word/tag ...`, one sentence a line, in 500 files."""

import re
import sys

from modzoo.data.passages import joined
from modzoo.data.splits import SPLITS, hash_split, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError, quoted

FILE = re.compile("c[a-r][0-9][0-9]")


def load_brown(files, split):
    """A split of the corpus: `pos`. A hash of the sentence's text makes the splits."""
    split = require_split(split or "test", SPLITS, "The Brown corpus")
    tokens, tags, ids = [], [], []
    for name in sorted(filter(FILE.fullmatch, files)):
        for number, line in files[name].lines():
            pairs = [_pair(files[name], number, item) for item in line.split()]
            words = [word for word, _ in pairs]
            if pairs and hash_split(" ".join(words)) == split:
                tokens.append(words)
                tags.append([tag for _, tag in pairs])
                ids.append(f"{name}:{number}")
    if not tokens:
        folder = next(iter(files.values())).path.parent
        raise CallError(f"The Brown files in {folder} hold too few sentences for {split!r}.")
    return TaggedSentences(tokens, {"pos": tags}, split, "Brown corpus", ids)


def paragraphs(files, split=None):
    """The paragraphs of a split as running text, one after the other; None: all of them."""
    for name in sorted(filter(FILE.fullmatch, files)):
        for paragraph in joined(_sentences(files[name])):
            if split in (None, hash_split(paragraph)):
                yield paragraph


def _sentences(file):
    """The lines of a file without tags, and with one kind of quotes."""
    for number, line in file.lines():
        words = (_pair(file, number, item)[0] for item in line.split())
        yield " ".join('"' if word in ("``", "''") else word for word in words)


def _pair(file, number, item):
    word, slash, tag = item.rpartition("/")  # some words hold a slash themselves
    if not slash or not word or not tag:
        raise CallError(f"{file}, line {number}: expected word/tag, found {quoted(item)}.")
    return sys.intern(word), sys.intern(tag)
