from modzoo.data.review_grammar import SIZES, generate_reviews
from modzoo.data.sst2 import load_sst2
from modzoo.errors import CallError
from modzoo.knowledge.lexicon import load_lexicon


def load_split(folder, split, limit=None):
    """Labelled reviews: a split of the GLUE SST-2 `folder`, or of the generated corpus.

    Args:
        folder: The data folder; None: reviews generated from a grammar and AFINN's words.
        split: Name of the split. None: the last labelled one.
        limit: Integer, number of examples kept. Default: all.
    """
    if folder is not None:
        return load_sst2(folder, split or "dev").limit(limit)
    split = split or "test"
    if split not in SIZES:
        raise CallError(f"The generated corpus has no split {split!r}; it has: {', '.join(SIZES)}.")
    return generate_reviews(load_lexicon("afinn").scores, split).limit(limit)
