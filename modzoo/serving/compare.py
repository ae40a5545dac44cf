import numpy as np

TOLERANCE = 1e-4
KINDS = {
    **dict.fromkeys("OSU", "string"),
    **dict.fromkeys("iu", "integer"),
    **dict.fromkeys("fV", "float"),  # V: bfloat16, which NumPy has from elsewhere
    "b": "boolean",
    "c": "complex",
}


def largest_difference(found, expected):
    """Where two answers differ most.

    Numbers differ by what is between them, beyond 1 by its share of what was expected; strings by
    nothing or infinitely, as do arrays of other shapes or of another kind, as integers are beside
    floats.

    Args:
        found, expected: Dictionaries of arrays.

    Returns:
        The difference, and the name of the output; 0 and an empty name where there is none.
    """
    if found.keys() != expected.keys():
        return np.inf, ", ".join(sorted(found.keys() ^ expected.keys()))
    differences = {name: _difference(found[name], expected[name]) for name in expected}
    worst = max(differences, key=differences.get, default="")
    return differences.get(worst, 0.0), worst


def _difference(found, expected):
    kind = KINDS[expected.dtype.kind]
    if found.shape != expected.shape or KINDS[found.dtype.kind] != kind:
        return np.inf
    if not found.size:
        return 0.0
    if kind == "string":
        return 0.0 if (_strings(found) == _strings(expected)).all() else np.inf
    widest = "complex128" if kind == "complex" else "float64"
    found, expected = found.astype(widest), expected.astype(widest)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        share = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    return float(np.where(same, 0, np.where(np.isnan(share), np.inf, share)).max())


def _strings(array):
    """An array of bytes."""
    flat = [x.encode() if isinstance(x, str) else bytes(x) for x in array.ravel().tolist()]
    return np.array(flat, object)
