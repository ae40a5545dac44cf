"""Knowledge sources: what is known of words, and how a text comes to its words."""

from modzoo.lazy import lazy_attributes

CLASSES = ("WordVectors",)  # what Keras must know to load a model
__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "Characters": "characters",
        "Elmo": "elmo",
        "FeatureCache": "feature_cache",
        "LanguageModel": "language_model",
        "Lexicon": "lexicon",
        "Material": "registry",
        "ScoreTable": "alignment",
        "Source": "source",
        "Tags": "tags",
        "Tokens": "tokens",
        "WordPieces": "word_pieces",
        "WordVectors": "word_vectors",
        "Words": "words",
        "align": "alignment",
        "check_sources": "registry",
        "class_scores": "polarity",
        "distinct": "registry",
        "get": "registry",
        "cache_folder": "feature_cache",
        "learn_pmi_lexicon": "pmi",
        "learn_tag_vectors": "tag_vectors",
        "load_lexicon": "lexicon",
        "load_pretrained": "pretrained",
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
