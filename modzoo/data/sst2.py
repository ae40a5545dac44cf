"""GLUE's SST-2: sentiment of film reviews (Socher et al., 2013; Wang et al., 2018)."""

from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.splits import held_back, require_some, require_split
from modzoo.data.tables import read_table, require_layout
from modzoo.errors import CallError, quoted

LABEL_NAMES = ["negative", "positive"]
SPLITS = ("train", "validation", "dev")
LONGEST_PHRASE = 60  # words; longer than any sentence of the published set
LAYOUT = "train.tsv and dev.tsv, each with the columns sentence and label (0 or 1)"


def load_sst2(folder, split=None):
    """Reads a split of the GLUE folder; without a name `dev`.

    `dev` is the published one. The rows of the published `train` are sentences and the phrases
    they are made of. A hash holds back 5 % of the sentences as `validation`, for choosing an
    epoch; what is in them alone is not in `train` either, so that the choice is made on
    sentences as new as those of `dev`. GLUE's `test` has no labels.
    """
    split = split or "dev"
    if split == "test":
        raise CallError("GLUE publishes no labels for SST-2's test split; use --split dev.")
    require_split(split, SPLITS, "SST-2")
    file = "dev.tsv" if split == "dev" else "train.tsv"
    require_layout(folder, [file] if split == "dev" else ["train.tsv", "dev.tsv"], LAYOUT)
    path = Path(folder) / file
    texts, labels = [], []
    for number, (sentence, label) in read_table(path, ["sentence", "label"]):
        if label not in ("0", "1"):
            raise CallError(
                f"{path}, line {number}: the label must be 0 or 1, found {quoted(label)}."
            )
        texts.append(sentence)
        labels.append(int(label))
    examples = TextExamples(texts, np.array(labels, "int64"), LABEL_NAMES, split, "GLUE SST-2")
    if split == "dev":
        return examples
    train, validation = _divide(texts)
    chosen = validation if split == "validation" else train
    return examples.take(np.array(require_some(chosen, path, split, "sentence")))


def _divide(texts):
    """Indices of the rows for training, and of the sentences held back."""
    sentences, in_training, phrases = set(), set(), set()
    for text in sorted(set(texts), key=lambda text: (-text.count(" "), text)):
        if text in phrases:
            continue
        sentences.add(text)
        spans = _spans(text.split(" "))
        phrases.update(spans)
        if not held_back(text):
            in_training.update(spans)
    train = [i for i, text in enumerate(texts) if text in in_training]
    validation = [i for i, t in enumerate(texts) if t in sentences and t not in in_training]
    return train, validation


def _spans(words):
    """All phrases of a sentence, and the sentence."""
    spans = {" ".join(words)}
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST_PHRASE, len(words)) + 1):
            spans.add(" ".join(words[start:end]))
    return spans
