from dataclasses import dataclass

from modzoo.decomposition.options import DecompositionOptions
from modzoo.errors import CallError
from modzoo.training import BaseModelSettings, Checked, TrainingSettings, setting
from modzoo.training.settings import flag

CELLS = ("lstm", "gru", "simple_rnn")
READS = ("words", "bag")
ACTIVATIONS = ("tanh", "relu")
MAX_LAYERS = 4
MAX_LENGTH = 10_000  # words; every text is filled up to the length


@dataclass(frozen=True)
class ModelSettings(BaseModelSettings):
    """What a trained monolith has fixed."""

    cell: str = setting("lstm", f"recurrent layers: {', '.join(CELLS)}")
    num_layers: int = setting(1, "recurrent layers, 1 to 4")
    units: int = setting(100, "width of each")
    activation: str = setting("tanh", f"of simple_rnn: {', '.join(ACTIVATIONS)}")
    bidirectional: bool = setting(False, "read in both directions")
    embedding_dim: int = setting(50, "width of the word embedding")
    dropout: float = setting(0.2, "dropout of word embeddings and of what the head reads")
    recurrent_dropout: float = setting(0.0, "units that others do without in training, of decoders")
    reads: str = setting("words", "words one by one, or all of them as a bag in one step")
    max_length: int = setting(15, "words at which texts are cut, 10,000 at most")
    max_words: int = setting(10_000, "most frequent words to know")
    min_count: int = setting(1, "occurrences a word needs to be known")

    def __post_init__(self):
        super().__post_init__()
        self.require_one_of(CELLS, "cell")
        self.require_one_of(ACTIVATIONS, "activation")
        self.require_one_of(READS, "reads")
        self.require_at_least(1, "num_layers", "units", "embedding_dim", "max_length")
        self.require_at_least(1, "max_words", "min_count")
        for name, most in (("num_layers", MAX_LAYERS), ("max_length", MAX_LENGTH)):
            value = getattr(self, name)
            if value > most:
                raise CallError(f"{flag(name)} must be at most {most:,}, received {value:,}.")
        self.require_shares("dropout", "recurrent_dropout")


@dataclass(frozen=True)
class DecompositionSettings(DecompositionOptions, TrainingSettings):
    """How monoliths are trained, and taken apart."""

    epochs: int = setting(20, "most epochs to train")
    batch_size: int = setting(32, "examples a step")
    learning_rate: float = setting(2e-3, "step size of Adam")
    patience: int = setting(3, "epochs without a better validation figure before training stops")


@dataclass(frozen=True)
class ReuseSettings(DecompositionSettings):
    """Where modules are used elsewhere too."""

    pairs: int = setting(0, "pairs of modules to reuse, each beside a model of the two classes")
    better: str | None = setting(
        None, "run or preset of the same classes, whose modules replace this one's", is_path=True
    )

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(0, "pairs")


@dataclass(frozen=True)
class Options(Checked):
    """There is nothing to choose when a text is judged."""
