"""Files read with their line numbers, and files that appear whole: written beside, then renamed."""

import csv
import io
import json
import math
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from modzoo.errors import CallError


@contextmanager
def whole_file(path):
    """Gives a path to write to, of the same suffix, that becomes `path` at the end."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.part{path.suffix}")
    yield beside
    os.replace(beside, path)


@contextmanager
def whole_folder(path):
    """Gives a new folder to write to that becomes `path` at the end."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    yield beside
    if path.exists():
        shutil.rmtree(path)
    os.replace(beside, path)


def require_writable(path):
    """Raises unless a folder `path` is there or can be made."""
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise CallError(f"{place} is a file; --out needs a folder.")
    if not os.access(place, os.W_OK):
        raise CallError(f"Cannot write to {place}.")


def read_bytes(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CallError(f"Cannot read {path}: {error.strerror}.") from error


def read_lines(path, blank=False):
    """The numbered lines of a UTF-8 text file, without their ends.

    A byte order mark and CRLF line ends are taken as they come. Lines end at `\\n` alone.

    Args:
        path: The file.
        blank: Whether empty lines count too, or are passed over.

    Raises:
        CallError: If the file cannot be read; it names file and line.
    """
    return text_lines(read_bytes(path), path, blank)


def text_lines(content, path, blank=False):
    """`read_lines` of the bytes `content`; errors name `path`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CallError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "convert the file to UTF-8."
        ) from error
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        if blank or line.strip():
            yield number, line.removesuffix("\r")


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
    """Writes dictionaries of the same keys as rows below a header."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with whole_file(path) as beside:
        beside.write_text(buffer.getvalue(), encoding="utf-8")


def save_figure(figure, path):
    """Writes a Matplotlib figure as PNG."""
    with whole_file(path) as beside:
        figure.savefig(beside, dpi=150, bbox_inches="tight", facecolor="white")
