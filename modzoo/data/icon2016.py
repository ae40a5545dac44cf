"""Code-mixed posts of social media with POS and language tags: the ICON 2016 contest."""

import functools
import re
import sys

from modzoo.data.splits import SPLITS, hash_split, require_some, require_split
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError, quoted

FILE = re.compile(r"(FB|TWT|WA)_[A-Z]{2}_EN_CR\.txt")  # Facebook, Twitter, WhatsApp; coarse tags


def load_icon2016(files, split):
    """A split of the posts of all files: `pos` and `language`.

    A word, its language and its POS tag stand in a line, with tabs between; every line is a
    word, those that begin with `#` are hashtags. The set publishes no split; a hash of the post's
    words makes one. Posts of the same words are read once.
    """
    split = require_split(split or "test", SPLITS, "The set of code-mixed posts")
    files = tuple(files[name] for name in sorted(files) if FILE.fullmatch(name))
    posts, repeated = _posts(files)
    chosen = [post for post in posts if hash_split(" ".join(post[0])) == split]
    chosen = require_some(chosen, ", ".join(map(str, files)), split, "post's words")
    tokens, languages, pos = (list(column) for column in zip(*chosen, strict=True))
    remark = f"Code-mixed posts that repeat others and are left out: {repeated}."
    return TaggedSentences(
        tokens,
        {"pos": pos, "language": languages},
        split,
        "code-mixed posts (ICON 2016)",
        remarks=(remark,) if repeated else (),
    )


@functools.lru_cache(maxsize=1)
def _posts(files):
    """Distinct posts, `(words, languages, POS tags)`, and how many others repeat one of them."""
    posts, number = {}, 0
    for file in files:
        post = []
        for line_number, line in [*file.lines(), (0, "")]:
            if line.strip():
                post.append(_cells(file, line_number, line))
            elif post:
                words, languages, pos = (list(column) for column in zip(*post, strict=True))
                posts.setdefault(tuple(words), (words, languages, pos))
                number += 1
                post = []
    return list(posts.values()), number - len(posts)


def _cells(file, number, line):
    cells = [sys.intern(cell.strip(" ")) for cell in line.split("\t")]
    if len(cells) != 3 or not all(cells):
        raise CallError(
            f"{file}, line {number}: expected a word, its language and its tag with tabs between, "
            f"found {quoted(line)}."
        )
    return cells
