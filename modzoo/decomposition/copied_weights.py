"""Weights in a stranger's HDF5 file, copied as far as they are numbers that lie in it."""

import math
import re

import h5py
import numpy as np

from modzoo.errors import CallError, quoted
from modzoo.training.model_file import MAX_EXPANSION

WEIGHTS = "model_weights"
NAMES = re.compile(r"(layer|weight)_names\d*|keras_version|backend")  # what Keras reads beside them
MAX_TEXTS = 2**28  # bytes of an attribute's texts, each of which may be as large as the file


def copy_weights(file, new, path):
    """Copies the weights of a model, and their names, from one open file to another.

    Returns:
        Integer, their size in bytes.

    Raises:
        CallError: If there are none, or some lie in other files, are no numbers, are there twice,
            or unpack to more than `MAX_EXPANSION` times the size of the file.
    """
    if WEIGHTS not in list(file):
        raise CallError(f"Cannot read {path}: it has no {quoted(WEIGHTS)}.")
    total, most = 0, MAX_EXPANSION * path.stat().st_size
    seen, pending = set(), [(file, WEIGHTS, new)]
    while pending:
        source, name, target = pending.pop()
        item = _item(source, name, seen, path)
        if isinstance(item, h5py.Group):
            copy = target.create_group(name)
            pending += [(item, inner, copy) for inner in item]
            for key in filter(NAMES.fullmatch, item.attrs):
                copy.attrs[key] = value = attribute(item, key, path)
                total += sum(map(len, np.ravel(value)))
        else:
            total += item.nbytes
        if total + _unpacked_chunk(item) > most:
            raise CallError(f"Cannot read {path}: it is packed to a small part of its size.")
        if isinstance(item, h5py.Dataset):
            target.create_dataset(name, data=item[()])
    return total


def attribute(item, name, path):
    """The text, or the array of texts, in an attribute; None where there is none."""
    if name not in item.attrs:
        return None
    described = item.attrs.get_id(name)
    count = math.prod(described.shape)
    is_text = h5py.check_string_dtype(described.dtype) is not None
    most = max(MAX_EXPANSION, MAX_TEXTS // path.stat().st_size)
    if count > most or (count and not is_text):
        raise CallError(f"Cannot read {path}: its {quoted(name)} is no text, or too many texts.")
    value = item.attrs[name]
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _unpacked_chunk(item):
    """Bytes of a chunk of an array, which HDF5 unpacks whole whatever the array is."""
    chunks = getattr(item, "chunks", None)
    return math.prod(chunks) * item.dtype.itemsize if chunks else 0


def _item(group, name, seen, path):
    """A group or an array of numbers that lies in the file itself."""
    is_own = isinstance(group.get(name, getlink=True), h5py.HardLink)
    item = group[name] if is_own else None
    is_array = isinstance(item, h5py.Dataset)
    if not is_own or (is_array and (item.is_virtual or item.external)):
        raise CallError(f"Cannot read {path}: its {quoted(name)} lies in other files.")
    if not (isinstance(item, h5py.Group) or (is_array and item.dtype.kind in "biuf")):
        raise CallError(f"Cannot read {path}: its {quoted(name)} is no array of numbers.")
    address = h5py.h5o.get_info(item.id).addr
    if address in seen:
        raise CallError(f"Cannot read {path}: its {quoted(name)} stands in it twice.")
    seen.add(address)
    return item
