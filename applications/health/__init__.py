"""What texts say of drugs and diseases: a multi-input RIM over tokens and medical gazetteers."""

from modzoo.applications.interface import Texts
from modzoo.lazy import lazy_attributes

MODELS = ("HealthClassifier",)
CLASSES = (
    "AnnotatedWordDropout",
    "CategoryEmbedding",
    "HealthBackbone",
    "HealthClassifier",
    "HealthPreprocessor",
    "HealthTokenizer",
)
INPUT = Texts()
OUTPUT = None
EXAMPLE = "Severe headaches began after two days of ibuprofen"
HELP = {
    "predict": "The label of each TEXT and its probability.",
    "explain": "How much of each word of TEXT each module took in, and which terms cover it.",
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
        "HealthBackbone": "model",
        "HealthClassifier": "model",
        "HealthPreprocessor": "model",
        "HealthTokenizer": "model",
        "HealthTrainingSettings": "settings",
        "ModelSettings": "settings",
        "Options": "..annotated_texts.settings",
        "adam": "..annotated_texts.language_model",
        "build_classifier": "build",
        "cut_remarks": "..annotated_texts.inference",
        "draw": "..annotated_texts.inference",
        "draw_inspection": "..annotated_texts.inspection",
        "evaluate": "evaluation",
        "explain": "..annotated_texts.inference",
        "inspect": "..annotated_texts.inspection",
        "inspection_lines": "..annotated_texts.inspection",
        "load_ade_texts": "data",
        "load_birth_defects": "data",
        "load_intake": "data",
        "parts": "..annotated_texts.inference",
        "predict": "..annotated_texts.inference",
        "save_plots": "..annotated_texts.inference",
        "servable": "serving",
        "without": "..annotated_texts.inference",
    },
)
