"""Data folders as they are published: files, or files within a zip."""

import os
from dataclasses import dataclass
from pathlib import Path

from modzoo.errors import CallError, some_of
from modzoo.files import opened_zip, read_bytes, read_lines, read_member, text_lines

PACKED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")


@dataclass(frozen=True)
class DataFile:
    """A file of a data folder; `member` is its name within the zip `path`, if it is in one."""

    path: Path
    member: str | None = None

    def __str__(self):
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    def read(self):
        if self.member is None:
            return read_bytes(self.path)
        with opened_zip(self.path) as archive:
            return read_member(archive, self.member, self)

    def lines(self, fallback=None):
        """The numbered lines of a text, empty ones too (see `read_lines`)."""
        if self.member is None:
            return read_lines(self.path, True, fallback)
        return text_lines(self.read(), self, True, fallback)


def data_files(folder):
    """The files of a folder and of the zips in it, `{name without folders: DataFile}`.

    A file that was unpacked into a folder of its own name is found too.
    """
    folder = require_folder(folder)
    found = {}
    for path in visible(folder):
        if path.is_file() and not _is_zip(path):
            found[path.name] = DataFile(path)
    for path in visible(folder):
        if (path / path.name).is_file():
            found.setdefault(path.name, DataFile(path / path.name))
        elif path.is_file() and _is_zip(path):
            with opened_zip(path) as archive:
                members = archive.namelist()
            for member in members:
                if not member.startswith("__MACOSX") and not member.endswith("/"):
                    found.setdefault(Path(member).name, DataFile(path, member))
    return found


def one_of(files, names):
    """The one of `files` that has one of several names; None without one, raises with more."""
    there = [files[name] for name in names if name in files]
    if len(there) > 1:
        raise CallError(f"There are {' and '.join(map(str, there))} for one split; leave one.")
    return there[0] if there else None


def require_folder(folder, layout=None):
    """`folder` as a path; raises unless it is a folder. The message shows the `layout`."""
    folder = Path(folder)
    expected = f"; expected a folder with {layout}." if layout else "."
    if folder.is_file():
        raise CallError(f"{folder} is a file, no data folder{expected}{unpack_hint([folder])}")
    if not folder.is_dir():
        raise CallError(f"There is no data folder {folder}{expected}")
    return folder


def visible(folder):
    """What lies in a folder, in order, but for hidden files."""
    try:
        return [path for path in sorted(Path(folder).iterdir()) if not path.name.startswith(".")]
    except OSError as error:
        raise CallError(f"Cannot read {folder}: {error.strerror}.") from error


def hint(folder, is_wanted):
    """What to do about files that are not where they are looked for, for the end of a sentence.

    Args:
        folder: The folder that was looked into.
        is_wanted: Function of a file's name, whether it is one of them.

    Returns:
        A sentence on the folder within `folder` that has such files, else on packed ones in
        it; or an empty string.
    """
    inside = visible(folder)
    for path in inside:
        readable = path.is_dir() and os.access(path, os.R_OK)
        if readable and any(is_wanted(file.name) for file in visible(path)):
            return f" Such files are in {path}: give that folder."
    return unpack_hint(inside)


def unpack_hint(paths):
    packed = [path.name for path in paths if path.is_file() and _is_packed(path)]
    return f" Unpack {some_of(packed)} first." if packed else ""


def _is_zip(path):
    return path.suffix.lower() == ".zip"


def _is_packed(path):
    return path.suffix.lower() in PACKED
