"""Tatoeba's sentences and their translations, as manythings.org packs them: pairs in a line."""

import itertools
import re

from modzoo.data.folders import data_files, hint
from modzoo.data.splits import SPLITS, hash_split, require_some, require_split
from modzoo.data.translations import both_ways
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


def load_tatoeba(folder, split=None):
    """A split of the pairs, each to be translated either way.

    A hash of the English sentence makes the splits. A pair is left out if its other sentence
    translates an English one of a split before its own, in the order of `SPLITS`, too: no sentence
    of either language is in two splits.

    Args:
        folder: Folder with a file such as `fra.txt`, or with a zip of it. Columns after the second
            are no part of the pair.
        split: `"train"`, `"validation"` or `"test"`, the default.

    Returns:
        `Translations` of `"eng"` and of the other language, which is called after the file.

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
    file, pairs, first = files[names[0]], [], {}
    for number, line in file.lines():
        if not line.strip():
            continue
        pair = [text.strip() for text in line.split("\t")[:2]]
        if len(pair) < 2 or not all(pair):
            raise CallError(
                f"{file}, line {number}: expected a sentence, a tab and its translation, found "
                f"{quoted(line)}."
            )
        turn = SPLITS.index(hash_split(pair[0]))
        first[pair[1]] = min(turn, first.get(pair[1], turn))
        if SPLITS[turn] == split:
            pairs.append(pair)
    kept = [pair for pair in pairs if SPLITS[first[pair[1]]] == split]
    require_some(kept, file, split, "English sentence")
    remark = (
        f"{file}: {len(pairs) - len(kept):,} of {len(pairs):,} pairs of {split} are left out, "
        "whose second sentence is in a split before, too."
    )
    languages = [SOURCE, FILE.fullmatch(names[0])[1]]
    return both_ways(kept, languages, split, "Tatoeba", [remark] * (len(kept) < len(pairs)))
