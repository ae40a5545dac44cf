"""Tatoeba's sentences and their translations, as manythings.org packs them: pairs in a line."""

import itertools
import re

from modzoo.data.folders import data_files, hint
from modzoo.data.splits import SPLITS, hash_split, require_some, require_split
from modzoo.data.translations import Translations
from modzoo.errors import CallError, quoted, some_of

FILE = re.compile(r"([a-z]{3})\.txt")
SOURCE = "eng"
LAYOUT = "fra.txt, or its like of another language, as a file or in a zip: English, a tab, French"


def holds_pairs(files):
    """Whether `{name: DataFile}` are of one file of pairs."""
    names = [name for name in files if FILE.fullmatch(name)]
    if len(names) != 1:
        return False
    return any("\t" in line for _, line in itertools.islice(files[names[0]].lines("latin-1"), 1))


def load_tatoeba(folder, split=None, max_words=None):
    """A split of the pairs; a hash of the English sentence makes the splits.

    Args:
        folder: Folder with a file such as `fra.txt`, or with a zip of it. Columns after the second
            are no part of the pair.
        split: `"train"`, `"validation"` or `"test"`, the default.
        max_words: Integer; pairs with a longer sentence are left out. Default: none are.

    Returns:
        `Translations` from `"eng"`; the other language is called after the file.

    Raises:
        CallError: If there is no such file, or a line is no pair; it names file and line.
    """
    split = require_split(split or "test", SPLITS, "Tatoeba")
    files = data_files(folder)
    names = [name for name in sorted(files) if FILE.fullmatch(name)]
    if len(names) != 1:
        found = f"found {some_of(names)}" if names else "found none"
        raise CallError(
            f"{folder} must hold one file of pairs, {found}; expected a folder with {LAYOUT}."
            f"{hint(folder, FILE.fullmatch)}"
        )
    file, pairs, left_out = files[names[0]], [], 0
    for number, line in file.lines():
        if not line.strip():
            continue
        pair = [text.strip() for text in line.split("\t")[:2]]
        if len(pair) < 2 or not all(pair):
            raise CallError(
                f"{file}, line {number}: expected a sentence, a tab and its translation, found "
                f"{quoted(line)}."
            )
        if max_words is not None and max(len(text.split()) for text in pair) > max_words:
            left_out += 1
        elif hash_split(pair[0]) == split:
            pairs.append(pair)
    sources, targets = zip(*require_some(pairs, file, split, "English sentence"), strict=True)
    remarks = [f"{file}: {left_out:,} pairs of more than {max_words} words are left out."]
    return Translations(
        list(sources),
        list(targets),
        [SOURCE, FILE.fullmatch(names[0])[1]],
        split,
        "Tatoeba",
        tuple(remarks if left_out else ()),
    )
