"""Knowledge sources: tokens, lexica, and the alignment of annotations with tokens."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "align": "alignment",
        "Lexicon": "lexicon",
        "learn_pmi_lexicon": "pmi",
        "load_lexicon": "lexicon",
        "score_table": "alignment",
        "normal_words": "styles",
        "normalize_tweet": "tweets",
        "split_review": "tokenization",
        "split_tweet": "tweets",
        "split_words": "styles",
    },
)
