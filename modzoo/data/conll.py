"""CoNLL columns: a word and its tags on each line, an empty line after each sentence.

CoNLL-2000 (word, POS, chunk), CoNLL-2003 (word, POS, chunk, entity) and whatever is laid out
like them. Tabs divide the columns of a line that holds any, else spaces: a word between tabs may
hold spaces, and any word a no-break space.

No words are `-DOCSTART-` and the comments before a sentence, of which published files have these:

    # sent_enum = 1                LinCE; CoNLL-U and its kin: # text = ..., # newdoc id = ...,
                                   # newpar, # global.columns = ID FORM UPOS
    # id 5239d808<tab>domain=en    MultiCoNER; # sent_enum<tab>1
    #begin document (bc); part 0   CoNLL-2012, and #end document
    # whatever                     without a tab, where tabs divide the columns of the words

A word that is `#`, or begins with it, is one: `#<tab>O`, `#yolo<tab>O`, `# # I-NP`.
"""

import re
import sys

from modzoo.data.folders import one_of
from modzoo.data.span_codes import spans_as_iob2
from modzoo.data.splits import held_back, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError, quoted

FILES = {
    "train": ("train.txt", "train.conll", "eng.train"),
    "dev": ("dev.txt", "valid.txt", "dev.conll", "eng.testa"),
    "test": ("test.txt", "test.conll", "eng.testb"),
}
# Names of the columns after the word, by their number.
COLUMNS = {1: ("tag",), 2: ("pos", "chunk"), 3: ("pos", "chunk", "ner")}
COMMENT = re.compile(
    r"# ?\w[\w.:/-]*( id)? =( .*)?|# new(doc|par)|# id \S.*|# sent_enum\t.*"
    r"|#(begin|end) document.*"
)


def load_conll(files, split, columns=None):
    """Reads a split of a folder.

    Args:
        files: What `data_files` returns.
        split: `"train"`, `"dev"`, `"test"`, or `"validation"`: dev, or where there is none 5 %
            of train by a hash of the sentence. None: the last of test, dev and validation.
        columns: Names of the columns after the word; `_` is not read. Default: by their
            number, as in CoNLL-2000 and 2003.
    """
    there = {name: one_of(files, options) for name, options in FILES.items()}
    there = {name: file for name, file in there.items() if file is not None}
    split = split or next((s for s in ("test", "dev") if s in there), "validation")
    file_of = {name: name for name in there}
    if "dev" in there or "train" in there:
        file_of["validation"] = "dev" if "dev" in there else "train"
    source = f"The set of CoNLL files ({', '.join(map(str, there.values()))})"
    file = file_of[require_split(split, file_of, source)]
    sentences = read_conll(there[file].lines(), there[file], columns, split)
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


def read_conll(lines, path, columns=None, split=""):
    """Reads the numbered lines of one file; entity and chunk tags become IOB2."""
    sentences, current, width = [], [], None if columns is None else len(columns) + 1
    lines = list(lines)
    tabbed = any("\t" in line and not line.startswith("#") for _, line in lines)
    for number, line in lines:
        if not current and _is_comment(line, tabbed):
            continue
        cells = _cells(line)
        if not cells or cells[0] == "-DOCSTART-":
            if current:
                sentences.append(current)
                current = []
            continue
        width = width or len(cells)
        if len(cells) != width or width < 2:
            raise CallError(
                f"{path}, line {number}: found {len(cells)} columns, expected "
                f"{max(width, 2)} (a word and its tags): {quoted(line)}."
                + (" --columns names every column, _ those not wanted." if columns else "")
            )
        if not all(cells):
            raise CallError(
                f"{path}, line {number}: column {cells.index('') + 1} is empty: {quoted(line)}."
            )
        current.append([sys.intern(cell) for cell in cells])
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


def _is_comment(line, tabbed):
    """Whether a line before a sentence is no word; `tabbed`: tabs divide the file's columns."""
    if not line.startswith("#"):
        return False
    return bool(COMMENT.fullmatch(line)) or (tabbed and "\t" not in line)


def _cells(line):
    if "\t" not in line:
        return [cell for cell in line.split(" ") if cell]
    cells = [cell.strip(" ") for cell in line.split("\t")]
    while cells and not cells[-1]:
        cells.pop()
    return cells
