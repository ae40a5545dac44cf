"""SMM4H's tweets of three classes: intake of drugs (2018, task 2), birth defects (2020, task 5)."""

import re
from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.folders import hint, require_folder, visible
from modzoo.data.splits import SPLITS, hash_split, held_back, require_some, require_split
from modzoo.data.tables import LayoutError
from modzoo.errors import CallError, quoted
from modzoo.files import read_lines

INTAKE = ["intake", "possible_intake", "mention"]
BIRTH_DEFECTS = ["defect", "possible_defect", "mention"]
LAYOUT = (
    "tab-separated files (.tsv, .txt) with train, valid or dev, or test in their names: ids, if "
    "any, the class (1, 2 or 3) and, last, the tweet"
)
MARKS = {"train": ("train",), "validation": ("valid", "dev"), "test": ("test",)}
NOT_AVAILABLE = "not available"


def load_smm4h(folder, split=None, label_names=INTAKE):
    """Reads a split of tweets of the classes 1, 2 and 3, with ids or without, with a header line
    or without.

    Of each tweet that stands there twice the first counts, and tweets that were "Not Available"
    when the file was made are left out. Of a folder with one file alone a hash of the text makes
    all splits; without a file for `validation` it is 5 % of `train`, which then lacks it.

    Args:
        folder: Folder of the files.
        split: `"train"`, `"validation"` or `"test"`. Default: `"test"`, else `"validation"`.
        label_names: List of the names of the classes 1, 2 and 3.

    Returns:
        `TextExamples`.
    """
    files = _files(folder)
    default = "test" if "test" in files or len(files) == 1 else "validation"
    split = require_split({"dev": "validation", None: default}.get(split, split), SPLITS, folder)
    alone = [*files] == ["train"]
    path = files.get("train" if alone else split)
    shared = not alone and "validation" not in files and split != "test"
    if shared:
        path = files.get("train")
    if path is None:
        raise LayoutError(f"{folder} has no file for the split {split!r}; expected {LAYOUT}.")
    labels = _read(path)
    if alone:
        labels = {text: label for text, label in labels.items() if hash_split(text) == split}
    elif shared:
        wanted = split == "validation"
        labels = {text: label for text, label in labels.items() if held_back(text) == wanted}
    texts = require_some([*labels], path, split)
    numbers = np.array([labels[text] - 1 for text in texts], "int64")
    return TextExamples(texts, numbers, list(label_names), split, f"SMM4H {path.name}")


def _files(folder):
    """The file of each split; one alone, whatever its name, is `train`."""
    tables = [p for p in visible(require_folder(folder, LAYOUT)) if p.suffix in (".tsv", ".txt")]
    if len(tables) == 1:
        return {"train": tables[0]}
    found = {}
    for split, marks in MARKS.items():
        named = [path for path in tables if any(mark in path.stem.lower() for mark in marks)]
        if len(named) > 1:
            raise CallError(
                f"{folder} has several files for the split {split!r}, "
                f"{' and '.join(path.name for path in named)}; leave one."
            )
        found.update((split, path) for path in named)
    if not found:
        wanted = re.compile("|".join(mark for marks in MARKS.values() for mark in marks))
        raise LayoutError(
            f"{folder} has no file of tweets; expected {LAYOUT}."
            f"{hint(folder, lambda name: bool(wanted.search(name.lower())))}"
        )
    return found


def _read(path):
    """`{tweet: class}`."""
    labels = {}
    for number, line in read_lines(path):
        *cells, text = [cell.strip() for cell in line.split("\t")]
        label = cells[-1] if cells else ""
        if label not in ("1", "2", "3") or not text:
            if number == 1 and cells and not any(cell.isdecimal() for cell in cells):
                continue  # a header
            raise CallError(
                f"{path}, line {number}: expected {_expected(cells)}; found {quoted(line)}."
            )
        if text.lower() != NOT_AVAILABLE:
            labels.setdefault(text, int(label))
    if not labels:
        raise CallError(f"{Path(path)} holds no tweet that was available.")
    return labels


def _expected(cells):
    if not cells:
        return "tabs between ids, class and tweet"
    return "the class, 1, 2 or 3, before the tweet, which is last"
