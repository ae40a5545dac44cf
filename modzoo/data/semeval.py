"""SemEval's tweets: polarity (2017 task 4 A) and scores (2016 task 4 C/E, 2015 task 11)."""

import math
import re

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.folders import hint, visible
from modzoo.data.splits import held_back, require_some, require_split
from modzoo.data.tables import LayoutError, read_columns, require_layout
from modzoo.errors import CallError, quoted

LABEL_NAMES = ["negative", "neutral", "positive"]
TEST_SPLIT = "2016devtest"
MADE_SPLITS = ("train", "validation")
LAYOUT_17 = "the files twitter-<split>-A.tsv or .txt: id, label and text in tab-separated columns"
LAYOUT_SCORES = (
    "the files twitter-2016<split>-CE.tsv or .txt (id, topic, score -2..2, text) or <split>.tsv "
    "(id, score -5..5, text) in tab-separated columns"
)
NOT_AVAILABLE = "not available"


def load_semeval17(folder, split=None):
    """Reads a split of SemEval-2017 task 4 A (Rosenthal, Farra and Nakov, 2017).

    Splits are the published files by their names, `2013train` and so on, as they are, and two
    made of all of them but `2016devtest`: of each tweet by its id once, in the order of the
    files' names, and no tweet of `2016devtest`, by id or by text, 5 % are `validation`, chosen
    by a hash of the id, the rest `train`. Tweets that were "Not Available" when the file was
    made are left out; escapes as `\\u2019` are decoded.

    Args:
        folder: Folder of the files `twitter-<split>-A.tsv` or `.txt`.
        split: Name of the split. Default: `2016devtest` or, without that file, `validation`.

    Returns:
        `TextExamples` of the classes negative, neutral and positive.
    """
    files = _files(folder, r"twitter-(.+)-A\.(?:tsv|txt)", LAYOUT_17)
    split = split or (TEST_SPLIT if TEST_SPLIT in files else "validation")
    require_split(split, dict.fromkeys([*files, *MADE_SPLITS]), folder)
    if split not in MADE_SPLITS:
        return _examples(_read_polarity(files[split]), LABEL_NAMES, split, "SemEval-2017 4A")
    tested = _read_polarity(files[TEST_SPLIT]) if TEST_SPLIT in files else []
    ids, texts = {row[0] for row in tested}, {row[2] for row in tested}
    rows = {}
    for name in files:
        if name != TEST_SPLIT:
            read = _read_polarity(files[name])
            _check_ids(files[name], read)
            for row in read:
                rows.setdefault(row[0], row)
    rows = [row for row in rows.values() if row[0] not in ids and row[2] not in texts]
    return _examples(_hold_back(folder, rows, split), LABEL_NAMES, split, "SemEval-2017 4A")


def load_scores(folder, split=None):
    """Reads a split of SemEval's texts with a score each, the classes of an ordinal scale.

    - SemEval-2016 task 4 C/E (Nakov et al., 2016), scores -2..2: `train`, `dev` and `devtest`,
      each a published file `twitter-2016<split>-CE.tsv` or `.txt`. `validation` is `dev`.
    - SemEval-2015 task 11 (Ghosh et al., 2015), scores -5..5: each `<split>.tsv`, of `train`,
      `trial`, `dev`, `validation` and `test` those there are. Decimal scores are rounded to the
      nearest integer, halves away from 0. Without a file of its own `validation` is `dev`;
      without that one it is 5 % of `train`, chosen by a hash of the id, that `train` then lacks.

    Args:
        folder: Folder of either layout.
        split: Name of the split. Default: `devtest` or `test`; without that file `validation`.

    Returns:
        `TextExamples`; `label_names` are the scores, `"-2"` to `"2"` or `"-5"` to `"5"`.
    """
    files = _files(folder, r"twitter-2016(.+)-CE\.(?:tsv|txt)")
    if files:
        columns, limit, last, source = ("id", "topic", "score", "text"), 2, "devtest", "2016 4CE"
    else:
        files = _files(folder, r"(train|trial|dev|validation|test)\.tsv", LAYOUT_SCORES)
        columns, limit, last, source = ("id", "score", "text"), 5, "test", "2015 11"
    parts = {name: (path, None) for name, path in files.items()}
    if "validation" not in parts and "dev" in parts:
        parts["validation"] = parts["dev"]
    elif "validation" not in parts and "train" in parts:
        parts.update({part: (files["train"], part) for part in ("train", "validation")})
    split = split or (last if last in parts else "validation")
    path, part = parts[require_split(split, parts, folder)]
    rows = _read_scores(path, columns, limit)
    names = [str(score) for score in range(-limit, limit + 1)]
    rows = _hold_back(path, rows, part) if part else rows
    return _examples(rows, names, split, f"SemEval-{source}")


def _files(folder, pattern, layout=None):
    """The files of a pattern by what its group matches, in order; with a `layout` at least one."""
    require_layout(folder, [], layout or LAYOUT_SCORES)
    found = {}
    for path in visible(folder):
        match = re.fullmatch(pattern, path.name)
        if match and path.is_file():
            if match[1] in found:
                raise CallError(
                    f"{folder} has {found[match[1]].name} and {path.name} for one split; leave one."
                )
            found[match[1]] = path
    if layout and not found:
        advice = hint(folder, re.compile(pattern).fullmatch)
        raise LayoutError(
            f"{folder} has none of the files; expected a folder with {layout}.{advice}"
        )
    return found


def _read_polarity(path):
    """Rows of id, class and text."""
    rows = []
    for number, (tweet, label, text) in read_columns(path, ["id", "label", "text"]):
        if label not in LABEL_NAMES:
            raise CallError(
                f"{path}, line {number}: the label must be one of {', '.join(LABEL_NAMES)}, "
                f"found {quoted(label)}."
            )
        rows.append((tweet, LABEL_NAMES.index(label), text))
    return _available(path, rows)


def _check_ids(path, rows):
    """Raises if ids do not tell tweets apart. One tweet may be there again with another link."""
    texts = {}
    for tweet, _, text in rows:
        texts.setdefault(tweet, set()).add(text)
    for tweet, those in texts.items():
        if len(those) > 2:
            raise CallError(
                f"{path}: {len(those):,} tweets have the id {quoted(tweet)}; give each its own."
            )


def _read_scores(path, columns, limit):
    rows = []
    for number, (tweet, *_, score, text) in read_columns(path, columns):
        try:
            value = float(score)
        except ValueError:
            value = math.nan
        if not abs(value) <= limit:
            raise CallError(
                f"{path}, line {number}: the score must be a number from {-limit} to {limit}, "
                f"found {quoted(score)}."
            )
        rounded = math.copysign(math.floor(abs(value) + 0.5), value)
        rows.append((tweet, int(rounded) + limit, text))
    return _available(path, rows)


def _available(path, rows):
    rows = [
        (tweet, label, _decode(text))
        for tweet, label, text in rows
        if text.lower() != NOT_AVAILABLE
    ]
    if not rows:
        raise CallError(f"{path} holds no tweet that was available; download its texts anew.")
    return rows


def _decode(text):
    r"""Replaces escapes as `\u2019`; half of a surrogate pair stays as it is."""
    pairs = r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u((?!d[89a-f])[0-9a-f]{4})"
    return re.sub(pairs, _character, text, flags=re.IGNORECASE)


def _character(match):
    high, low, single = match.groups()
    return bytes.fromhex(single or high + low).decode("utf-16-be")


def _hold_back(where, rows, split):
    """The rows of `train`, or the 5 % of them, by a hash of the id, that are `validation`."""
    rows = [row for row in rows if held_back(row[0]) == (split == "validation")]
    return require_some(rows, where, split, "id")


def _examples(rows, names, split, source):
    labels = np.array([label for _, label, _ in rows], "int64")
    return TextExamples([text for *_, text in rows], labels, names, split, source)
