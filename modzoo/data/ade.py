"""ADE corpus V2: what sentences of case reports say of drugs (Gurulingappa et al., 2012)."""

from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.splits import SPLITS, hash_bucket, hash_split, require_some, require_split
from modzoo.data.tables import require_layout
from modzoo.errors import CallError, quoted
from modzoo.files import read_lines

LABEL_NAMES = ["dose", "effect", "neither"]
FILES = ("DRUG-DOSE.rel", "DRUG-AE.rel", "ADE-NEG.txt")
LAYOUT = "the files DRUG-AE.rel, DRUG-DOSE.rel and ADE-NEG.txt"
COLUMNS = 8
SHUFFLE = 2**61 - 1


def load_ade(folder, split=None):
    """Reads a split of the corpus' folder; without a name `test`.

    A sentence stands in the files once for each relation in it, and all sentences of doses are
    among those of adverse effects too. Here each is there once, as `dose` if it has one, else as
    `effect`, else as `neither`. A hash of the text makes the splits, and puts each in an order in
    which its first sentences are as mixed as all.

    Args:
        folder: Folder of the published files.
        split: `"train"`, `"validation"` or `"test"`.

    Returns:
        `TextExamples`.
    """
    split = require_split(split or "test", SPLITS, "ADE corpus V2")
    require_layout(folder, FILES, LAYOUT)
    labels = {}
    for label, file in enumerate(FILES):
        for text in _sentences(Path(folder, file)):
            labels.setdefault(text, label)
    texts = [text for text in labels if hash_split(text) == split]
    texts = sorted(require_some(texts, folder, split), key=lambda text: hash_bucket(text, SHUFFLE))
    numbers = np.array([labels[text] for text in texts], "int64")
    return TextExamples(texts, numbers, LABEL_NAMES, split, "ADE corpus V2")


def _sentences(path):
    empty = True
    for number, line in read_lines(path):
        empty = False
        if path.suffix == ".rel":
            cells = line.split("|")
            text = cells[1].strip() if len(cells) == COLUMNS else ""
            expected = f"{COLUMNS} columns divided by |, the sentence in the second"
        else:
            _, mark, text = [*line.split(" ", 2), "", ""][:3]
            text = text.strip() if mark == "NEG" else ""
            expected = "a number, NEG and a sentence"
        if not text:
            raise CallError(f"{path}, line {number}: expected {expected}; found {quoted(line)}.")
        yield text
    if empty:
        raise CallError(f"{path} holds no sentences.")
