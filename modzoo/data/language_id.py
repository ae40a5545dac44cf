"""Language of each word in code-switched tweets (EMNLP 2014 shared task)."""

import sys

from modzoo.data.splits import SPLITS, hash_split, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError, quoted, some_of

TAGS, TWEETS = "train_data.tsv", "train_tweets.tsv"
DEV_TAGS, DEV_TWEETS = "dev_data.tsv", "dev_tweets.tsv"
FILES = (TAGS, DEV_TAGS)


def load_language_id(files, split):
    """A split of the tweets: `language`.

    The words are those of the tag file. With the tweets' texts beside it, its offsets (the
    last one inclusive) must point at them. A tweet ends where the id changes or the offsets begin
    anew. A hash of the tweet's id makes the splits of the training file; the split `dev` is a file
    of its own, if it is there.
    """
    published = {"dev": DEV_TAGS} if DEV_TAGS in files else {}
    hashed = SPLITS if TAGS in files else ()
    split = require_split(
        split or (hashed or ("dev",))[-1], (*hashed, *published), "The set of code-switched tweets"
    )
    tag_file, text_file = (DEV_TAGS, DEV_TWEETS) if split in published else (TAGS, TWEETS)
    texts = _texts(files[text_file]) if text_file in files else {}
    ids, tokens, tags = [], [], []
    name_above, start_above = None, 0
    for number, (name, _, start, end, word, tag) in _rows(files[tag_file], 6):
        start, end = _offsets(files[tag_file], number, start, end)
        begins = name != name_above or start <= start_above
        name_above, start_above = name, start
        if split in hashed and hash_split(name) != split:
            continue
        if name in texts:
            _check_offsets(files[tag_file], number, texts[name], start, end, word)
        if begins:
            ids.append(name)
            tokens.append([])
            tags.append([])
        tokens[-1].append(sys.intern(word))
        tags[-1].append(sys.intern(tag))
    if not tokens:
        raise CallError(f"{files[tag_file]} holds too few tweets for a split {split!r}.")
    return TaggedSentences(tokens, {"language": tags}, split, "code-switched tweets", ids)


def _rows(file, width):
    for number, line in file.lines():
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
    texts = {}
    for number, (name, _, text) in _rows(file, 3):
        if texts.setdefault(name, text) != text:
            raise CallError(f"{file}, line {number}: the tweet {name} has another text above.")
    return texts


def _offsets(file, number, *offsets):
    if not all(offset.isdecimal() and len(offset) < 10 for offset in offsets):
        raise CallError(
            f"{file}, line {number}: the offsets {some_of(map(repr, offsets))} are no numbers."
        )
    return map(int, offsets)


def _check_offsets(file, number, text, start, end, word):
    found = text[start : end + 1]
    if found != word:
        raise CallError(
            f"{file}, line {number}: the tweet has {quoted(found)} from {start} to {end}, not "
            f"{quoted(word)}."
        )
