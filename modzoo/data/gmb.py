"""The Groningen Meaning Bank as one table of words with POS and entity tags."""

import csv
import functools
import io
import sys

from modzoo.data.splits import SPLITS, hash_split, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError

FILE = "ner_dataset.csv"
COLUMNS = ["Sentence #", "Word", "POS", "Tag"]


def load_gmb(files, split):
    """A split of the table: `pos` and `ner`, in IOB2.

    The set publishes no split; a hash of the sentence's id makes one.
    """
    split = require_split(split or "test", SPLITS, "The Groningen Meaning Bank")
    chosen = [sentence for sentence in _sentences(files[FILE]) if hash_split(sentence[0]) == split]
    if not chosen:
        raise CallError(
            f"{files[FILE]} holds too few sentences: none of them falls to the split {split!r}, "
            "which a hash of the sentence's id decides."
        )
    ids, tokens, pos, ner = (list(column) for column in zip(*chosen, strict=True))
    return TaggedSentences(
        tokens, {"pos": pos, "ner": ner}, split, "Groningen Meaning Bank (GMB)", ids
    )


@functools.lru_cache(maxsize=1)  # reading takes seconds, and a training wants all splits
def _sentences(file):
    """List of `(id, words, POS tags, entity tags)`."""
    reader = csv.reader(io.StringIO(_decode(file), newline=""))
    header = next(reader, [])
    for column in COLUMNS:
        if column not in header:
            found = ", ".join(map(repr, header)) or "an empty file"
            raise CallError(f"{file}, line 1: the header needs a column {column!r}, found {found}.")
    places = [header.index(column) for column in COLUMNS]
    sentences = []
    for cells in reader:
        if not cells:
            continue
        if len(cells) <= max(places):
            raise CallError(
                f"{file}, line {reader.line_num}: found {len(cells)} columns, the header names "
                f"{len(header)}."
            )
        name, *row = [cells[place] for place in places]
        if name:
            sentences.append((name, [], [], []))
        if not all(row) or not sentences:
            names = COLUMNS if not sentences else COLUMNS[1:]
            empty = names[[bool(cell) for cell in (row if sentences else [name])].index(False)]
            raise CallError(f"{file}, line {reader.line_num}: the column {empty!r} is empty.")
        for column, cell in zip(sentences[-1][1:], row, strict=True):
            column.append(sys.intern(cell))
    return sentences


def _decode(file):
    """As published the table is cp1252; copies in UTF-8 are about."""
    content = file.read()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CallError(
            f"{file}, line {line}: byte 0x{content[error.start]:02x} is neither UTF-8 nor cp1252."
        ) from error
