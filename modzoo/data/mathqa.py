"""MathQA: word problems of six categories (Amini et al., 2019)."""

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.folders import hint, require_folder
from modzoo.data.json_files import read_json
from modzoo.data.splits import SPLITS, hash_split, require_some, require_split
from modzoo.errors import CallError, quoted
from modzoo.files import MAX_LINE

FILES = {"train": "train.json", "validation": "dev.json", "test": "test.json"}
LAYOUT = (
    "train.json, dev.json and test.json, or one of them, lists of objects with Problem and category"
)


def load_mathqa(folder, split=None):
    """A split of the problems, whose class is their category.

    Where the folder has no `train.json`, the one file there is is divided by a hash of the
    problem: of ten parts eight are `train`, one is `validation` and one `test`.

    Args:
        folder: Folder with `train.json`, `dev.json` and `test.json`, or one of them.
        split: `"train"`, `"validation"` (or `"dev"`) or `"test"`. Default: `"test"`.

    Returns:
        `TextExamples`; the classes are the categories of all files there are, sorted.

    Raises:
        CallError: If files are missing or of another form; it names file and entry.
    """
    split = require_split({"dev": "validation", None: "test"}.get(split, split), SPLITS, "MathQA")
    folder = require_folder(folder, LAYOUT)
    there = {part: folder / name for part, name in FILES.items() if (folder / name).is_file()}
    if not there or ("train" in there and split not in there):
        missing = FILES[split] if there else ", ".join(FILES.values())
        raise CallError(
            f"{folder} has no {missing}; expected a folder with {LAYOUT}."
            f"{hint(folder, [*FILES.values()].__contains__)}"
        )
    is_divided = "train" not in there
    path = next(iter(there.values())) if is_divided else there[split]
    rows = _problems(path)
    names = sorted({row[1] for row in (rows if is_divided else _problems(there["train"]))})
    if is_divided:
        kept = [row for row in rows if hash_split(row[0]) == split]
        rows = require_some(kept, path, split, "problem")
    places = {name: i for i, name in enumerate(names)}
    for number, (_, category) in enumerate(rows, 1):
        if category not in places:
            raise CallError(
                f"{path}, entry {number}: no problem for training is of the category "
                f"{quoted(category)}."
            )
    labels = np.array([places[category] for _, category in rows], "int64")
    return TextExamples([problem for problem, _ in rows], labels, names, split, "MathQA")


def _problems(path):
    """Problem and category of each entry."""
    entries = read_json(path)
    if not isinstance(entries, list) or not entries:
        raise CallError(f"{path} holds no list of problems; expected {LAYOUT}.")
    return [_problem(path, number, entry) for number, entry in enumerate(entries, 1)]


def _problem(path, number, entry):
    found = [entry.get(key) for key in ("Problem", "category")] if isinstance(entry, dict) else []
    if not found or not all(isinstance(x, str) and 0 < len(x) < MAX_LINE for x in found):
        raise CallError(
            f"{path}, entry {number}: expected an object with the texts Problem and category, "
            f"found {quoted(str(entry))}."
        )
    return found
