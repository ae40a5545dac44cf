"""The codes in which corpora mark spans of words, such as entities, all read as IOB2."""

import re
import sys

LETTERS = "BIMELSUW"  # begins; goes on (M: middle); ends (L: last); is single (U: unit, W: whole)
BEGINS, ENDS = set("BSUW"), set("ELSUW")
BARE_KIND = "span"  # of codes without kinds
# How a tag is written, by the code: `B-PER`, `B_PER`, `PER-B`, `PER_B`, and `B` alone. BMEWO+ says
# of a word outside what is beside it: `O_PER`, `PER_O`, `PER_O_LOC`.
CODES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"O|(?P<letter>[{LETTERS}])-(?P<kind>.+)",
        rf"O|(?-i:(?:.+_)?O(?:_.+)?)|(?P<letter>[{LETTERS}])_(?P<kind>.+)",
        rf"O|(?P<kind>.+)-(?P<letter>[{LETTERS}])",
        rf"O|(?P<kind>.+)_(?P<letter>[{LETTERS}])",
        rf"O|(?P<letter>[{LETTERS}])",
    )
]
BRACKETS = re.compile(r"(?:\((?P<kind>[^()*]+))?(?P<rest>\*\)?|\))")


def spans_as_iob2(rows):
    """Tags of spans as IOB2; other tags, such as POS, as they are.

    Read are IO, IOB1, IOB2, IOE1, IOE2, BIOES, BILOU, BMES, BMEWO and BMEWO+, their letters in
    upper or lower case, before or after the kind and parted from it by `-` or `_`, or alone, as
    in BioBERT's files; and brackets, as in CoNLL-2012: `(PER*`, `*`, `*)`, `(PER)`. A code is
    recognised by all tags of the column together.

    Args:
        rows: List of lists of tags, all of one column.
    """
    distinct = {tag for tags in rows for tag in tags}
    if "*" in distinct and all(BRACKETS.fullmatch(tag) for tag in distinct):
        return [_of_brackets(tags) for tags in rows]
    for code in CODES:
        matches = {tag: code.fullmatch(tag) for tag in distinct}
        if all(matches.values()) and _marks_spans(matches.values()):
            return [_of_letters([matches[tag].groupdict() for tag in tags]) for tags in rows]
    return rows


def _marks_spans(matches):
    """Whether there are spans; letters alone could be any tags, and need one for outside too."""
    letters = {match["letter"] for match in matches}
    bare = "kind" not in next(iter(matches)).groupdict()
    return letters - {None} and not (bare and None not in letters)


def _of_letters(marks):
    tags, inside = [], None
    for mark in marks:
        if mark["letter"] is None:
            tags.append("O")
            inside = None
            continue
        letter, kind = mark["letter"].upper(), mark.get("kind", BARE_KIND)
        tags.append(_tag(letter in BEGINS or inside != kind, kind))
        inside = None if letter in ENDS else kind
    return tags


def _of_brackets(marks):
    tags, inside = [], None
    for mark in marks:
        kind = BRACKETS.fullmatch(mark)["kind"]
        inside = kind or inside
        tags.append("O" if inside is None else _tag(kind is not None, inside))
        inside = None if mark.endswith(")") else inside
    return tags


def _tag(begins, kind):
    return sys.intern(f"{'B' if begins else 'I'}-{kind}")
