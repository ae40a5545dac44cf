"""Sentiment of sentences: a multi-input RIM over tokens and sentiment lexica."""

from modzoo.applications.annotated_texts import LAYOUT as LAYOUT
from modzoo.applications.annotated_texts import NAMES
from modzoo.applications.interface import Texts
from modzoo.lazy import lazy_attributes

MODELS = ("SentimentClassifier",)
CLASSES = (
    "AnnotatedWordDropout",
    "CategoryEmbedding",
    "SentimentBackbone",
    "SentimentClassifier",
    "SentimentPreprocessor",
    "SentimentTokenizer",
)
INPUT = Texts()
OUTPUT = None
EXAMPLE = "the story is never dull , but the ending feels rather disappointing"
HELP = {
    "predict": "The label of each TEXT and its probability.",
    "explain": "How much of each word of TEXT each module took in, and what its source says of it.",
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        **NAMES,
        "ModelSettings": "settings",
        "SentimentBackbone": "model",
        "SentimentClassifier": "model",
        "SentimentPreprocessor": "model",
        "SentimentTokenizer": "model",
        "TextTrainingSettings": "..annotated_texts.settings",
        "build_classifier": "build",
        "evaluate": "evaluation",
        "load_reviews": "data",
        "load_scored": "data",
        "load_tweets": "data",
        "servable": "serving",
    },
)
