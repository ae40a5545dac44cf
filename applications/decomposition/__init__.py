"""Recurrent networks of plain Keras layers, taken apart into modules that are used elsewhere."""

from modzoo.applications.interface import Texts
from modzoo.lazy import lazy_attributes

MODELS = ("Monolith",)
CLASSES = ("Monolith",)
INPUT = Texts()
OUTPUT = None
EXAMPLE = "how much money is left in my savings account today"
HELP = {
    "predict": "What the modules say of each TEXT together, and how sure each is.",
    "explain": "Which modules said yes to TEXT, and which units each of them has.",
}
LAYOUT = {
    "embedding/embeddings": (None, "model"),
    r".*(lstm|gru|simple_rnn)_cell/(recurrent_)?kernel": (None, "model"),
    "probabilities/kernel": ("model", None),
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "DecompositionSettings": "settings",
        "Encoded": "data",
        "ModelSettings": "settings",
        "Monolith": "monolith",
        "Options": "settings",
        "ReuseSettings": "settings",
        "accuracy": "build",
        "beside_paper": "tables",
        "build_monolith": "build",
        "decomposable": "modules",
        "draw": "inference",
        "encoded": "data",
        "evaluate": "evaluating",
        "explain": "inference",
        "load_flags": "data",
        "load_intents": "data",
        "load_problems": "data",
        "load_tagged": "data",
        "load_translations": "data",
        "loss": "build",
        "parts": "asking",
        "predict": "inference",
        "replace_table": "tables",
        "replaced": "reuse",
        "require_better": "reuse",
        "reuse_table": "tables",
        "reused": "reuse",
        "save_plots": "inference",
        "servable": "serving",
        "take_apart": "modules",
        "without": "inference",
    },
)
