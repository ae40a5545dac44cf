"""Tables in text files: tab-separated ones, whose quotes are text, and csv, whose are syntax."""

import csv
from pathlib import Path

from modzoo.errors import CallError
from modzoo.files import read_lines


def read_table(path, columns):
    """Reads columns of a table with a header line.

    A file that ends in `.csv` has commas and quotes, as Python's `csv` reads them. In any
    other tabs separate the columns, and quotes have no meaning, as in GLUE's files. A byte order
    mark, CRLF line ends and empty lines are taken as they come.

    Args:
        path: The file, UTF-8.
        columns: Names of the columns wanted.

    Yields:
        For each row its line number and the list of its values in `columns`, stripped.

    Raises:
        CallError: If the file cannot be read, a column is missing from the header or from a
            row, or there are no rows; it names file and line.
    """
    is_csv = Path(path).suffix.lower() == ".csv"
    rows = _csv_rows(path) if is_csv else _tab_rows(path)
    first, header = next(rows, (1, []))
    header = [name.strip() for name in header]
    for column in columns:
        if column not in header:
            found = ", ".join(map(repr, header)) or "an empty file"
            raise CallError(
                f"{path}, line {first}: the header needs a column {column!r}, found {found}."
            )
    places = [header.index(column) for column in columns]
    empty = True
    for number, values in rows:
        if len(values) <= max(places) or (is_csv and len(values) > len(header)):
            raise CallError(
                f"{path}, line {number}: found {len(values)} {'comma' if is_csv else 'tab'}-"
                f"separated columns, the header names {len(header)} ({', '.join(header)})."
            )
        empty = False
        yield number, [values[place].strip() for place in places]
    if empty:
        raise CallError(f"{path} holds no rows below its header.")


def read_columns(path, columns):
    """Reads a tab-separated file without a header; tabs after the last column are text.

    Args:
        path: The file, UTF-8.
        columns: What the columns hold, for people.

    Yields:
        For each row its line number and the list of its values, stripped.

    Raises:
        CallError: As `read_table`.
    """
    empty = True
    for number, line in read_lines(path):
        values = line.split("\t", len(columns) - 1)
        if len(values) < len(columns):
            raise CallError(
                f"{path}, line {number}: expected {len(columns)} tab-separated columns "
                f"({', '.join(columns)}), found {len(values)}."
            )
        empty = False
        yield number, [value.strip() for value in values]
    if empty:
        raise CallError(f"{path} holds no rows.")


def require_layout(folder, files, layout):
    """Raises unless `folder` exists and holds `files`; the message shows the `layout`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CallError(f"There is no data folder {folder}; expected a folder with {layout}.")
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise LayoutError(f"{folder} has no {', '.join(missing)}; expected a folder with {layout}.")


class LayoutError(CallError):
    """A data folder that holds other files than a published set does."""


def _tab_rows(path):
    for number, line in read_lines(path):
        yield number, line.split("\t")


def _csv_rows(path):
    lines = (f"{line}\n" for _, line in read_lines(path, blank=True))
    reader = csv.reader(lines, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CallError(
                f"{path}, line {number}: the row that begins here cannot be read as csv ({error}); "
                'a value with a comma or a quote stands in quotes, and its quotes are doubled: "".'
            ) from error
        if any(value.strip() for value in values):
            yield number, values
