"""Tags of words, for any number of tasks: characters, two BiLSTMs, and gates that can be read."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "CharacterTokenizer": "tokenizer",
        "Tagger": "model",
        "TaggingBackbone": "backbone",
        "TaggingPreprocessor": "preprocessor",
        "WordEncoder": "word_encoder",
        "disable": "inference",
        "evaluate": "evaluation",
        "explain": "inference",
        "inspect": "inspection",
        "load_split": "data",
        "predict": "inference",
        "predict_tags": "inference",
        "tag_losses": "objectives",
        "tag_metrics": "objectives",
    },
)
