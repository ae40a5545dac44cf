from dataclasses import dataclass

from modzoo.applications.mechanism_settings import MechanismSettings
from modzoo.errors import CallError
from modzoo.training import Checked, TrainingSettings, setting

ACTIVATIONS = ("relu", "gelu")
POOLING = ("mean", "first")


@dataclass(frozen=True)
class ModelSettings(MechanismSettings):
    """What a trained model of text has fixed."""

    vocabulary_size: int = setting(8000, "most word pieces, the special ones among them")
    max_length: int = setting(128, "most word pieces of a sequence")
    width: int = setting(192, "width of the states")
    intermediate_dim: int = setting(768, "width of the feed-forward maps")
    num_heads: int = setting(6, "heads of the attention")
    activation: str = setting("relu", "activation of the feed-forward maps: relu or gelu")
    distance_bias: bool = setting(True, "heads attend less to what stands further off")
    normalize_first: bool = setting(True, "norms stand before the maps, and behind the last layer")

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


@dataclass(frozen=True)
class FineTuningSettings(TrainingSettings):
    """How a model is trained to judge texts, and how a table of one's own is read."""

    epochs: int = setting(4, "epochs to train, in which the step size rises and falls")
    batch_size: int = setting(32, "texts or pairs a step")
    learning_rate: float = setting(3e-4, "peak of AdamW's step size")
    warm_up_share: float = setting(0.1, "share of the steps until the peak is reached")
    weight_decay: float = setting(0.01, "weight decay of AdamW, of maps alone")
    tuning_dropout: float = setting(0.1, "dropout in this training, of the last layer too")
    pooling: str | None = setting(
        None, "what is judged: mean of the states, or the first one; default: as --from, or mean"
    )
    patience: int = setting(100, "epochs without a better validation figure before training stops")
    seeds: int = setting(1, "trainings, of as many seeds from --seed on, and their mean and median")
    text_column: str | None = setting(None, "column of the text, in a csv or tsv", is_data=True)
    pair_column: str | None = setting(None, "column of a pair's second text", is_data=True)
    label_column: str | None = setting(None, "column of the label, in a csv or tsv", is_data=True)
    skip_unlabelled: bool = setting(
        False, "leave rows of a csv or tsv out whose label is empty, NaN, N/A or null", is_data=True
    )

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "seeds")
        self.require_at_least(0, "weight_decay")
        self.require_shares("warm_up_share", "tuning_dropout")
        if self.pooling is not None:
            self.require_one_of(POOLING, "pooling")


MODELS = {
    "bert": {"width": 180, "intermediate_dim": 680, "num_mechanisms": 1},
    "no_competition": {"competition": False},
}
PAPER = {
    "vocabulary_size": 32_678,
    "max_length": 512,
    "num_layers": 12,
    "dropout": 0.1,
    "activation": "gelu",
    "distance_bias": False,
    "normalize_first": False,
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


@dataclass(frozen=True)
class MaskedTrainingSettings(TrainingSettings):
    """How a model is trained on masked text."""

    epochs: int = setting(20, "epochs to train, in which the step size rises and falls")
    batch_size: int = setting(32, "rows of --max-length word pieces a step")
    learning_rate: float = setting(1e-3, "peak of AdamW's step size")
    warm_up: int = setting(200, "steps until the peak is reached; a tenth of all at most")
    decay: float = setting(1.0, "share of the steps after that in which the step size falls to 0")
    weight_decay: float = setting(0.01, "weight decay of AdamW, of maps alone")
    accumulate: int = setting(1, "steps whose gradients are added up before weights change")
    short_epochs: int = setting(0, "first epochs, in which twice as many rows are half as long")
    patience: int = setting(100, "epochs without a better validation figure before training stops")
    more: tuple[str, ...] = setting(
        (), "folders or files of more text to train on, all of it", is_data=True, is_path=True
    )
    fallback: str | None = setting(
        None, "encoding of lines of plain text that are not UTF-8, e.g. latin-1", is_data=True
    )

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "accumulate")
        self.require_at_least(0, "warm_up", "weight_decay", "short_epochs")
        if not 0 < self.decay <= 1:
            raise CallError(f"--decay must be above 0 and at most 1, received {self.decay}.")
        if self.fallback is not None:
            _require_encoding(self.fallback)


def _require_encoding(name):
    try:
        b"a".decode(name)
    except (LookupError, ValueError) as error:
        raise CallError(
            f"--fallback must be an encoding, such as latin-1 or cp1252, received {name!r}."
        ) from error


@dataclass(frozen=True)
class Options(Checked):
    """What is shown of a text."""

    top: int = setting(5, "fillings that are shown of each [MASK]")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "top")


VARIANTS = {**MODELS, **PAPER_MODELS}
