"""Knowledge sources: tokens, lexica, and the alignment of annotations with tokens."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "align": "alignment",
        "Lexicon": "lexicon",
        "load_lexicon": "lexicon",
        "score_table": "alignment",
        "split_review": "tokenization",
    },
)
