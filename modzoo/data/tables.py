"""Tables in text files: tab-separated ones, whose quotes are text, and csv, whose are syntax."""

import csv
from pathlib import Path

from modzoo.data.folders import hint, require_folder
from modzoo.errors import CallError, some_of
from modzoo.files import MAX_LINE, read_lines

# What divides the columns of tables that call themselves csv or tsv.
SEPARATORS = (
    ("\t", "Tabs", "rename the file to .tsv"),
    (";", "Semicolons", "save it with commas"),
    ("|", "Bars", "save it with commas"),
    (",", "Commas", "rename the file to .csv"),
)


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
        CallError: If the file cannot be read, a column is missing from the header (`LayoutError`)
            or from a row, a row is wider than the header, or there are no rows; it names file and
            line.
    """
    separator = "comma" if _is_csv(path) else "tab"
    for number, values in table_rows(_rows_of(path), path, columns, separator):
        yield number, [value.strip() for value in values]


def table_header(path):
    """Names of the columns of a table that `read_table` reads; none of an empty file."""
    _, header = next(_rows_of(path), (1, []))
    return [name.strip() for name in header]


def table_rows(rows, path, columns, separator="comma"):
    """`read_table` of rows that are split already, the header among them, and of cells as they
    are."""
    first, header = next(rows, (1, []))
    header = [name.strip() for name in header]
    for column in columns:
        if column not in header:
            raise LayoutError(
                f"{path}, line {first}: the header needs a column {column!r}, found "
                f"{some_of(map(repr, header)) or 'an empty file'}.{_other_separator(header)}"
            )
        if header.count(column) > 1:
            raise CallError(f"{path}, line {first}: several columns are named {column!r}.")
    places = [header.index(column) for column in columns]
    last = max(places)
    empty = True
    for number, values in rows:
        if not last < len(values) <= len(header):
            raise CallError(
                f"{path}, line {number}: found {len(values)} {separator}-separated columns, the "
                f"header names {len(header)} ({some_of(header)})."
            )
        empty = False
        yield number, [values[place] for place in places]
    if empty:
        raise CallError(f"{path} holds no rows below its header.")


def _other_separator(header):
    """What to do about a header that was not divided, for the end of a sentence."""
    for character, name, advice in SEPARATORS:
        if len(header) == 1 and character in header[0]:
            return f" {name} divide it: {advice}."
    return ""


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
    folder = require_folder(folder, layout)
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise LayoutError(
            f"{folder} has no {', '.join(missing)}; expected a folder with {layout}."
            f"{hint(folder, missing.__contains__)}"
        )


class LayoutError(CallError):
    """Data that lie in other files, or in other columns, than a published set's do."""


def _is_csv(path):
    return Path(path).suffix.lower() == ".csv"


def _rows_of(path):
    return csv_rows(read_lines(path, blank=True), path) if _is_csv(path) else _tab_rows(path)


def _tab_rows(path):
    for number, line in read_lines(path):
        yield number, line.split("\t")


def csv_rows(lines, path, delimiter=","):
    """The rows of numbered lines as csv, each with the number of its first line."""
    texts = (f"{line}\n" for _, line in lines)
    reader = csv.reader(texts, strict=True, delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        limit = csv.field_size_limit(MAX_LINE)  # the process has one, that others rely on
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CallError(
                f"{path}, line {number}: the row that begins here cannot be read as csv ({error}); "
                'a value with a comma or a quote stands in quotes, and its quotes are doubled: "".'
            ) from error
        finally:
            csv.field_size_limit(limit)
        if "".join(values).strip():
            yield number, values
