"""GLUE's SST-2: sentiment of film reviews (Socher et al., 2013; Wang et al., 2018)."""

from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.splits import hash_bucket
from modzoo.data.tables import read_table, require_layout
from modzoo.errors import CallError

LABEL_NAMES = ["negative", "positive"]
SPLITS = ("train", "validation", "dev")
LAYOUT = "train.tsv and dev.tsv, each with the columns sentence and label (0 or 1)"


def load_sst2(folder, split):
    """Reads a split of the GLUE folder.

    `dev` is the published one. The published `train` is divided by a hash of the sentence:
    5 % are `validation`, for choosing an epoch, the rest `train`. GLUE's `test` has no labels.
    """
    if split == "test":
        raise CallError("GLUE publishes no labels for SST-2's test split; use --split dev.")
    if split not in SPLITS:
        raise CallError(f"SST-2 has no split {split!r}; it has: {', '.join(SPLITS)}.")
    file = "dev.tsv" if split == "dev" else "train.tsv"
    require_layout(folder, [file] if split == "dev" else ["train.tsv", "dev.tsv"], LAYOUT)
    path = Path(folder) / file
    texts, labels = [], []
    for number, (sentence, label) in read_table(path, ["sentence", "label"]):
        if label not in ("0", "1"):
            raise CallError(f"{path}, line {number}: the label must be 0 or 1, found {label!r}.")
        if split != "dev" and (hash_bucket(sentence, 20) == 0) != (split == "validation"):
            continue
        texts.append(sentence)
        labels.append(int(label))
    if not texts:
        raise CallError(
            f"{path} holds too few rows: none of them falls to the split {split!r}, which a hash "
            "of the sentence decides."
        )
    return TextExamples(texts, np.array(labels, "int64"), LABEL_NAMES, split, "GLUE SST-2")
