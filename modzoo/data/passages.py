"""Running text as a stream of passages, however much there is of it."""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from modzoo.errors import CallError

USUAL = 2000  # characters; a passage that is joined of lines ends with the line that reaches them
LONGEST = 2**19  # characters of a line


@dataclass(frozen=True, eq=False)
class Passages:
    """Text in passages, read anew whenever it is iterated over.

    Attributes:
        read: Function without arguments that returns an iterator of strings, none of them blank.
        split: Name of the split.
        source: Where they are from, for people.
        most: Integer, only the first so many; None: all.
        remarks: Sentences on what was left out.
    """

    read: Callable
    split: str
    source: str
    most: int | None = None
    remarks: tuple = ()

    def __iter__(self):
        return itertools.islice(self.read(), self.most)

    def __len__(self):
        return self._counts[0]

    @property
    def summary(self):
        """How much there is, for people."""
        passages, words = self._counts
        return f"{passages:,} passages, {words:,} words"

    @functools.cached_property
    def _counts(self):
        passages = words = 0
        for text in self:
            passages, words = passages + 1, words + len(text.split())
        return passages, words

    def limit(self, count):
        """The first `count` passages; all of them for None."""
        return replace(self, most=count)

    def followed_by(self, others):
        """These passages, then those of a list of others."""
        parts = [self, *others]
        source = ", ".join(dict.fromkeys(part.source for part in parts))
        remarks = tuple(dict.fromkeys(remark for part in parts for remark in part.remarks))
        return replace(
            self, read=lambda: itertools.chain(*parts), source=source, most=None, remarks=remarks
        )


def require_passages(passages):
    """`passages`; raises if there are none."""
    if next(iter(passages), None) is None:
        raise CallError(
            f"{passages.source} holds no text for the split {passages.split!r}; give more of it."
        )
    return passages


def text_lines(file, fallback=None):
    """The numbered lines of a `DataFile`, blank ones too, without spaces at their ends.

    Args:
        file: `DataFile`.
        fallback: Encoding of lines that are not UTF-8. Default: there must be none.

    Raises:
        CallError: If a line is no text, or of more than `LONGEST` characters; it names file and
            line.
    """
    for number, line in file.lines(fallback):
        if len(line) > LONGEST:
            raise CallError(
                f"{file}, line {number}: the line has {len(line):,} characters, and at most "
                f"{LONGEST:,} are read; divide it into lines, one for each paragraph."
            )
        yield number, line.strip()


def joined(lines):
    """Passages of lines, which end at a blank line, or at one that makes them `USUAL` long."""
    held, size = [], 0
    for line in lines:
        if line:
            held.append(line)
            size += len(line) + 1
        if held and (not line or size >= USUAL):
            yield " ".join(held)
            held, size = [], 0
    if held:
        yield " ".join(held)
