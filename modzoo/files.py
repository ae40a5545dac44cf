"""Files read with their line numbers, and files that appear whole: written beside, then renamed."""

import codecs
import csv
import gzip
import io
import itertools
import json
import math
import os
import secrets
import shutil
import zipfile
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path

from modzoo.errors import CallError

MAX_LINE = 2**24  # bytes of a line of text, more than any book has
MAX_BYTES = 2**28  # of a file that is read at once


@contextmanager
def whole_file(path):
    """Gives a path to write to, of the same suffix, that becomes `path` at the end."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.part{path.suffix}")
    yield beside
    os.replace(beside, path)


@contextmanager
def whole_folder(path, replace=True):
    """Gives a new folder to write to that becomes `path` at the end, or is removed.

    Args:
        path: The folder. Missing parents are made, and removed again where they stay empty.
        replace: Whether a folder that is there gives way. If not, it stays and a CallError is
            raised, even if it came while this one was written.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    missing = [parent for parent in path.parents if not parent.exists()]
    try:
        _make(beside)
        yield beside
        if replace and path.exists():
            shutil.rmtree(path)
        _rename_to_new(beside, path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        with suppress(OSError):  # the first that holds something
            for parent in missing:
                parent.rmdir()
        raise


def _make(folder):
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise CallError(f"Cannot write to {folder.parent}: {error.strerror}.") from error


def _rename_to_new(folder, path):
    try:
        os.rename(folder, path)
    except OSError as error:
        if path.exists():
            raise CallError(f"{path} was written by another meanwhile, and stays.") from error
        raise CallError(f"Cannot write {path}: {error.strerror}.") from error


def require_writable(path):
    """Raises unless a folder `path` is there or can be made."""
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise CallError(f"{place} is a file; it cannot hold a folder.")
    if not os.access(place, os.W_OK):
        raise CallError(f"Cannot write to {place}.")


def read_bytes(path):
    with opened(path) as file:
        return read_stream(file, path)


@contextmanager
def opened(path):
    """A file to read bytes from; what the system says of it is a CallError."""
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise CallError(f"Cannot read {path}: {error.strerror or error}.") from error


def read_stream(stream, path):
    """All bytes of a stream, which may unpack to any number; errors name `path`."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise CallError(f"{path} holds more than {MAX_BYTES:,} bytes, which is no file to be read.")
    return content


def read_gzip(content, path):
    """What `content`, the bytes of a gzip file, unpacks to; errors name `path`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            return read_stream(stream, path)
    except (OSError, EOFError, zlib.error) as error:
        raise CallError(
            f"{path} is no whole gzip file, it is cut short or damaged ({error}); get it again."
        ) from error


@contextmanager
def opened_zip(path):
    """A `zipfile.ZipFile` to read; what is wrong with it or its members is a CallError."""
    with opened(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except CallError:
            raise
        except Exception as error:  # a damaged zip raises anything
            raise CallError(
                f"{path} is no whole zip file, it is cut short or damaged ({error}); get it again."
            ) from error


def read_member(archive, member, path):
    """The bytes of a zip's member; errors name `path`."""
    with archive.open(member) as stream:
        return read_stream(stream, path)


def read_lines(path, blank=False, fallback=None):
    """The numbered lines of a UTF-8 text file, without their ends.

    A byte order mark and CRLF line ends are taken as they come. Lines end at `\\n` alone.

    Args:
        path: The file.
        blank: Whether empty lines count too, or are passed over.
        fallback: Encoding of lines that are not UTF-8, as the published file's are in part.

    Raises:
        CallError: If the file cannot be read, or a line is no text or longer than `MAX_LINE`
            bytes; it names file and line.
    """
    with opened(path) as file:
        yield from _lines(file, path, blank, fallback)


def text_lines(content, path, blank=False, fallback=None):
    """`read_lines` of the bytes `content`; errors name `path`."""
    return _lines(io.BytesIO(content), path, blank, fallback)


def _lines(file, path, blank, fallback):
    for number in itertools.count(1):
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        if number == 1:
            _check_encoding(line, path)
        if len(line) > MAX_LINE:
            raise CallError(f"{path}, line {number}: the line has more than {MAX_LINE:,} bytes.")
        try:
            text = _decoded(line, "utf-8-sig" if number == 1 else "utf-8", fallback)
        except UnicodeDecodeError as error:
            unknown = f"neither UTF-8 nor {fallback}" if fallback else "not UTF-8"
            raise CallError(
                f"{path}, line {number}: byte 0x{line[error.start]:02x} is {unknown}; "
                "convert the file to UTF-8."
            ) from error
        if blank or text.strip():
            yield number, text.removesuffix("\n").removesuffix("\r")


def _decoded(line, encoding, fallback):
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        if fallback is None:
            raise
        return line.decode(fallback)


def _check_encoding(line, path):
    """Raises where the first line shows that lines cannot be told apart."""
    nuls = line.count(0)
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or nuls > max(1, len(line) / 3):
        raise CallError(
            f"{path}, line 1: byte 0x{line[0]:02x} is not UTF-8, the file is in UTF-16; convert "
            "it to UTF-8."
        )
    if b"\n" not in line and b"\r" in line.rstrip(b"\r"):
        raise CallError(f"{path}: its lines end in CR alone; convert them to LF.")


def to_json(value):
    """`value` as JSON for people and programs; what is not finite, of which JSON knows
    nothing, is null."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path, value):
    with whole_file(path) as beside:
        beside.write_text(to_json(value) + "\n", encoding="utf-8")


def write_csv(path, rows):
    """Writes dictionaries as rows below a header of all their keys."""
    buffer, names = io.StringIO(), dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(buffer, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with whole_file(path) as beside:
        beside.write_text(buffer.getvalue(), encoding="utf-8")


def save_figure(figure, path):
    """Writes a Matplotlib figure as PNG."""
    with whole_file(path) as beside:
        figure.savefig(beside, dpi=150, bbox_inches="tight", facecolor="white")
