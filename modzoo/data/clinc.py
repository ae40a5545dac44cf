"""CLINC150: what people ask of an assistant, of 150 intents (Larson et al., 2019)."""

from collections import Counter

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.folders import hint, require_folder
from modzoo.data.json_files import read_json
from modzoo.data.splits import require_split
from modzoo.errors import CallError, quoted
from modzoo.files import MAX_LINE

SPLITS = ("train", "val", "test")
OUTSIDE = ("oos_train", "oos_val", "oos_test")  # of no intent, so that no model knows the class
FILES = ("data_full.json", "data_small.json", "data_imbalanced.json", "data_oos_plus.json")
LAYOUT = f"{FILES[0]}, an object of lists of [text, intent] under {', '.join(SPLITS)}"


def load_clinc(folder, split=None, num_intents=None, seed=0):
    """A split of the texts of some intents.

    Args:
        folder: Folder with one of the published files, `data_full.json` first.
        split: `"train"`, `"val"` (or `"validation"`), `"test"`, the default; or `"oos_train"`,
            `"oos_val"`, `"oos_test"`: texts of no intent, whose class is `"oos"`. No model has
            that class, so that no command takes them.
        num_intents: Integer, how many of the intents to keep. Default: all.
        seed: Integer, by which they are drawn.

    Returns:
        `TextExamples`, in turn from each intent; the classes are the intents that were drawn,
        sorted.

    Raises:
        CallError: If the file is missing or of another form, or has fewer intents.
    """
    split = {"validation": "val", None: "test"}.get(split, split)
    if split not in OUTSIDE:
        require_split(split, SPLITS, "CLINC150")
    path = _file_in(folder)
    data = read_json(path)
    if not isinstance(data, dict):
        raise CallError(f"{path} holds {type(data).__name__}, expected {LAYOUT}.")
    rows = _rows(data, split, path)
    names = sorted({intent for _, intent in rows})
    if split not in OUTSIDE:
        intents = sorted({intent for _, intent in _rows(data, "train", path)})
        names = drawn_intents(intents, num_intents, seed, path)
        rows = _in_turn([row for row in rows if row[1] in names])
    places = {name: i for i, name in enumerate(names)}
    labels = np.array([places[intent] for _, intent in rows], "int64")
    return TextExamples([text for text, _ in rows], labels, names, split, "CLINC150")


def _file_in(folder):
    folder = require_folder(folder, LAYOUT)
    path = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if path is None:
        raise CallError(
            f"{folder} has no {FILES[0]}; expected a folder with {LAYOUT}."
            f"{hint(folder, FILES.__contains__)}"
        )
    return path


def _rows(data, split, path):
    rows = data.get(split)
    if not isinstance(rows, list) or not rows:
        raise CallError(f"{path} has no list {split!r}; expected {LAYOUT}.")
    for number, row in enumerate(rows, 1):
        is_pair = isinstance(row, list) and len(row) == 2
        if not (is_pair and all(isinstance(x, str) and len(x) < MAX_LINE for x in row)):
            raise CallError(
                f"{path}, entry {number} of {split}: expected [text, intent], two strings, found "
                f"{quoted(str(row))}."
            )
    return rows


def _in_turn(rows):
    """The first row of each intent, then the second of each: so few of them are of all."""
    seen = Counter()
    turns = []
    for _, intent in rows:
        seen[intent] += 1
        turns.append(seen[intent])
    return [rows[i] for i in np.argsort(turns, kind="stable")]


def drawn_intents(intents, number, seed, source):
    """So many of the intents, drawn by a seed and sorted; all of them for None."""
    if number is None:
        return intents
    if not 2 <= number <= len(intents):
        raise CallError(
            f"{source} holds {len(intents)} intents, of which 2 at least can be drawn; received "
            f"{number}. Give fewer with --num-intents, or a folder of more with --data."
        )
    return sorted(np.random.default_rng(seed).choice(intents, number, replace=False).tolist())
