"""Requests and answers in a file, for programs that have NumPy alone in common."""

import json

import numpy as np


def save(path, records, notes):
    """Writes a list of dictionaries of arrays, those of strings as bytes; and a JSON value."""
    names = [list(record) for record in records]
    arrays = [_packed(array) for record in records for array in record.values()]
    with open(path, "wb") as file:
        np.savez(file, np.array(json.dumps({"names": names, "notes": notes})), *arrays)


def load(path):
    """What `save` wrote: the list, and the value."""
    with np.load(path) as file:
        index, *arrays = (file[f"arr_{i}"] for i in range(len(file.files)))
    index, arrays = json.loads(str(index)), map(_unpacked, arrays)
    records = [{name: next(arrays) for name in names} for names in index["names"]]
    return records, index["notes"]


def _packed(array):
    """Strings as bytes of one width, with a mark at the end: NumPy drops zeros there."""
    if array.dtype.kind != "O":
        return array
    marked = [(x.encode() if isinstance(x, str) else x) + b"." for x in array.ravel().tolist()]
    return np.array(marked, "S").reshape(array.shape)


def _unpacked(array):
    if array.dtype.kind != "S":
        return array
    strings = np.empty(array.size, object)
    strings[:] = [marked[:-1] for marked in array.ravel().tolist()]
    return strings.reshape(array.shape)
