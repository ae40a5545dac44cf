"""Sentiment of sentences: a multi-input RIM over tokens and sentiment lexica."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "SentimentBackbone": "backbone",
        "SentimentClassifier": "classifier",
        "SentimentPreprocessor": "preprocessing",
        "SentimentTokenizer": "preprocessing",
        "disable": "inference",
        "evaluate": "inference",
        "explain": "inference",
        "load_lexica": "sources",
        "load_split": "data",
        "predict": "inference",
    },
)
