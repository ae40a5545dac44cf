"""A user's own labelled texts, in csv or tsv files."""

import functools
import re
from pathlib import Path

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.folders import hint, unpack_hint
from modzoo.data.splits import SPLITS, hash_split, held_back, require_some, require_split
from modzoo.data.tables import read_table
from modzoo.errors import CallError, quoted, some_of

FILE_NAMES = {"train": ("train",), "validation": ("validation", "dev"), "test": ("test",)}
SUFFIXES = (".csv", ".tsv")
NO_LABEL = ("", "nan", "n/a", "#n/a", "<na>", "null")  # in lower case


def load_text_table(
    path,
    split=None,
    text_column="text",
    label_column="label",
    skip_unlabelled=False,
    pair_column=None,
):
    """Reads a split of labelled texts from one file or from a folder with a file for each split.

    One file is divided by a hash of the text: of ten parts eight are `train`, one is
    `validation` and one `test`; `all` is all of it. Texts of a class none of which would be in
    `train` are all there. A folder has `train`, `validation` or `dev`,
    and `test`, each `.csv` or `.tsv`; without a file for `validation` it is 5 % of `train`,
    chosen by the hash, that `train` then lacks. A csv file has commas and quotes; in a tsv file
    quotes are text.

    Args:
        path: A `.csv` or `.tsv` file with a header line, UTF-8, or the folder.
        split: `"train"`, `"validation"` (or `"dev"`), `"test"`, or `"all"` of a file. Default:
            `"test"` or, in a folder without it, `"validation"`.
        text_column: Name of the column of texts. A text may be empty.
        label_column: Name of the column of labels. A label may not.
        skip_unlabelled: Whether rows without a label are left out: an empty cell, or what
            spreadsheets and pandas write for one (`NO_LABEL`). Without it they are an error.
        pair_column: Name of the column of the second text, where a text is a pair.

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
    columns = [text_column, *([] if pair_column is None else [pair_column]), label_column]
    read = functools.partial(_split_rows, path, columns=columns, skip_unlabelled=skip_unlabelled)
    file, rows, remarks = read(split)
    if split == "all" or (path.is_dir() and not _file_of(path, "train")):
        names = _sorted_names(rows)
    else:
        names = _label_names(*read("train")[:2])
    places = {name: i for i, name in enumerate(names)}
    for number, _, label in rows:
        if label not in places:
            raise CallError(
                f"{file}, line {number}: no row for training has the label {quoted(label)}; "
                f"they have: {some_of(names)}."
            )
    labels = np.array([places[label] for *_, label in rows], "int64")
    texts = [text for _, text, _ in rows]
    is_pair = pair_column is not None
    return TextExamples(texts, labels, names, split, path.name, tuple(remarks), pairs=is_pair)


def _split_rows(path, split, columns, skip_unlabelled):
    """The file that holds a split, the split's rows, each line number, text and label, and
    remarks."""
    shared = path.is_dir() and split != "test" and _file_of(path, "validation") is None
    file = _file_of(path, "train" if shared else split) if path.is_dir() else _checked(path)
    if file is None:
        raise CallError(
            f"{path} has no file for the split {split!r}; expected "
            f"{' or '.join(name + end for name in FILE_NAMES[split] for end in SUFFIXES)}."
            f"{hint(path, _is_table)}"
        )
    rows, remarks = _labelled_rows(file, columns, skip_unlabelled)
    if shared or (file == path and split != "all"):
        split_of = {
            text: _split_of_train(text) if shared else hash_split(text) for _, text, _ in rows
        }
        rare = _rare_rows(rows, split_of)
        if rare:
            split_of.update((text, "train") for _, text, _ in rare)
            remarks.append(
                f"{file.name}: in train alone, as they are too rare to be divided, are the classes "
                f"{some_of(sorted({label for *_, label in rare}))}."
            )
        rows = [row for row in rows if split_of[row[1]] == split]
    return file, require_some(rows, file, split), remarks


def _labelled_rows(file, columns, skip_unlabelled):
    """The rows of a file that have a label, each line number, text and label, and remarks."""
    read = [(n, _joined(texts), label) for n, (*texts, label) in read_table(file, columns)]
    rows = [row for row in read if not _is_none(row[2])]
    if len(rows) == len(read):
        return rows, []
    if skip_unlabelled:
        return rows, [f"{file.name}: {len(read) - len(rows):,} rows without a label are left out."]
    number, _, label = next(row for row in read if _is_none(row[2]))
    found = f"is {label!r}, which says there is none" if label else "is empty"
    raise CallError(
        f"{file}, line {number}: the label ({columns[-1]}) {found}; --skip-unlabelled leaves such "
        "rows out."
    )


def _joined(texts):
    """A text, or two as one, with a tab between them."""
    if len(texts) == 1:
        return texts[0]
    return "\t".join(text.replace("\t", " ") for text in texts)


def _rare_rows(rows, split_of):
    """The rows of classes of which no row would be in train."""
    trained = {label for _, text, label in rows if split_of[text] == "train"}
    return [row for row in rows if row[2] not in trained]


def _split_of_train(text):
    return "validation" if held_back(text) else "train"


def holds_text_tables(path):
    """Whether `path` is a csv or tsv file, or a folder with a csv file for a split."""
    path = Path(path)
    names = (name for names in FILE_NAMES.values() for name in names)
    return (
        _is_table(path.name) or path.is_file() or any((path / f"{n}.csv").is_file() for n in names)
    )


def _checked(path):
    if not path.is_file():
        raise CallError(f"There is no file or folder {path}.")
    if not _is_table(path.name):
        advice = unpack_hint([path]) or " Rename it after what it holds."
        raise CallError(f"{path} is neither .csv nor .tsv.{advice}")
    return path


def _is_table(name):
    return name.lower().endswith(SUFFIXES)


def _is_none(label):
    return label.lower() in NO_LABEL


def _file_of(folder, split):
    files = [folder / (name + end) for name in FILE_NAMES[split] for end in SUFFIXES]
    files = [file for file in files if file.is_file()]
    if len(files) > 1:
        raise CallError(
            f"{folder} has several files for the split {split!r}, "
            f"{' and '.join(file.name for file in files)}; leave one."
        )
    return files[0] if files else None


def _label_names(path, rows):
    names = _sorted_names(rows)
    if len(names) == 1:
        raise CallError(f"{path}: all rows for training have one label, {quoted(names[0])}.")
    return names


def _sorted_names(rows):
    names = {label for *_, label in rows}
    if all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)
