"""CoNLL columns: a word and its tags on each line, an empty line after each sentence.

CoNLL-2000 (word, POS, chunk), CoNLL-2003 (word, POS, chunk, entity) and whatever is laid out
like them.
"""

import re
import sys

from modzoo.data.splits import held_back, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError
from modzoo.files import text_lines

FILES = {
    "train": ("train.txt", "train.conll", "eng.train"),
    "dev": ("dev.txt", "valid.txt", "dev.conll", "eng.testa"),
    "test": ("test.txt", "test.conll", "eng.testb"),
}
# Names of the columns after the word, by their number.
COLUMNS = {1: ("tag",), 2: ("pos", "chunk"), 3: ("pos", "chunk", "ner")}
SPAN_TAG = re.compile("O|[BIESLU]-.+")


def load_conll(files, split, columns=None):
    """Reads a split of a folder.

    Args:
        files: What `data_files` returns.
        split: `"train"`, `"dev"`, `"test"`, or `"validation"`: dev, or where there is none 5 %
            of train by a hash of the sentence. None: the last of test, dev and validation.
        columns: Names of the columns after the word; `_` is not read. Default: by their
            number, as in CoNLL-2000 and 2003.
    """
    there = {
        name: files[file] for name, options in FILES.items() for file in options if file in files
    }
    split = split or next((s for s in ("test", "dev") if s in there), "validation")
    file_of = {name: name for name in there}
    if "dev" in there or "train" in there:
        file_of["validation"] = "dev" if "dev" in there else "train"
    source = f"The set of CoNLL files ({', '.join(map(str, there.values()))})"
    file = file_of[require_split(split, file_of, source)]
    sentences = read_conll(there[file].read(), there[file], columns, split)
    if file == "train" and "dev" not in there:
        kept = [
            i
            for i, words in enumerate(sentences.tokens)
            if held_back(" ".join(words)) == (split == "validation")
        ]
        sentences = sentences.take(kept)
        if not kept:
            raise CallError(
                f"{there[file]} holds too few sentences: none of them falls to the split {split!r}."
            )
    return sentences


def read_conll(content, path, columns=None, split=""):
    """Reads the bytes of one file; entity and chunk tags become IOB2."""
    sentences, current, width = [], [], None if columns is None else len(columns) + 1
    for number, line in text_lines(content, path, blank=True):
        cells = line.split()
        if not cells or cells[0] == "-DOCSTART-":
            if current:
                sentences.append(current)
                current = []
            continue
        width = width or len(cells)
        if len(cells) < width or width < 2:
            raise CallError(
                f"{path}, line {number}: found {len(cells)} columns, expected "
                f"{max(width, 2)} (a word and its tags): {line!r}."
            )
        current.append([sys.intern(cell) for cell in cells[:width]])
    sentences += [current] if current else []
    if not sentences:
        raise CallError(f"{path} holds no sentences.")
    columns = columns or COLUMNS.get(width - 1) or [f"column{i}" for i in range(1, width)]
    tags = {
        name: spans_as_iob2([[cells[i] for cells in sentence] for sentence in sentences])
        for i, name in enumerate(columns, start=1)
        if name != "_"
    }
    tokens = [[cells[0] for cells in sentence] for sentence in sentences]
    return TaggedSentences(tokens, tags, split, str(path))


def spans_as_iob2(rows):
    """Tags of spans in any of the usual codes as IOB2; other tags, such as POS, as they are."""
    if all(SPAN_TAG.fullmatch(tag) for tags in rows for tag in tags):
        return [to_iob2(tags) for tags in rows]
    return rows


def to_iob2(tags):
    """The tags of a sentence in IOB1, IOB2, BIOES or BILOU as IOB2: `B-` begins each span."""
    converted, inside = [], None
    for tag in tags:
        code, _, kind = tag.partition("-")
        if code == "O":
            converted.append("O")
            inside = None
            continue
        begins = code in "BSU" or inside != kind
        converted.append(sys.intern(f"{'B' if begins else 'I'}-{kind}"))
        inside = None if code in "ESLU" else kind
    return converted
