"""Data folders as they are published: files, or files within a zip."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from modzoo.errors import CallError


@dataclass(frozen=True)
class DataFile:
    """A file of a data folder; `member` is its name within the zip `path`, if it is in one."""

    path: Path
    member: str | None = None

    def __str__(self):
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    def read(self):
        try:
            if self.member is None:
                return self.path.read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self.member)
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            raise CallError(f"Cannot read {self}: {error}.") from error


def data_files(folder):
    """The files of a folder and of the zips in it, `{name without folders: DataFile}`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CallError(f"There is no data folder {folder}.")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".zip":
            found[path.name] = DataFile(path)
            continue
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.namelist()
        except (OSError, zipfile.BadZipFile) as error:
            raise CallError(f"Cannot read {path}: {error}.") from error
        for member in members:
            if not member.startswith("__MACOSX") and not member.endswith("/"):
                found.setdefault(Path(member).name, DataFile(path, member))
    return found
