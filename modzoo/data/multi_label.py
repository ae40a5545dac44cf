"""Texts of which several classes may be true: a table of 0 and 1, or GoEmotions' lists."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from modzoo.data.folders import hint, require_folder, visible
from modzoo.data.splits import SPLITS, hash_split, held_back, require_some, require_split
from modzoo.data.tables import read_columns, read_table, table_header
from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_lines

NO_CLASSES = ("id",)  # a column of the published table that is neither text nor class
LABELS = "labels.txt"
FILES = {"train": "train.tsv", "validation": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"}
LAYOUT = (
    f"one csv or tsv of a text column and columns of 0 and 1, or {LABELS} with train.tsv, dev.tsv "
    "and test.tsv"
)


@dataclass(frozen=True, eq=False)
class MultiLabelTexts:
    """Texts with any number of classes each.

    Attributes:
        texts: List of strings.
        labels: Float32 array `(len(texts), classes)` of 0 and 1.
        label_names: List of the classes' names.
        split: Name of the split.
        source: Where they are from, for people.
        remarks: Sentences on what was left out.
    """

    texts: list
    labels: np.ndarray
    label_names: list
    split: str
    source: str
    remarks: tuple = ()

    def __len__(self):
        return len(self.texts)

    @property
    def summary(self):
        """How many there are, and how often each class is true, for people."""
        counts = self.labels.sum(0).astype(int)
        named = [f"{name} {n:,}" for name, n in zip(self.label_names, counts, strict=True)]
        return f"{len(self):,} texts of {len(named):,} classes ({some_of(named)})"

    def take(self, indices):
        """The examples at `indices`, in that order."""
        return replace(self, texts=[self.texts[i] for i in indices], labels=self.labels[indices])

    def limit(self, count):
        """The first `count` examples; all of them for None."""
        return self if count is None else self.take(np.arange(min(count, len(self))))


def load_multi_label(path, split=None, text_column="comment_text"):
    """A split of texts with several classes each.

    A table, or the one table in a folder, has a column of texts, and one of 0 and 1 for each
    class, as the toxic comments of Wikipedia; a hash of the text makes its splits. In GoEmotions'
    folder `labels.txt` names the classes, and of each line of `train.tsv`, `dev.tsv` and `test.tsv`
    the second column lists the numbers of those that are true; `validation` is held back from
    `train` by the hash.

    Args:
        path: The folder, or a csv or tsv file.
        split: `"train"`, `"validation"`, of GoEmotions `"dev"`, or `"test"`. Default: `"test"`, or
            `"dev"` where GoEmotions' folder has no `test.tsv`.
        text_column: Name of the column of texts in a table.

    Returns:
        `MultiLabelTexts`.

    Raises:
        CallError: If a file, a column or a label cannot be read; it names file and line.
    """
    require_split(split or "test", FILES, path)
    if not Path(path).is_file():
        folder = require_folder(path, LAYOUT)
        if (folder / LABELS).is_file():
            return _load_lists(folder, split)
        path = _only_table(folder)
    split = require_split(split or "test", SPLITS, path)
    rows, names = _read_flags(Path(path), text_column)
    rows = require_some([row for row in rows if hash_split(row[0]) == split], path, split)
    return _examples(rows, names, split, Path(path).stem)


def _examples(rows, names, split, source):
    labels = np.zeros((len(rows), len(names)), "float32")
    for row, (_, true) in zip(labels, rows, strict=True):
        row[true] = 1
    return MultiLabelTexts([text for text, _ in rows], labels, names, split, source)


def _only_table(folder):
    tables = [path for path in visible(folder) if path.suffix.lower() in (".csv", ".tsv")]
    if len(tables) != 1:
        found = f"found {some_of([path.name for path in tables])}" if tables else "found none"
        raise CallError(
            f"{folder} must hold one csv or tsv, {found}; expected a folder with {LAYOUT}."
            f"{hint(folder, lambda name: name == LABELS)}"
        )
    return tables[0]


def _read_flags(path, text_column):
    """Text and true classes of each row of a table, and the classes' names."""
    header = table_header(path)
    names = [name for name in header if name not in (text_column, *NO_CLASSES)]
    if text_column in header and not names:
        raise CallError(f"{path}, line 1: there is no column of a class beside {text_column!r}.")
    if "" in names:
        raise CallError(
            f"{path}, line 1: column {header.index('') + 1} has no name; name its class, or leave "
            "the column out."
        )
    rows = []
    for number, (text, *flags) in read_table(path, [text_column, *names]):
        wrong = [flag for flag in flags if flag not in ("0", "1")]
        if wrong:
            name = names[flags.index(wrong[0])]
            raise CallError(
                f"{path}, line {number}: {name} must be 0 or 1, found {quoted(wrong[0])}."
            )
        rows.append((text, np.flatnonzero(np.array(flags) == "1")))
    return rows, names


def _load_lists(folder, split):
    names = _names(folder / LABELS)
    there = [part for part, name in FILES.items() if (folder / name).is_file()]
    split = require_split(split or ("test" if "test" in there else "dev"), there, folder)
    path = folder / FILES[split]
    rows = []
    for number, (text, listed, _) in read_columns(path, ["text", "classes", "id"]):
        true = listed.split(",")
        if not all(re.fullmatch(r"\d{1,4}", n) and int(n) < len(names) for n in true):
            raise CallError(
                f"{path}, line {number}: expected numbers of the {len(names)} classes in {LABELS}, "
                f"divided by commas, found {quoted(listed)}."
            )
        rows.append((text, [int(n) for n in true]))
    if path.name == FILES["train"]:
        is_wanted = split == "validation"
        rows = require_some([r for r in rows if held_back(r[0]) == is_wanted], path, split)
    return _examples(rows, names, split, "GoEmotions")


def _names(path):
    """The classes' names, one a line."""
    lines = {}
    for number, line in read_lines(path):
        name = line.strip()
        if name in lines:
            raise CallError(
                f"{path}, line {number}: expected the name of another class, {quoted(name)} is in "
                f"line {lines[name]} too."
            )
        lines[name] = number
    return list(lines)
