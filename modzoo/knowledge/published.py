"""Where files are that their authors publish and no package carries."""

import contextlib
import os
from contextvars import ContextVar
from pathlib import Path

from modzoo.errors import CallError

MOST_FOLDERS = 3
_FOLDERS = ContextVar("folders")


@contextlib.contextmanager
def looking_in(**folders):
    """Sources that are loaded within look for their published files in these folders.

    Args:
        **folders: `gazetteers`, or whatever else files hold: the folder, or None, which changes
            nothing.
    """
    given = {what: folder for what, folder in folders.items() if folder is not None}
    token = _FOLDERS.set({**_FOLDERS.get({}), **given})
    try:
        yield
    finally:
        _FOLDERS.reset(token)


def folder_of(what):
    """The folder that `looking_in` names for `what`, else the environment variable, as
    `MODZOO_GAZETTEERS`; else None."""
    return _FOLDERS.get({}).get(what) or os.environ.get(f"MODZOO_{what.upper()}") or None


def find_file(folder, patterns, what):
    """The first file in `folder`, of `what`, or up to `MOST_FOLDERS` below it, that has the first
    pattern possible; None without one."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CallError(f"There is no folder of {what} {folder}.")
    for pattern in patterns:
        for depth in range(MOST_FOLDERS + 1):
            files = [path for path in folder.glob("*/" * depth + pattern) if path.is_file()]
            if files:
                return min(files)
    return None
