"""Language of each word in code-switched tweets (EMNLP 2014 shared task)."""

import sys

from modzoo.data.splits import SPLITS, hash_split, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError
from modzoo.files import text_lines

TAGS, TWEETS = "train_data.tsv", "train_tweets.tsv"


def load_language_id(files, split):
    """A split of the tweets: `language`.

    The words are those of the tag file. With the tweets' texts beside it, its offsets (the
    last one inclusive) must point at them. A hash of the tweet's id makes the splits.
    """
    split = require_split(split or "test", SPLITS, "The set of code-switched tweets")
    texts = _texts(files[TWEETS]) if TWEETS in files else {}
    tokens, tags = {}, {}
    for number, cells in _rows(files[TAGS], 6):
        name, _, start, end, word, tag = cells
        if hash_split(name) != split:
            continue
        if name in texts:
            _check_offsets(files[TAGS], number, texts[name], start, end, word)
        tokens.setdefault(name, []).append(sys.intern(word))
        tags.setdefault(name, []).append(sys.intern(tag))
    if not tokens:
        raise CallError(f"{files[TAGS]} holds too few tweets for a split {split!r}.")
    return TaggedSentences(
        list(tokens.values()),
        {"language": list(tags.values())},
        split,
        "code-switched tweets",
        list(tokens),
    )


def _rows(file, width):
    for number, line in text_lines(file.read(), file, blank=True):
        if not line:
            continue
        cells = line.split("\t", width - 1)  # quotes are text, not syntax
        if len(cells) < width or (width == 6 and "\t" in cells[-1]):
            raise CallError(
                f"{file}, line {number}: found {len(line.split(chr(9)))} tab-separated columns, "
                f"expected {width}."
            )
        yield number, cells


def _texts(file):
    return {name: text for _, (name, _, text) in _rows(file, 3)}


def _check_offsets(file, number, text, start, end, word):
    if not (start.isdecimal() and end.isdecimal()):
        raise CallError(f"{file}, line {number}: the offsets {start!r}, {end!r} are no numbers.")
    found = text[int(start) : int(end) + 1]
    if found != word:
        raise CallError(
            f"{file}, line {number}: the tweet has {found!r} from {start} to {end}, not {word!r}."
        )
