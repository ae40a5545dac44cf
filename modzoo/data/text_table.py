"""A user's own labelled texts, in csv or tsv files."""

import re
from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.splits import SPLITS, hash_split, held_back, require_some, require_split
from modzoo.data.tables import read_table
from modzoo.errors import CallError

FILE_NAMES = {"train": ("train",), "validation": ("validation", "dev"), "test": ("test",)}
SUFFIXES = (".csv", ".tsv")


def load_text_table(path, split=None, text_column="text", label_column="label"):
    """Reads a split of labelled texts from one file or from a folder with a file for each split.

    One file is divided by a hash of the text: of ten parts eight are `train`, one is
    `validation` and one `test`; `all` is all of it. A folder has `train`, `validation` or `dev`,
    and `test`, each `.csv` or `.tsv`; without a file for `validation` it is 5 % of `train`,
    chosen by the hash, that `train` then lacks. A csv file has commas and quotes; in a tsv file
    quotes are text.

    Args:
        path: A `.csv` or `.tsv` file with a header line, UTF-8, or the folder.
        split: `"train"`, `"validation"` (or `"dev"`), `"test"`, or `"all"` of a file. Default:
            `"test"` or, in a folder without it, `"validation"`.
        text_column: Name of the column of texts. A text may be empty.
        label_column: Name of the column of labels. A label may not.

    Returns:
        `TextExamples`; the classes are the labels in `train`, sorted, by value where all are
        integers; those of the split where it is `all`, or no file is for `train`.

    Raises:
        CallError: If a file, a column or a label is missing, `train` has one label alone, or
            another split one that `train` lacks; it names file and line.
    """
    path = Path(path)
    default = "test" if not path.is_dir() or _file_of(path, "test") else "validation"
    split = {"dev": "validation", None: default}.get(split, split)
    require_split(split, SPLITS if path.is_dir() else (*SPLITS, "all"), path)
    columns = [text_column, label_column]
    file, rows = _split_rows(path, split, columns)
    if split == "all" or (path.is_dir() and not _file_of(path, "train")):
        names = _sorted_names(rows)
    else:
        names = _label_names(*_split_rows(path, "train", columns))
    for number, _, label in rows:
        if label not in names:
            raise CallError(
                f"{file}, line {number}: no row for training has the label {label!r}; "
                f"they have: {', '.join(names)}."
            )
    labels = np.array([names.index(label) for *_, label in rows], "int64")
    return TextExamples([text for _, text, _ in rows], labels, names, split, path.name)


def _split_rows(path, split, columns):
    """The file that holds a split, and the split's rows: line number, text and label."""
    if path.is_dir():
        shared = split != "test" and _file_of(path, "validation") is None
        file = _file_of(path, "train" if shared else split)

        def belongs(text):
            return not shared or held_back(text) == (split == "validation")

    else:
        file = path

        def belongs(text):
            return split in ("all", hash_split(text))

        if not path.is_file():
            raise CallError(f"There is no file or folder {path}.")
        if path.suffix.lower() not in SUFFIXES:
            raise CallError(f"{path} is neither .csv nor .tsv; rename it after what it holds.")
    if file is None:
        raise CallError(
            f"{path} has no file for the split {split!r}; expected "
            f"{' or '.join(name + end for name in FILE_NAMES[split] for end in SUFFIXES)}."
        )
    rows = [row for row in _rows(file, columns) if belongs(row[1])]
    return file, require_some(rows, file, split)


def _file_of(folder, split):
    files = [folder / (name + end) for name in FILE_NAMES[split] for end in SUFFIXES]
    files = [file for file in files if file.is_file()]
    if len(files) > 1:
        raise CallError(
            f"{folder} has several files for the split {split!r}, "
            f"{' and '.join(file.name for file in files)}; leave one."
        )
    return files[0] if files else None


def _rows(path, columns):
    for number, (text, label) in read_table(path, columns):
        if not label:
            raise CallError(f"{path}, line {number}: the label ({columns[1]}) is empty.")
        yield number, text, label


def _label_names(path, rows):
    names = _sorted_names(rows)
    if len(names) == 1:
        raise CallError(f"{path}: all rows for training have one label, {names[0]!r}.")
    return names


def _sorted_names(rows):
    names = {label for *_, label in rows}
    if all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)
