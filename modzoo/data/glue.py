"""GLUE: sentences and pairs of sentences to be judged (Wang et al., 2018)."""

from dataclasses import dataclass

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.folders import require_folder
from modzoo.data.splits import held_back, require_some, require_split
from modzoo.data.sst2 import load_sst2
from modzoo.data.tables import LayoutError, read_columns, table_header, table_rows
from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_lines

SCORES = (0.0, 5.0)
EXPECTED = (
    "train.tsv and dev.tsv in the layout of CoLA, SST-2, MRPC, QQP, STS-B, MNLI (dev_matched.tsv "
    "and dev_mismatched.tsv), QNLI, RTE or WNLI, or sts-train.csv and its like"
)


@dataclass(frozen=True)
class Layout:
    """How a task is written.

    Attributes:
        task: Its name.
        texts: Names of the columns of its texts.
        label: Name of the column of its labels.
        classes: The names of the classes by what is written, `{written: name}`; None: scores.
        dev: Names of the splits to report on, which are those of their files.
        skip_broken: Whether rows with too few columns, which the published file has, are left out.
    """

    task: str
    texts: tuple
    label: str
    classes: dict | None
    dev: tuple = ("dev",)
    skip_broken: bool = False


COLA = Layout("CoLA", ("sentence",), "label", {"0": "unacceptable", "1": "acceptable"})
COLA_COLUMNS = ["source", "label", "mark of the author", "sentence"]
SST2 = Layout("SST-2", ("sentence",), "label", {"0": "negative", "1": "positive"})
MRPC = Layout(
    "MRPC", ("#1 String", "#2 String"), "Quality", {"0": "not_equivalent", "1": "equivalent"}
)
QQP = Layout(
    "QQP",
    ("question1", "question2"),
    "is_duplicate",
    {"0": "not_duplicate", "1": "duplicate"},
    skip_broken=True,
)
STSB = Layout("STS-B", ("sentence1", "sentence2"), "score", None)
MNLI = Layout(
    "MNLI",
    ("sentence1", "sentence2"),
    "gold_label",
    {name: name for name in ("contradiction", "entailment", "neutral")},
    dev=("dev_matched", "dev_mismatched"),
)
ENTAILMENT = {name: name for name in ("entailment", "not_entailment")}
QNLI = Layout("QNLI", ("question", "sentence"), "label", ENTAILMENT)
RTE = Layout("RTE", ("sentence1", "sentence2"), "label", ENTAILMENT)
WNLI = Layout(
    "WNLI", ("sentence1", "sentence2"), "label", {"0": "not_entailment", "1": "entailment"}
)
BY_HEADER = (MRPC, QQP, STSB, MNLI, QNLI, RTE, SST2)  # QNLI has SST-2's columns too
RAW_STS = {
    split: tuple(f"sts-{split}{end}" for end in (".csv", ".tsv"))
    for split in ("train", "dev", "test")
}


def load_glue(folder, split=None):
    """Reads a split of the folder of a task of GLUE, which the columns tell.

    `dev` is the published one, of MNLI `dev_matched` and `dev_mismatched`. A hash holds back 5 %
    of the published `train` as `validation`, for choosing an epoch; `train` then lacks them.
    GLUE's `test` has no labels. STS-B is read too as its authors publish it, `sts-train.csv`,
    `sts-dev.csv` and `sts-test.csv`, tab-separated, of seven columns or nine, where `test` has
    labels.

    Args:
        folder: The folder.
        split: Name of the split. Default: the last labelled one.

    Returns:
        `TextExamples`.

    Raises:
        CallError: If a file or a column is missing (`LayoutError`), or a label is none of the
            task's; it names file and line.
    """
    folder = require_folder(folder, EXPECTED)
    raw = {split: _first(folder, names) for split, names in RAW_STS.items()}
    if any(raw.values()):
        return _load_raw(folder, {name: file for name, file in raw.items() if file}, split)
    layout = _layout(folder)
    if layout is SST2:
        return load_sst2(folder, split)
    split = split or layout.dev[0]
    file = folder / f"{'train' if split == 'validation' else split}.tsv"
    if split == "test" and not (file.is_file() and layout.label in table_header(file)):
        raise CallError(
            f"GLUE publishes no labels for {layout.task}'s test split; use --split {layout.dev[0]}."
        )
    require_split(split, ("train", "validation", *layout.dev, "test"), layout.task)
    rows, remarks = _rows(file, layout)
    return _examples(rows, file, split, layout, remarks)


def _first(folder, names):
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _layout(folder):
    """The layout of the task in a folder."""
    names = [f"{name}.tsv" for name in ("dev", "dev_matched", "train")]
    file = _first(folder, names)
    if file is None:
        raise LayoutError(f"{folder} has no {', no '.join(names)}; expected {EXPECTED}.")
    header = table_header(file)
    if len(header) == len(COLA_COLUMNS) and header[1] in COLA.classes:
        return COLA
    for layout in BY_HEADER:
        if {*layout.texts, layout.label} <= {*header}:
            return _rte_or_wnli(file) if layout is RTE else layout
    raise LayoutError(
        f"{file}, line 1: the header is that of no task of GLUE, found "
        f"{some_of(map(repr, header)) or 'an empty file'}; expected {EXPECTED}."
    )


def _rte_or_wnli(file):
    """They share their columns."""
    _, (*_, label) = next(_read(file, RTE))
    return WNLI if label in WNLI.classes else RTE


def _rows(file, layout):
    """The rows of a file, each line number, text and label, and remarks."""
    if layout is COLA:
        rows = ((n, (row[3], row[1])) for n, row in read_columns(file, COLA_COLUMNS))
        return list(rows), ()
    skipped = []
    rows = list(_read(file, layout, skipped))
    if not skipped:
        return rows, ()
    return rows, (f"{file.name}: {len(skipped):,} rows that lack columns are left out.",)


def _read(file, layout, skipped=None):
    rows = ((number, line.split("\t")) for number, line in read_lines(file))
    if layout.skip_broken:
        rows = _whole(rows, skipped)
    for number, values in table_rows(rows, file, [*layout.texts, layout.label], "tab"):
        yield number, [value.strip() for value in values]


def _whole(rows, skipped):
    width = None
    for number, values in rows:
        width = width or len(values)
        if len(values) >= width:
            yield number, values
        else:
            skipped.append(number)


def _load_raw(folder, files, split):
    """STS-B as its authors publish it."""
    split = split or ("test" if "test" in files else "dev")
    have = [*files, *(["validation"] if "train" in files else [])]
    require_split(split, have, folder)
    file = files["train" if split == "validation" else split]
    rows = []
    for number, line in read_lines(file):
        values = line.split("\t")
        if len(values) not in (7, 9):
            raise CallError(
                f"{file}, line {number}: expected 7 or 9 tab-separated columns (genre, file, year, "
                f"number, score, two sentences, perhaps their sources), found {len(values)}."
            )
        score, *texts = (value.strip() for value in values[4:7])
        rows.append((number, (*texts, score)))
    return _examples(require_some(rows, file, split), file, split, STSB)


def _examples(rows, file, split, layout, remarks=()):
    texts = ["\t".join(texts) for _, (*texts, _) in rows]
    labels = [_label(layout, label, file, number) for number, (*_, label) in rows]
    if split in ("train", "validation"):
        wanted = [held_back(text) == (split == "validation") for text in texts]
        kept = require_some(np.flatnonzero(wanted).tolist(), file, split)
        texts, labels = ([values[i] for i in kept] for values in (texts, labels))
    is_scored = layout.classes is None
    return TextExamples(
        texts,
        np.array(labels, "float32" if is_scored else "int64"),
        [] if is_scored else list(layout.classes.values()),
        split,
        f"GLUE {layout.task}",
        tuple(remarks),
        pairs=len(layout.texts) > 1,
        scores=SCORES if is_scored else None,
    )


def _label(layout, label, file, number):
    """The label as a number."""
    if layout.classes is not None:
        if label not in layout.classes:
            raise CallError(
                f"{file}, line {number}: the label of {layout.task} must be one of "
                f"{', '.join(layout.classes)}, found {quoted(label)}."
            )
        return list(layout.classes).index(label)
    least, most = SCORES
    try:
        score = float(label)
    except ValueError:
        score = float("nan")
    if not least <= score <= most:
        raise CallError(
            f"{file}, line {number}: the score must be a number from {least:g} to {most:g}, found "
            f"{quoted(label)}."
        )
    return score
