"""Sentiment of sentences: a multi-input RIM over tokens and sentiment lexica."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "SentimentBackbone": "backbone",
        "SentimentClassifier": "model",
        "SentimentPreprocessor": "preprocessor",
        "SentimentSettings": "settings",
        "SentimentTokenizer": "tokenizer",
        "build_classifier": "build",
        "class_scores": "sources",
        "disable": "inference",
        "evaluate": "inference",
        "explain": "inference",
        "load_reviews": "data",
        "load_scored": "data",
        "load_tweets": "data",
        "predict": "inference",
    },
)
