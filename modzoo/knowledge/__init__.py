"""Knowledge sources: what is known of words, and how a text comes to its words."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "Characters": "characters",
        "Gazetteer": "gazetteer",
        "Lexicon": "lexicon",
        "Material": "registry",
        "ScoreTable": "alignment",
        "Source": "source",
        "Tags": "tags",
        "Tokens": "tokens",
        "Words": "words",
        "align": "alignment",
        "check_sources": "registry",
        "class_scores": "polarity",
        "distinct": "registry",
        "get": "registry",
        "learn_pmi_lexicon": "pmi",
        "learn_tag_vectors": "tag_vectors",
        "load_gazetteer": "gazetteer",
        "load_lexicon": "lexicon",
        "looking_in": "published",
        "make_sources": "registry",
        "normal_words": "styles",
        "normalize_tweet": "tweets",
        "padded_words": "words",
        "poles": "polarity",
        "source_names": "registry",
        "split_review": "tokenization",
        "split_tweet": "tweets",
        "split_words": "styles",
    },
)
