"""Tab-separated text files as they are published: quotes are text, not syntax."""

from pathlib import Path

from modzoo.errors import CallError


def read_table(path, columns):
    """Reads columns of a tab-separated file with a header line.

    Quotes have no meaning, as in GLUE's files. A byte order mark, CRLF line ends and empty
    lines are taken as they come.

    Args:
        path: The file, UTF-8.
        columns: Names of the columns wanted.

    Yields:
        For each row its line number and the list of its values in `columns`, stripped.

    Raises:
        CallError: If the file cannot be read, a column is missing from the header or from a
            row, or there are no rows; it names file and line.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CallError(f"Cannot read {path}: {error.strerror}.") from error
    lines = _decode(content, path).split("\n")
    header = lines[0].rstrip("\r").split("\t")
    for column in columns:
        if column not in header:
            found = ", ".join(map(repr, header)) if lines[0].strip() else "an empty line"
            raise CallError(f"{path}, line 1: the header needs a column {column!r}, found {found}.")
    places = [header.index(column) for column in columns]
    empty = True
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        values = line.rstrip("\r").split("\t")
        if len(values) <= max(places):
            raise CallError(
                f"{path}, line {number}: found {len(values)} tab-separated columns, "
                f"the header names {len(header)} ({', '.join(header)})."
            )
        empty = False
        yield number, [values[place].strip() for place in places]
    if empty:
        raise CallError(f"{path} holds no rows below its header.")


def _decode(content, path):
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CallError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "convert the file to UTF-8."
        ) from error


def require_layout(folder, files, layout):
    """Raises unless `folder` exists and holds `files`; the message shows the `layout`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CallError(f"There is no data folder {folder}; expected a folder with {layout}.")
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise CallError(f"{folder} has no {', '.join(missing)}; expected a folder with {layout}.")
