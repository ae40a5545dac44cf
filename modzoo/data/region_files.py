"""Time series of regions in a person's own files, npz or csv."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modzoo.data.array_files import read_arrays
from modzoo.data.folders import visible
from modzoo.data.labelled_series import LabelledSeries
from modzoo.data.tables import csv_rows
from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_lines

SUFFIXES = (".npz", ".csv")
COLUMNS = ("series", "task", "label", "group")  # in a csv; all others are features
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
LAYOUT = (
    "files .npz with an array series (examples, time, features) and, beside it, label, task and "
    "group (examples,), or .csv with a row a step and columns series, label, task, group and "
    "features"
)


@dataclass(frozen=True)
class RegionFile:
    """What a file holds.

    Attributes:
        series: Float32 array `(examples, time, features)`.
        names: List of the names of the series, for people.
        columns: Dictionary of those of `"task"`, `"label"` and `"group"` that it says, lists of
            strings.
    """

    series: np.ndarray
    names: list
    columns: dict


def load_regions(path):
    """The labelled series of a file, or of all files in a folder.

    A file that does not say its tasks is of one, named after the file.

    Raises:
        CallError: If a file cannot be read, has no labels, or series of another shape than the
            files before it.
    """
    path = Path(path)
    files = [path] if path.is_file() else [p for p in visible(path) if p.suffix in SUFFIXES]
    if not files:
        raise CallError(f"{path} holds no series; expected {LAYOUT}.")
    parts = {file: read_regions(file) for file in files}
    shapes = {part.series.shape[1:]: file for file, part in reversed(parts.items())}
    if len(shapes) > 1:
        (one, first), (other, second) = list(shapes.items())[:2]
        raise CallError(
            f"All series must be of one shape: those in {second} have {other[0]} steps of "
            f"{other[1]} features, and those in {first} {one[0]} of {one[1]}; cut or pad them."
        )
    tasks, names, groups = [], [], []
    for file, part in parts.items():
        if "label" not in part.columns:
            raise CallError(f"{file} has no label for its series; expected {LAYOUT}.")
        own = part.columns.get("task", [file.stem] * len(part.series))
        tasks += [_plain_task(task, file) for task in own]
        names += part.columns["label"]
        groups += part.columns.get("group", [None] * len(part.series))
    labels = {task: [] for task in sorted(set(tasks))}
    _require_apart(labels, path)
    for task, name in sorted(set(zip(tasks, names, strict=True))):
        labels[task].append(name)
    for task, classes in labels.items():
        if len(classes) < 2:
            raise CallError(f"{path}: the task {task} has one class alone, {quoted(classes[0])}.")
    places = {task: i for i, task in enumerate(labels)}
    numbers = {
        (task, name): i for task, classes in labels.items() for i, name in enumerate(classes)
    }
    return LabelledSeries(
        np.concatenate([part.series for part in parts.values()]),
        np.array([places[task] for task in tasks]),
        np.array([numbers[pair] for pair in zip(tasks, names, strict=True)]),
        labels,
        str(path),
        groups=None if None in groups else np.unique(groups, return_inverse=True)[1],
    )


def read_regions(path):
    """The `RegionFile` in a file .npz or .csv."""
    path = Path(path)
    readers = {".npz": _read_npz, ".csv": _read_csv}
    if path.suffix not in readers:
        raise CallError(f"{path} must end in {' or '.join(SUFFIXES)} to hold series of regions.")
    found = readers[path.suffix](path)
    if not found.series.size:
        raise CallError(f"{path} holds no series.")
    for text in {*found.names, *(x for column in found.columns.values() for x in column)}:
        if not text.isprintable():
            raise CallError(
                f"{path}: names must be printable, of series, tasks, labels and groups; found "
                f"{quoted(text)}."
            )
    bad = np.argwhere(~np.isfinite(found.series))
    if len(bad):
        example, step, feature = bad[0]
        raise CallError(
            f"{path}: series {quoted(found.names[example])} is no number at step {step + 1}, "
            f"feature {feature + 1}; fill in what is missing, or leave the series out."
        )
    return found


def _plain_task(task, file):
    if not PLAIN.fullmatch(task):
        raise CallError(
            f"{file}: a task is named by letters, digits and underscores, a letter first; found "
            f"{quoted(task)}."
        )
    return task


def _require_apart(tasks, path):
    """Raises where what is said of a task would be named as another: `left`, `left_scores`."""
    for task in tasks:
        for other in tasks:
            if other.startswith(f"{task}_"):
                raise CallError(
                    f"{path}: the task {other!r} begins as {task!r} does, and {task}_... is what "
                    "is said of that; give it another name."
                )


def _read_npz(path):
    arrays = read_arrays(path, COLUMNS)
    if "series" not in arrays:
        raise CallError(f"{path} has no array 'series'; expected {LAYOUT}.")
    series = arrays.pop("series")
    if series.ndim != 3 or series.dtype.kind not in "fiu":
        raise CallError(
            f"{path}: 'series' must be numbers (examples, time, features), found {series.dtype} "
            f"{series.shape}."
        )
    if not series.size:
        raise CallError(f"{path} holds no series.")
    for name, values in arrays.items():
        if values.shape not in [(), (len(series),)] or values.dtype.kind not in "Uiu":
            raise CallError(
                f"{path}: {name!r} must be {len(series)} strings or whole numbers, one a series, "
                f"found {values.dtype} {values.shape}."
            )
    columns = {
        name: _strings(np.broadcast_to(values, len(series)), name, path)
        for name, values in arrays.items()
    }
    names = [str(i + 1) for i in range(len(series))]
    return RegionFile(series.astype("float32"), names, columns)


def _strings(values, name, path):
    try:
        return values.astype(str).tolist()
    except (ValueError, SystemError) as error:  # no characters of Unicode
        raise CallError(f"{path}: {name!r} holds what is no text ({error}).") from error


def _read_csv(path):
    rows = csv_rows(read_lines(path, blank=True), path)
    first, header = next(rows, (1, []))
    header = [name.strip() for name in header]
    features = [i for i, name in enumerate(header) if name not in COLUMNS]
    if "series" not in header or not features or len(set(header)) < len(header):
        raise CallError(
            f"{path}, line {first}: the header needs a column 'series' and one for each feature, "
            f"of distinct names; found {some_of(map(repr, header)) or 'an empty file'}."
        )
    said = {name: header.index(name) for name in COLUMNS[1:] if name in header}
    series, names, known, columns = [], [], set(), {name: [] for name in said}
    for number, row in rows:
        if len(row) != len(header):
            raise CallError(
                f"{path}, line {number}: found {len(row)} columns, the header names {len(header)}."
            )
        name = row[header.index("series")].strip()
        if not names or name != names[-1]:
            if name in known:
                raise CallError(
                    f"{path}, line {number}: the series {quoted(name)} goes on after another; its "
                    "rows must stand together."
                )
            _require_like_the_first(series, names, path, number)
            series.append([])
            names.append(name)
            known.add(name)
            for column, place in said.items():
                columns[column].append(row[place].strip())
        elif any(row[place].strip() != columns[column][-1] for column, place in said.items()):
            raise CallError(
                f"{path}, line {number}: the rows of the series {quoted(name)} differ in "
                f"{some_of(said)}."
            )
        series[-1].append([_number(row[i], header[i], path, number) for i in features])
    _require_like_the_first(series, names, path, "last")
    shape = (len(series), len(series[0]) if series else 0, len(features))
    return RegionFile(np.array(series, "float32").reshape(shape), names, columns)


def _require_like_the_first(series, names, path, number):
    if series and len(series[-1]) != len(series[0]):
        raise CallError(
            f"{path}, line {number}: the series {quoted(names[-1])} has {len(series[-1])} steps, "
            f"and {quoted(names[0])} has {len(series[0])}; all must have as many."
        )


def _number(text, column, path, number):
    try:
        return float(text)
    except ValueError:
        raise CallError(
            f"{path}, line {number}: the column {column!r} must hold numbers, found {quoted(text)}."
        ) from None
