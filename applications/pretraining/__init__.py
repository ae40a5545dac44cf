"""Language: TIM-BERT, pretrained on masked text, and what is fine-tuned from it."""

from modzoo.applications.interface import Texts
from modzoo.applications.mechanism_parts import parts as parts
from modzoo.applications.mechanism_parts import without as without
from modzoo.lazy import lazy_attributes

MODELS = ("TIMBertMaskedLM", "TIMBertClassifier")
CLASSES = (
    "LinearWarmUp",
    "TIMBertBackbone",
    "TIMBertClassifier",
    "TIMBertMaskedLM",
    "TIMBertTextPreprocessor",
    "TIMBertTokenizer",
)
INPUT = Texts()
OUTPUT = None
EXAMPLE = "the capital of [MASK] is paris"
HELP = {}
LAYOUT = {
    "token_embedding/embeddings": (None, "model"),
    "position_embedding/embeddings": (None, "model"),
    r"encoder/layer_\d+/(self_attention|communication)/kernel": (None, None, "model"),
    r"encoder/layer_\d+/(self_attention|communication)/output_kernel": (None, "model", None),
    r"encoder/layer_\d+/feedforward_intermediate/kernel": (None, None, "model"),
    r"encoder/layer_\d+/feedforward_output/kernel": (None, "model", None),
    "head/intermediate_dense/kernel": ("model", None),
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "LinearWarmUp": "learning_rate",
        "ModelSettings": "settings",
        "TIMBertBackbone": "backbone",
        "TIMBertClassifier": "classifier",
        "TIMBertMaskedLM": "masked_lm",
        "TIMBertTextPreprocessor": "text_preprocessor",
        "TIMBertTokenizer": "tokenizer",
        "build_backbone": "build",
    },
)
