"""The TweetEval layout: tweets and labels in files of one line each (Barbieri et al., 2020)."""

from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.splits import require_split
from modzoo.data.tables import LayoutError, read_columns, require_layout
from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_lines

SPLITS = ("train", "val", "test")
LAYOUT = (
    "mapping.txt, there or a folder up, and, of each split, <split>_text.txt and <split>_labels.txt"
)


def load_tweeteval(folder, split=None):
    """Reads a split of a folder as those of TweetEval's tasks.

    Args:
        folder: Folder with `<split>_text.txt` (a tweet a line, which may be empty),
            `<split>_labels.txt` (a number a line) and, in it or, as of the targets of `stance`,
            above it, `mapping.txt` (a number, a tab and a class's name a line).
        split: `"train"`, `"val"` (or `"validation"`) or `"test"`. Default: `"test"` or, without
            its files, `"val"`.

    Returns:
        `TextExamples`; the classes are in the order of their numbers.
    """
    default = "test" if Path(folder, "test_text.txt").is_file() else "val"
    split = {"validation": "val", None: default}.get(split, split)
    require_split(split, SPLITS, "TweetEval")
    text_file, label_file = f"{split}_text.txt", f"{split}_labels.txt"
    require_layout(folder, [text_file, label_file], LAYOUT)
    folder = Path(folder)
    if not is_tweeteval(folder):
        raise LayoutError(f"{folder} has no mapping.txt; expected a folder with {LAYOUT}.")
    names = _mapping(_mapping_file(folder))
    classes = {number: i for i, number in enumerate(names)}
    texts = [text.strip() for _, text in read_lines(folder / text_file, blank=True)]
    labels = []
    for number, line in read_lines(folder / label_file, blank=True):
        if line.strip() not in classes:
            raise CallError(
                f"{folder / label_file}, line {number}: the label must be one of mapping.txt's "
                f"{some_of(classes)}, found {quoted(line.strip())}."
            )
        labels.append(classes[line.strip()])
    if len(texts) != len(labels):
        raise CallError(
            f"{folder / text_file} has {len(texts)} lines and {label_file} has {len(labels)}; "
            "expected a label for each line."
        )
    if not texts:
        raise CallError(f"{folder / text_file} holds no tweets.")
    return TextExamples(
        texts, np.array(labels, "int64"), list(names.values()), split, f"TweetEval {folder.name}"
    )


def is_tweeteval(folder):
    """Whether a folder is laid out as TweetEval's, as far as it tells."""
    return _mapping_file(folder).is_file()


def _mapping_file(folder):
    """Where the classes are named: of a folder of tweets, above it if not in it."""
    own = Path(folder, "mapping.txt")
    has_tweets = any(Path(folder, f"{split}_text.txt").is_file() for split in SPLITS)
    return own if own.is_file() or not has_tweets else Path(folder).resolve().parent / own.name


def _mapping(path):
    """Names of the classes by their numbers, which are strings, in ascending order."""
    names = {}
    for number, (label, name) in read_columns(path, ["number", "name"]):
        if not label.isdecimal() or len(label) > 9 or label in names:
            raise CallError(
                f"{path}, line {number}: expected another number, a tab and a class's name, "
                f"found {quoted(label)}."
            )
        names[label] = name
    return dict(sorted(names.items(), key=lambda item: int(item[0])))
