"""Tab-separated text files as they are published: quotes are text, not syntax."""

from pathlib import Path

from modzoo.errors import CallError
from modzoo.files import read_lines


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
    lines = read_lines(path)
    first, line = next(lines, (1, ""))
    header = line.split("\t")
    for column in columns:
        if column not in header:
            found = ", ".join(map(repr, header)) if line else "an empty file"
            raise CallError(
                f"{path}, line {first}: the header needs a column {column!r}, found {found}."
            )
    places = [header.index(column) for column in columns]
    empty = True
    for number, line in lines:
        values = line.split("\t")
        if len(values) <= max(places):
            raise CallError(
                f"{path}, line {number}: found {len(values)} tab-separated columns, "
                f"the header names {len(header)} ({', '.join(header)})."
            )
        empty = False
        yield number, [values[place].strip() for place in places]
    if empty:
        raise CallError(f"{path} holds no rows below its header.")


def require_layout(folder, files, layout):
    """Raises unless `folder` exists and holds `files`; the message shows the `layout`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CallError(f"There is no data folder {folder}; expected a folder with {layout}.")
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise CallError(f"{folder} has no {', '.join(missing)}; expected a folder with {layout}.")
