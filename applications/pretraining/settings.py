from dataclasses import dataclass

from modzoo.applications.mechanism_settings import MechanismSettings
from modzoo.errors import CallError
from modzoo.training import setting

ACTIVATIONS = ("relu", "gelu")


@dataclass(frozen=True)
class ModelSettings(MechanismSettings):
    """What a trained model of text has fixed."""

    vocabulary_size: int = setting(8000, "most word pieces, the special ones among them")
    max_length: int = setting(128, "most word pieces of a sequence")
    width: int = setting(192, "width of the states")
    intermediate_dim: int = setting(768, "width of the feed-forward maps")
    num_heads: int = setting(6, "heads of the attention")
    activation: str = setting("relu", "activation of the feed-forward maps: relu or gelu")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(8, "vocabulary_size", "max_length")
        self.require_at_least(1, "intermediate_dim")
        self.require_one_of(ACTIVATIONS, "activation")
        if self.intermediate_dim % self.num_mechanisms:
            raise CallError(
                "--intermediate-dim must be divisible by --num-mechanisms; received "
                f"{self.intermediate_dim} and {self.num_mechanisms}."
            )


MODELS = {
    "bert": {"width": 180, "intermediate_dim": 720, "num_mechanisms": 1},
    "no_competition": {"competition": False},
}
PAPER = {
    "vocabulary_size": 32_678,
    "max_length": 512,
    "num_layers": 12,
    "dropout": 0.1,
    "activation": "gelu",
}
PAPER_MODELS = {
    "paper": {**PAPER, "width": 1024, "intermediate_dim": 4096, "num_heads": 16},
    "paper_bert_110m": {
        **PAPER,
        "width": 768,
        "intermediate_dim": 3072,
        "num_heads": 12,
        "num_mechanisms": 1,
    },
    "paper_bert_130m": {
        **PAPER,
        "width": 768,
        "intermediate_dim": 4096,
        "num_heads": 12,
        "num_mechanisms": 1,
    },
}
