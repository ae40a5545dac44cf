"""CoNLL-U of Universal Dependencies, and the entity tags that Universal NER adds to it."""

import itertools
import re
import sys

from modzoo.data.span_codes import spans_as_iob2
from modzoo.data.splits import require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError, quoted

SPLIT = re.compile(r"(?:^|[-_.])(train|dev|test)\.(?:conllu|iob2)$")
WORD = re.compile(r"[0-9]+")
BETWEEN = re.compile(r"[0-9]+-[0-9]+|[0-9]+\.[0-9]+")  # a range of words; an empty node


def load_conllu(files, split):
    """A split of Universal Dependencies: `pos` (XPOS, where the treebank has it) and `upos`."""
    file, split = _file_of(files, split, ".conllu")
    sentences = _read(file, 10)
    tags = {
        name: [[row[column] for row in rows] for _, rows in sentences]
        for name, column in (("pos", 4), ("upos", 3))
    }
    if all(tag == "_" for row in tags["pos"] for tag in row):
        del tags["pos"]
    return _tagged(sentences, tags, split, "Universal Dependencies")


def load_uner(files, split):
    """A split of Universal NER: `ner`, in IOB2."""
    file, split = _file_of(files, split, ".iob2")
    sentences = _read(file, 3)
    tags = {"ner": spans_as_iob2([[row[2] for row in rows] for _, rows in sentences])}
    return _tagged(sentences, tags, split, "Universal NER")


def is_part_of_treebank(files):
    """Whether the files are CoNLL-U, without a file to train on."""
    there = _files_by_split(files, ".conllu")
    return bool(there) and "train" not in there


def _files_by_split(files, suffix):
    there = {}
    for name, file in files.items():
        match = SPLIT.search(name)
        if match and name.endswith(suffix):
            if match[1] in there:
                raise CallError(f"{there[match[1]]} and {file} are for one split; leave one.")
            there[match[1]] = file
    return there


def _file_of(files, split, suffix):
    there = _files_by_split(files, suffix)
    split = split or next((s for s in ("test", "dev") if s in there), "test")
    if "dev" in there:
        there["validation"] = there["dev"]
    file = there[require_split(split, there, f"The set of {suffix} files")]
    return file, "dev" if split == "validation" else split


def _read(file, width):
    """List of `(sentence id, rows of its words)`; ranges and empty nodes are no words."""
    sentences, rows, name = [], [], None
    for number, line in itertools.chain(file.lines(), [(0, "")]):
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            name = value.strip() if key.strip() == "sent_id" else name
        elif line:
            cells = line.split("\t")
            if len(cells) < width:
                raise CallError(
                    f"{file}, line {number}: found {len(cells)} tab-separated columns, "
                    f"expected {width}: {quoted(line)}."
                )
            if WORD.fullmatch(cells[0]):
                rows.append([sys.intern(cell) for cell in cells[:width]])
            elif not BETWEEN.fullmatch(cells[0]):
                raise CallError(
                    f"{file}, line {number}: the first column must number the word, found "
                    f"{quoted(cells[0])}."
                )
        elif rows:
            sentences.append((name or f"sentence {len(sentences) + 1}", rows))
            rows, name = [], None
    if not sentences:
        raise CallError(f"{file} holds no sentences.")
    return sentences


def _tagged(sentences, tags, split, source):
    tokens = [[row[1] for row in rows] for _, rows in sentences]
    return TaggedSentences(tokens, tags, split, source, [name for name, _ in sentences])
