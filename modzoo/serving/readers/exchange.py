"""Requests and answers in a file, for programs that have NumPy alone in common."""

import json

import numpy as np


def save(path, records, notes):
    """Writes a list of dictionaries of arrays, those of strings as bytes; and a JSON value."""
    arrays = [array for record in records for array in record.values()]
    index = {
        "names": [list(record) for record in records],
        "notes": notes,
        "strings": [array.dtype.kind == "O" for array in arrays],
    }
    stored = [part for array in arrays for part in _packed(array)]
    with open(path, "wb") as file:
        np.savez(file, np.array(json.dumps(index)), *stored)


def load(path):
    """What `save` wrote: the list, and the value."""
    with np.load(path) as file:
        index, *stored = (file[f"arr_{i}"] for i in range(len(file.files)))
    index, stored = json.loads(str(index)), iter(stored)
    arrays = (
        _strings(next(stored), next(stored)) if of_strings else next(stored)
        for of_strings in index["strings"]
    )
    records = [{name: next(arrays) for name in names} for names in index["names"]]
    return records, index["notes"]


def _packed(array):
    """An array as it is; strings as all of their bytes and where each ends."""
    if array.dtype.kind != "O":
        return [array]
    strings = [x.encode() if isinstance(x, str) else x for x in array.ravel().tolist()]
    ends = np.cumsum([len(x) for x in strings], dtype="int64").reshape(array.shape)
    return [np.frombuffer(b"".join(strings), "uint8"), ends]


def _strings(content, ends):
    content = content.tobytes()
    strings, start = np.empty(ends.size, object), 0
    for i, end in enumerate(ends.ravel().tolist()):
        strings[i], start = content[start:end], end
    return strings.reshape(ends.shape)
