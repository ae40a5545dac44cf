"""Plain text in files: books, articles, or one text a line."""

import itertools
import re
from pathlib import Path

from modzoo.data.folders import DataFile, data_files, hint, unpack_hint
from modzoo.data.passages import Passages, joined, text_lines
from modzoo.data.splits import SPLITS, hash_split, held_back, require_split
from modzoo.data.wikitext import is_wikitext, read_articles
from modzoo.errors import CallError, some_of

SUFFIXES = (".txt", ".tokens", ".text")
NAMES = {
    "train": {"train", "training"},
    "validation": {"valid", "validation", "val", "dev"},
    "test": {"test", "testing"},
}
LOOKED_AT = 1000, 2**20  # lines, and their characters, in which paragraphs have a blank line
LAYOUT = "text files (.txt, .tokens), of WikiText's articles, of paragraphs, or of a text a line"


def load_plain_text(path, split=None, whole=False, fallback=None):
    """A split of the text in a file, or in the files of a folder.

    Files whose names have a word such as train, valid or dev, and test in them are those splits,
    where there are some for train and for another, and others are left out; without one for
    validation, that is 5 % of train by a hash. Otherwise all are divided: WikiText's by their
    articles, of which those that begin in the last tenth of a file's lines are `test` and those of
    the tenth before `validation`; others by a hash of the passage.

    Args:
        path: The file or folder.
        split: `"train"`, `"validation"` or `"test"`, the default.
        whole: Whether all text is taken that no file keeps for validation or test, whatever
            `split` is.
        fallback: Encoding of lines that are not UTF-8. Default: there must be none.

    Returns:
        `Passages`.

    Raises:
        CallError: If there is no text, or a line that cannot be read; it names file and line.
    """
    path = Path(path)
    split = "train" if whole else require_split(split or "test", SPLITS, path)
    files = _text_files(path)
    published, remarks = _published(files), ()
    if "train" in published and len(published) > 1:
        remarks = _remarks_on_others(files, published)
        files, belongs = _of_published(published, split, whole, path)
    else:
        belongs = _everything if whole else lambda own, text: own == split

    def read():
        for file in files:
            for own, text in _divided(file, fallback):
                if belongs(own, text):
                    yield text

    return Passages(read, split, path.name, remarks=remarks)


def _text_files(path):
    if path.is_file():
        if not _is_text(path.name):
            raise CallError(
                f"{path} is none of the text files that are read: {', '.join(SUFFIXES)}."
                f"{unpack_hint([path])}"
            )
        return [DataFile(path)]
    files = data_files(path)
    found = [files[name] for name in sorted(files) if _is_text(name)]
    if not found:
        raise CallError(f"{path} holds no text; expected {LAYOUT}.{hint(path, _is_text)}")
    return found


def _is_text(name):
    return name.lower().endswith(SUFFIXES)


def _published(files):
    """The files of each split, by their names, `{split: list}`."""
    found = {}
    for file in files:
        words = {*re.findall(r"[a-z]+", Path(str(file)).stem.lower())}
        for split, names in NAMES.items():
            if words & names:
                found.setdefault(split, []).append(file)
    return found


def _remarks_on_others(files, published):
    """A sentence on the files that are of no split."""
    named = {file for some in published.values() for file in some}
    others = [Path(str(file)).name for file in files if file not in named]
    if not others:
        return ()
    return (
        f"Left out, as other files are named after splits and these are not: {some_of(others)}.",
    )


def _of_published(published, split, whole, path):
    """The files of a split, and which of their passages are of it: a function of the split that
    a passage would fall to, and the passage."""
    if split in published:
        shared = split == "train" and "validation" not in published and not whole
        return published[split], _not_held_back if shared else _everything
    if split == "validation":
        return published["train"], lambda own, text: held_back(text)
    raise CallError(f"{path} has files for the splits {', '.join(published)}, none for {split!r}.")


def _everything(own, text):
    return True


def _not_held_back(own, text):
    return not held_back(text)


def _divided(file, fallback):
    """The passages of a file, each with the split it falls to where no file says it."""
    if is_wikitext(file, fallback):
        for place, text in read_articles(file, fallback):
            yield SPLITS[max(0, int(place * 10) - 7)], text
    else:
        for text in _paragraphs(file, fallback):
            yield hash_split(text), text


def _paragraphs(file, fallback):
    """Paragraphs; of a file without blank lines, its lines."""
    lines = (line for _, line in text_lines(file, fallback))
    first, (most, left) = [], LOOKED_AT
    for line in itertools.islice(lines, most):
        first.append(line)
        left -= len(line)
        if not line or left <= 0:
            break
    lines = itertools.chain(first, lines)
    return joined(lines) if "" in first else filter(None, lines)
