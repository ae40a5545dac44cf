"""The knowledge sources a sentiment model can read, by their names on the command line."""

from modzoo.errors import CallError
from modzoo.knowledge.lexicon import load_lexicon

# Width of a source's annotation of one token: a lexicon's are score and presence. (The
# tokens' is the embedding's.)
ANNOTATION_DIMS = {"afinn": 2, "vader": 2}
SOURCES = ("token", *ANNOTATION_DIMS)


def check_sources(sources, num_active=None):
    """Raises unless `sources` are known, distinct and include the tokens, and so many modules,
    one for each source, can be active."""
    for source in sources:
        if source not in SOURCES:
            raise CallError(f"There is no source {source!r}; there is: {', '.join(SOURCES)}.")
    if len(set(sources)) != len(sources) or "token" not in sources:
        raise CallError(
            "The sources must be distinct and include the tokens, as in token,afinn; "
            f"received {','.join(sources)!r}."
        )
    if num_active is not None and not 1 <= num_active <= len(sources):
        raise CallError(
            "Between 1 and all modules can be active, and each source has one; received "
            f"num_active={num_active}, num_modules={len(sources)}."
        )


def load_lexica(sources):
    """The lexica among `sources`, as a list of `modzoo.knowledge.Lexicon`."""
    return [load_lexicon(source) for source in sources if source != "token"]
