"""The Groningen Meaning Bank as one table of words with POS and entity tags."""

import functools
import sys

from modzoo.data.span_codes import spans_as_iob2
from modzoo.data.splits import SPLITS, hash_split, require_split
from modzoo.data.tables import csv_rows, table_rows
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
    tags = {"pos": pos, "ner": spans_as_iob2(ner)}
    return TaggedSentences(tokens, tags, split, "Groningen Meaning Bank (GMB)", ids)


@functools.lru_cache(maxsize=1)  # reading takes seconds, and a training wants all splits
def _sentences(file):
    """List of `(id, words, POS tags, entity tags)`.

    The published table is in cp1252 and names a sentence's id beside its first word; copies are in
    UTF-8, or have the id filled down.
    """
    sentences, name_above = [], None
    rows = csv_rows(file.lines(fallback="cp1252"), file)
    for number, (name, *row) in table_rows(rows, file, COLUMNS):
        if name and name != name_above:
            sentences.append((name, [], [], []))
        name_above = name
        if not all(row) or not sentences:
            empty = COLUMNS[[bool(sentences), *map(bool, row)].index(False)]
            raise CallError(f"{file}, line {number}: the column {empty!r} is empty.")
        for column, cell in zip(sentences[-1][1:], row, strict=True):
            column.append(sys.intern(cell))
    return sentences
