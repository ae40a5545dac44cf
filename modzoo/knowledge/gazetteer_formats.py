"""Readers of gazetteers as their authors publish them.

Each takes a path and yields the number of a line and a term on it.
"""

import re

from modzoo.data.tables import csv_rows, read_columns
from modzoo.errors import CallError, quoted
from modzoo.files import read_lines

MESH_NUMBER = re.compile(r"[A-Z](?:[0-9]+(?:\.[0-9]+)*)?")
DRUGBANK_COLUMNS = ("Common name", "Synonyms")


def read_list(path):
    """A term a line."""
    for number, line in read_lines(path):
        if "\t" in line:
            raise CallError(f"{path}, line {number}: expected a term alone, found {quoted(line)}.")
        yield number, line


def read_drugbank(path):
    """DrugBank's vocabulary: a table with `;` or `,` between its columns, which a line of other
    names may precede; synonyms are divided by ` | `."""
    lines = [*read_lines(path, blank=True)]
    head = next((i for i, (_, line) in enumerate(lines[:2]) if _is_header(line)), None)
    if head is None:
        raise CallError(
            f"{path}, line 1: expected a header with the columns {' and '.join(DRUGBANK_COLUMNS)}, "
            f"found {quoted(lines[0][1]) if lines else 'an empty file'}."
        )
    delimiter = ";" if lines[head][1].count(";") > lines[head][1].count(",") else ","
    rows = csv_rows(lines, path, delimiter)
    rows = [(number, cells) for number, cells in rows if number > lines[head][0]]
    places = [lines[head][1].split(delimiter).index(column) for column in DRUGBANK_COLUMNS]
    for number, cells in rows:
        if len(cells) <= max(places):
            raise CallError(
                f"{path}, line {number}: found {len(cells)} columns, the header names "
                f"{lines[head][1].count(delimiter) + 1}."
            )
        name, synonyms = (cells[place] for place in places)
        for term in (name, *synonyms.split(" | ")):
            if term.strip():
                yield number, term


def read_adr(path):
    """The lexicon of adverse drug reactions: `UMLS id<TAB>term<TAB>source`."""
    for number, (_, term, _) in read_columns(path, ["UMLS id", "term", "source"]):
        yield number, term


def read_mesh(path, root):
    """The headings of MeSH's tree `heading;number` at the tree number `root` and below it; of an
    inverted one, as `Abortion, Spontaneous`, also what it is said as, `Spontaneous Abortion`."""
    deepest, found = "", False
    for number, line in read_lines(path):
        heading, _, place = map(str.strip, line.rpartition(";"))
        if not heading or not MESH_NUMBER.fullmatch(place):
            raise CallError(
                f"{path}, line {number}: expected a heading, a semicolon and a tree number, as in "
                f"Stillbirth;C13.703.223.650; found {quoted(line)}."
            )
        if is_below(place, root):
            found = True
            yield number, heading
            if ", " in heading:
                yield number, " ".join(reversed(heading.split(", ")))
        elif is_below(root, place):
            deepest = max(deepest, place, key=len)
    if not found:
        near = f"; the deepest above it is {deepest}" if deepest else ""
        raise CallError(
            f"{path} has no tree number {root}{near}. Numbers change from year to year."
        )


def is_below(place, root):
    """Whether a MeSH tree number is `root` or below it; `C` alone is above all of its trees."""
    return place == root or place.startswith(root if len(root) == 1 else f"{root}.")


def _is_header(line):
    return all(column in re.split("[;,]", line) for column in DRUGBANK_COLUMNS)
