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
    "TIMBertMaskedLMPreprocessor",
    "TIMBertTextPreprocessor",
    "TIMBertTokenizer",
    "WordPieceCrossEntropy",
)
INPUT = Texts()
OUTPUT = None
EXAMPLE = "the capital of [MASK] is paris"
HELP = {
    "predict": "What stands in the places of [MASK] in each TEXT; of a fine-tuned model the label "
    "or score of each TEXT, or of the pair of texts that a tab divides.",
    "explain": "Which mechanism took which word piece of TEXT.",
}
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
        "EncodedText": "data",
        "FineTuningSettings": "settings",
        "LinearWarmUp": "learning_rate",
        "MaskedTrainingSettings": "settings",
        "ModelSettings": "settings",
        "Options": "settings",
        "PerplexityOfLoss": "perplexity",
        "SPECIAL": "tokenizer",
        "TIMBertBackbone": "backbone",
        "TIMBertClassifier": "classifier",
        "TIMBertMaskedLM": "masked_lm",
        "TIMBertMaskedLMPreprocessor": "masked_lm_preprocessor",
        "TIMBertTextPreprocessor": "text_preprocessor",
        "TIMBertTokenizer": "tokenizer",
        "VARIANTS": "settings",
        "WordPieceCrossEntropy": "loss",
        "build_backbone": "build",
        "build_classifier": "fine_tuning",
        "build_masked_lm": "build",
        "chosen_by": "fine_tuning",
        "classifier_training": "fine_tuning",
        "draw": "by_model",
        "encode_passages": "data",
        "evaluate": "by_model",
        "explain": "by_model",
        "learn_vocabulary": "vocabulary",
        "load_judged": "judged_data",
        "load_passages": "data",
        "log_frequencies": "build",
        "masked_batches": "build",
        "masked_lm_training": "build",
        "predict": "by_model",
        "save_judging_plots": "judging",
        "save_plots": "inference",
        "servable": "by_model",
        "text_remarks": "judging",
    },
)
