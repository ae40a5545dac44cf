from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from modzoo.data.array_files import read_arrays
from modzoo.data.json_files import require_text
from modzoo.errors import CallError, quoted

NAMES = ("x", "y", "labels")
EVERY = 5  # of a person's examples: three are observed, one held back, one tested


class Part(NamedTuple):
    """Examples by which a network is taken apart, as `decompose` takes them."""

    x: object
    y: object
    groups: object = None


@dataclass(frozen=True, eq=False)
class Subject:
    """A network to be taken apart, and what is known of it.

    Attributes:
        model: `keras.Model`.
        observed: `Part`.
        held_back: That of other examples, by which it is chosen how small modules are.
        tested: That of others still, on which the modules are measured.
        labels: List of the names of its outputs, or None.
        vocabulary: List of the words of its ids, or None.
    """

    model: object
    observed: Part
    held_back: Part
    tested: Part
    labels: list | None = None
    vocabulary: list | None = None

    @property
    def names(self):
        """What modules may be named, but for the numbers of outputs without names."""
        groups = self.observed.groups
        return {*map(str, groups)} if groups is not None else {*(self.labels or ())}


def read_subject(model, file, limit=None):
    """The `Subject` of a model and a person's own data.

    Args:
        model: `keras.Model`.
        file: File `.npz` with `x`, as the model reads it, `y`, and, if wished, `labels`, the names
            of the model's outputs. Of every five examples the fourth is held back and the fifth is
            for measuring; the others are observed.
        limit: Integer, only the first so many of each.

    Raises:
        CallError: If the file is no such.
    """
    path = Path(file or "")
    if path.suffix != ".npz" or not path.is_file():
        found = "received no data" if file is None else f"{file} is no such file"
        raise CallError(
            "A model from a file is taken apart by a file .npz with the arrays x, as the model "
            f"reads it, and y; {found}."
        )
    arrays = read_arrays(path, NAMES)
    for name in NAMES[:2]:
        if name not in arrays:
            found = ", ".join(arrays) or "neither"
            raise CallError(f"{path} has no array {quoted(name)}; expected x and y, found {found}.")
    x, y = arrays["x"], arrays["y"]
    for name, values in (("x", x), ("y", y)):
        if values.dtype.kind not in "fiub" or not values.ndim or not values.size:
            raise CallError(
                f"{path}: {name} must be numbers, an example a row, found {values.dtype} "
                f"{values.shape}."
            )
    if len(x) != len(y) or len(x) <= EVERY:
        raise CallError(
            f"{path}: x and y must be of as many examples, {EVERY + 1} at least; found "
            f"{len(x):,} and {len(y):,}."
        )
    turn = np.arange(len(x)) % EVERY
    return Subject(
        model,
        *(
            Part(x[own][:limit], y[own][:limit])
            for own in (turn < EVERY - 2, turn == EVERY - 2, turn == EVERY - 1)
        ),
        _labels(arrays["labels"], path) if "labels" in arrays else None,
    )


def _labels(array, path):
    try:
        labels = [str(label) for label in array.ravel()]
    except (ValueError, SystemError) as error:  # of numbers that are no characters
        raise CallError(f"{path}: labels hold what is no text ({error}).") from error
    require_text(labels, f"{path}, labels")
    return labels
