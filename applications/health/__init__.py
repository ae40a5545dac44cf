"""What texts say of drugs and diseases: a multi-input RIM over tokens and medical gazetteers."""

from modzoo.applications.annotated_texts import LAYOUT as LAYOUT
from modzoo.applications.annotated_texts import NAMES
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

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        **NAMES,
        "HealthBackbone": "model",
        "HealthClassifier": "model",
        "HealthPreprocessor": "model",
        "HealthTokenizer": "model",
        "HealthTrainingSettings": "settings",
        "ModelSettings": "settings",
        "build_classifier": "build",
        "evaluate": "evaluation",
        "load_ade_texts": "data",
        "load_birth_defects": "data",
        "load_intake": "data",
        "servable": "serving",
    },
)
