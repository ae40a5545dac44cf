"""A lock on a folder that ends with its process, however that ends: a kill leaves none behind."""

import errno
import os
from pathlib import Path

from modzoo.errors import CallError

LOCK = ".lock"
HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


class FolderLock:
    """Takes the folder `path`, which is made if need be, for one training until `close`.

    Where the file system knows no locks, it takes nothing.

    Raises:
        CallError: If another training, in this process or another, holds the folder.
    """

    _file = None

    def __init__(self, path):
        Path(path).mkdir(parents=True, exist_ok=True)
        self._file = os.open(Path(path, LOCK), os.O_RDWR | os.O_CREAT)
        try:
            _lock(self._file)
        except OSError as error:
            if error.errno in HELD:
                self.close()
                raise CallError(
                    f"Another training is writing to {path}; wait for its end, or name another "
                    "folder with --out."
                ) from error

    def close(self):
        """Lets go of the folder."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    __del__ = close


if os.name == "nt":
    import msvcrt

    def _lock(descriptor):
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
