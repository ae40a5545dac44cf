import numpy as np

TOLERANCE = 1e-4


def largest_difference(found, expected):
    """Where two answers differ most.

    Numbers differ by what is between them, beyond 1 by its share of what was expected; strings by
    nothing or infinitely, as do arrays of other shapes.

    Args:
        found, expected: Dictionaries of arrays.

    Returns:
        The difference, and the name of the output.
    """
    if found.keys() != expected.keys():
        return np.inf, ", ".join(sorted(found.keys() ^ expected.keys()))
    differences = {name: _difference(found[name], expected[name]) for name in expected}
    worst = max(differences, key=differences.get)
    return differences[worst], worst


def _difference(found, expected):
    if found.shape != expected.shape:
        return np.inf
    if not found.size:
        return 0.0
    if expected.dtype.kind in "OSU":
        return 0.0 if (_strings(found) == _strings(expected)).all() else np.inf
    found, expected = found.astype("float64"), expected.astype("float64")
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        share = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    return float(np.where(same, 0, np.where(np.isnan(share), np.inf, share)).max())


def _strings(array):
    """An array of bytes."""
    flat = [x.encode() if isinstance(x, str) else bytes(x) for x in array.ravel().tolist()]
    return np.array(flat, object)
