"""Sentiment of sentences: a multi-input RIM over tokens and sentiment lexica."""

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
LAYOUT = {
    "(token|category)_embedding/embeddings": (None, "model"),
    "rim/(key|value)_kernel": (None, "model"),
    "rim/query_kernel": (None, None, "model"),
    "rim/(lstm|gru|simple_rnn)_(recurrent_)?kernel": (None, None, "model"),
    "rim/communication_(query|key|value)_kernel": (None, None, "model"),
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "AnnotatedWordDropout": "..annotated_texts.word_dropout",
        "CategoryEmbedding": "..annotated_texts.category_embedding",
        "ModelSettings": "settings",
        "Options": "..annotated_texts.settings",
        "SentimentBackbone": "model",
        "SentimentClassifier": "model",
        "SentimentPreprocessor": "model",
        "SentimentTokenizer": "model",
        "TextTrainingSettings": "..annotated_texts.settings",
        "adam": "..annotated_texts.language_model",
        "build_classifier": "build",
        "cut_remarks": "..annotated_texts.inference",
        "draw": "..annotated_texts.inference",
        "draw_inspection": "..annotated_texts.inspection",
        "evaluate": "evaluation",
        "explain": "..annotated_texts.inference",
        "inspect": "..annotated_texts.inspection",
        "inspection_lines": "..annotated_texts.inspection",
        "load_reviews": "data",
        "load_scored": "data",
        "load_tweets": "data",
        "parts": "..annotated_texts.inference",
        "predict": "..annotated_texts.inference",
        "save_plots": "..annotated_texts.inference",
        "servable": "serving",
        "without": "..annotated_texts.inference",
    },
)
