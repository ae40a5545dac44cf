import io

import numpy as np

from modzoo.errors import CallError, shortened
from modzoo.files import opened_zip, read_member


def read_arrays(path, names):
    """Those arrays of a file .npz that are named, `{name: array}`.

    Raises:
        CallError: If the file cannot be read, or an array is damaged, or of Python objects.
    """
    with opened_zip(path) as archive:
        return {
            name.removesuffix(".npy"): _read_array(read_member(archive, name, path), name, path)
            for name in archive.namelist()
            if name.removesuffix(".npy") in names
        }


def _read_array(content, name, path):
    """An array of a `.npy` file, whose header says no more than there is."""
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        shape, in_columns, dtype = (
            read if version == (1, 0) else np.lib.format.read_array_header_2_0
        )(stream)
        if dtype.hasobject:
            raise ValueError("it holds Python objects")
        values = np.frombuffer(content, dtype, int(np.prod(shape, dtype=object)), stream.tell())
        return values.reshape(shape, order="F" if in_columns else "C")
    except Exception as error:  # a damaged header raises anything
        said = shortened(str(error), 200)
        raise CallError(f"Cannot read the array {name} in {path}: {said}.") from error
