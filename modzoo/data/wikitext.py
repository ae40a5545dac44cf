"""WikiText: articles of Wikipedia, of which a line ` = Title = ` begins one (Merity et al., 2016).

Numbers and compounds are parted by `@`, as in `3 @.@ 50`, and rare words are `<unk>`.
"""

import html
import re

from modzoo.data.passages import USUAL, text_lines

TITLE = re.compile(r"= (?!=)[^=]+ =( |$)")
PARTED = re.compile(r" ?@ ?([-.,]) ?@ ?")
NO_WORD = re.compile(r"< ?unk ?>")
UNKNOWN = "[UNK]"


def is_wikitext(file, fallback=None):
    """Whether a `DataFile` begins with a title."""
    first = next((line for _, line in text_lines(file, fallback) if line), "")
    return bool(TITLE.match(first))


def read_articles(file, fallback=None):
    """The passages of a `DataFile`, each with where its article begins: a share of the file's lines
    in `[0, 1)`.

    `fallback` is the encoding of lines that are not UTF-8. In the passages what was parted is whole
    again, and an unknown word is `UNKNOWN`.
    """
    count = sum(1 for _ in file.lines(fallback))
    held, size, start = [], 0, 0
    for number, line in text_lines(file, fallback):
        is_title = TITLE.match(line)
        is_full = size >= USUAL and not line.startswith("@ ")  # where a number was parted
        if held and (is_title or is_full):
            yield start / count, _mended(held)
            held, size = [], 0
        if is_title:
            start = number - 1
        if line:
            held.append(line)
            size += len(line) + 1
    if held:
        yield start / count, _mended(held)


def _mended(lines):
    return NO_WORD.sub(UNKNOWN, PARTED.sub(r"\1", html.unescape(" ".join(lines))))
