"""Tags of words, for any number of tasks, by gates or routes that can be read."""

from modzoo.applications.interface import Texts
from modzoo.lazy import lazy_attributes

MODELS = ("Tagger",)
CLASSES = (
    "BiLSTM",
    "CharacterTokenizer",
    "Tagger",
    "TaggingBackbone",
    "TaggingPreprocessor",
    "WordEncoder",
)
INPUT = Texts()
OUTPUT = None
EXAMPLE = "outlawed in South Africa"
HELP = {
    "predict": "The tags of the words of each TEXT, which stand between spaces.",
    "explain": "Which units, or sub-encoders, served which task at each word of TEXT.",
}
LAYOUT = {
    "word_encoder/embedding": (None, "model"),
    ".*bilstm/(recurrent_)?kernel": (None, None, "model"),
    "task_gate/(state|word)_kernel": (None, "model"),
    r"\w+_hidden/kernel": (None, "model"),
    r"\w+_logits/kernel": ("model", None),
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "BalancedSentences": "labelled_sentences",
        "BiLSTM": "bilstm",
        "CharacterTokenizer": "tokenizer",
        "LabelledSentences": "labelled_sentences",
        "ModelSettings": "settings",
        "Options": "settings",
        "Tagger": "model",
        "TaggingBackbone": "backbone",
        "TaggingPreprocessor": "preprocessor",
        "TaggingTrainingSettings": "settings",
        "WordEncoder": "word_encoder",
        "build_tagger": "build",
        "cut_remarks": "inference",
        "draw": "inference",
        "draw_inspection": "inspection",
        "evaluate": "evaluation",
        "explain": "inference",
        "in_pieces": "inference",
        "inspect": "inspection",
        "inspection_lines": "inspection",
        "load_code_mixed": "code_mixed",
        "load_sentences": "data",
        "most_frequent_tags": "baseline",
        "parts": "inference",
        "predict": "inference",
        "predict_tags": "inference",
        "require_tasks": "data",
        "save_plots": "inspection",
        "routing_callbacks": "objectives",
        "tag_losses": "objectives",
        "tag_metrics": "objectives",
        "servable": "serving",
        "without": "inference",
    },
)
