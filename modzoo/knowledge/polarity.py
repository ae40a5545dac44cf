"""What the names of classes say of them."""

import numpy as np

from modzoo.errors import CallError, some_of


def class_scores(label_names):
    """The classes' scores, an array, where their names are at least three numbers, else None."""
    scores = _numbers(label_names)
    return None if scores is None or len(scores) < 3 else scores


def poles(label_names):
    """Indices of the positive and of the negative classes."""
    scores = _numbers(label_names)
    if scores is None:
        known = {"negative": -1, "positive": 1}
        scores = np.array([known.get(name.lower(), 0) for name in label_names])
    else:
        scores = scores - (scores.min() + scores.max()) / 2
    sides = np.flatnonzero(scores > 0).tolist(), np.flatnonzero(scores < 0).tolist()
    if not all(sides):
        raise CallError(
            "The source pmi needs positive and negative classes, by name or by number; "
            f"the classes are {some_of(label_names)}."
        )
    return sides


def _numbers(label_names):
    """The classes' names as finite numbers, an array, else None."""
    try:
        numbers = np.array([float(name) for name in label_names])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
