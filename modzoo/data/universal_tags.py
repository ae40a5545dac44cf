"""The Brown corpus' tags as the twelve universal ones of Petrov et al. (2012), by rules.

The rules are no copy of their table, from which they depart in some tags: `ap` (many, other, last)
is ADJ there and DET here, `abl` and `abn` (such, half, all) PRT there and DET here; `pp$` and `wp$`
(his, whose) are PRON here. A compound, as `dt+bez`, mostly PRT there, is here what its first part
is.
"""

import re

# By how the tag begins, the first that fits.
BEGINNINGS = (
    ("fw-|nil", "X"),
    ("nn|np|nr", "NOUN"),
    ("vb|be|do|hv|md", "VERB"),
    ("jj|od", "ADJ"),
    (r"rb|rn|ql|wrb|wql|\*", "ADV"),
    ("pp|pn|wp", "PRON"),
    ("at|ap|dt|ab|wdt", "DET"),
    ("in|cs", "ADP"),
    ("cd", "NUM"),
    ("cc", "CONJ"),
    ("rp|to|ex|uh", "PRT"),
)


def universal_tag(tag):
    """The universal tag of one of Brown; of a compound one, as `ppss+bem`, that of its first part;
    `"."` for punctuation, `"X"` for what is foreign."""
    beginnings = (name for pattern, name in BEGINNINGS if re.match(pattern, tag))
    return next(beginnings, "X" if tag[:1].isalpha() else ".")
