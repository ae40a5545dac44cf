import os
import zipfile

import numpy as np

MAX_BYTES = 64 * 2**20


def read_arrays(path, max_bytes=MAX_BYTES):
    """The arrays of an `.npz` file that a stranger may have written, `{name: array}`.

    Nothing in it is run, and it is read only if it and its arrays are as small as they say.

    Args:
        path: The file.
        max_bytes: Integer, most bytes of the file, and of its arrays together.

    Raises:
        ValueError: If it is larger, holds pickled objects, or is no such file; other errors of
            `zipfile`, `zlib` and the operating system if it cannot be read.
    """
    if os.path.getsize(path) > max_bytes:
        raise ValueError(f"it has more than {max_bytes} bytes")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if size > max_bytes:
            raise ValueError(f"its arrays have {size} bytes, more than {max_bytes}")
        for member in members:
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{member.filename} is compressed in another way than NumPy's")
            with archive.open(member) as file:
                _check_size(file, member)
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _check_size(file, member):
    """Raises unless an array's header declares the very size of what follows it."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"{member.filename} is of another version of NumPy's format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    count = int(np.prod(shape, dtype=object))
    if dtype.hasobject or file.tell() + count * dtype.itemsize != member.file_size:
        raise ValueError(f"{member.filename} is no array of the size it declares")
