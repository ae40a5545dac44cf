import hashlib
import logging
import os
import secrets
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np

from modzoo.errors import CallError

LOGGER = logging.getLogger("modzoo")
SUFFIX = ".features"
MAGIC = b"modzoo features 1\n"
HEADER = struct.Struct(f"<{len(MAGIC)}sIIB16s")  # magic, words, width, bytes a number, digest
DTYPES = {2: np.dtype("<f2"), 4: np.dtype("<f4")}
KEPT = 0.9  # of the limit, when the oldest go


def cache_folder():
    """The user's folder for what can be computed anew: `$MODZOO_CACHE`, else
    `$XDG_CACHE_HOME/modzoo`, else `~/.cache/modzoo`."""
    own = os.environ.get("MODZOO_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "modzoo")


class FeatureCache:
    """Arrays on disk, one file for each, that a frozen language model need not compute again.

    A file appears whole, and holds a digest of its numbers: a process that is killed leaves
    nothing half-written, several may use a folder at once, and a damaged file counts as none.
    Nothing in a file is executed.

    Args:
        folder: The folder, which is made.
        max_bytes: Integer, most bytes of all files; beyond it the oldest go.
        dtype: `"float16"` or `"float32"`, as which numbers are kept.
    """

    def __init__(self, folder, max_bytes=8 * 2**30, dtype="float16"):
        self.folder = Path(folder)
        self.max_bytes = max_bytes
        self.dtype = np.dtype(dtype)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CallError(f"Cannot write to {self.folder}: {error.strerror}.") from error
        self._bytes = sum(size for _, size, _ in self._files())
        self._has_warned = False

    def read(self, key, width):
        """The array `(words, width)` of a key, float32, or None."""
        try:
            content = self._path(key).read_bytes()
            magic, words, columns, size, digest = HEADER.unpack_from(content)
            numbers = memoryview(content)[HEADER.size :]
            if magic != MAGIC or columns != width or len(numbers) != words * columns * size:
                return None
            if _digest(numbers) != digest:
                return None
            return np.frombuffer(numbers, DTYPES[size]).reshape(words, columns).astype("float32")
        except (OSError, struct.error, KeyError):
            return None

    def write(self, key, array):
        """Keeps an array `(words, width)`."""
        numbers = np.ascontiguousarray(array, self.dtype.newbyteorder("<")).tobytes()
        header = HEADER.pack(MAGIC, *array.shape, self.dtype.itemsize, _digest(numbers))
        path = self._path(key)
        beside = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            path.parent.mkdir(exist_ok=True)
            beside.write_bytes(header + numbers)
            os.replace(beside, path)
        except OSError as error:  # a full disk, or another process that cleared the folder
            with suppress(OSError):
                beside.unlink()
            self._warn(f"Cannot write to {self.folder}: {error.strerror}; vectors are not kept.")
            return
        self._bytes += len(header) + len(numbers)
        if self._bytes > self.max_bytes:
            self._shrink()

    def rounded(self, array):
        """Numbers as they come back from the cache."""
        return array.astype(self.dtype).astype("float32")

    def _shrink(self):
        files = sorted(self._files())
        self._bytes = sum(size for _, size, _ in files)
        if self._bytes <= self.max_bytes:
            return
        self._warn(
            f"The cache of language-model vectors in {self.folder} has reached "
            f"{self.max_bytes / 2**30:.3g} GB, the oldest go; --lm-cache-gb allows more."
        )
        for _, size, path in files:
            if self._bytes <= KEPT * self.max_bytes:
                break
            with suppress(OSError):  # another process was first
                os.unlink(path)
            self._bytes -= size

    def _warn(self, sentence):
        if not self._has_warned:
            self._has_warned = True
            LOGGER.warning(sentence)

    def _files(self):
        """Time of writing, size and path of the files, also of those that a kill left behind."""
        for folder in os.scandir(self.folder):
            if len(folder.name) != 2 or not folder.is_dir(follow_symlinks=False):
                continue
            for file in os.scandir(folder):
                if file.name.endswith((SUFFIX, ".part")):
                    with suppress(OSError):
                        stat = file.stat(follow_symlinks=False)
                        yield stat.st_mtime_ns, stat.st_size, file.path

    def _path(self, key):
        return self.folder / key[:2] / f"{key[2:]}{SUFFIX}"


def _digest(numbers):
    return hashlib.blake2b(numbers, digest_size=16).digest()
