from dataclasses import dataclass

from modzoo.applications.sentiment.sources import SOURCES, check_sources
from modzoo.errors import CallError
from modzoo.training import TrainingSettings, setting
from modzoo.training.settings import flag

CELLS = ("lstm", "gru", "simple_rnn")


@dataclass(frozen=True)
class SentimentSettings(TrainingSettings):
    """What the sentiment recipes have in common."""

    batch_size: int = setting(64, "examples a step")
    learning_rate: float = setting(2e-3, "first step size of Adam, which falls to 0 as a cosine")
    sources: tuple[str, ...] = setting(
        ("token", "afinn", "vader"), f"sources, one module each, of {', '.join(SOURCES)}", "model"
    )
    lexica: str | None = setting(
        None, "folder of published lexica: mpqa, nrc, opinion", "model", is_path=True
    )
    num_active: int | None = setting(None, "modules active at each step (all)", "model")
    token_cell: str = setting(
        "lstm", "kind of the modules of token and pos: lstm, gru, simple_rnn", "model"
    )
    lexicon_cell: str = setting("lstm", "kind of the lexica's modules", "model")
    units: int = setting(64, "width of each module's state", "model")
    embedding_dim: int = setting(100, "width of the word embedding", "model")
    embedding_dropout: float = setting(0.2, "dropout of the word embedding", "model")
    dropout: float = setting(0.1, "dropout of what modules read", "model")
    word_dropout: float = setting(0.1, "share of annotated words hidden in training", "model")
    max_pooling: bool = setting(False, "judge by maxima over the words too", "model")
    min_count: int = setting(1, "occurrences a word needs to be in the vocabulary", "model")
    text_column: str | None = setting(None, "column of the text, in a csv or tsv", "data")
    label_column: str | None = setting(None, "column of the label, in a csv or tsv", "data")

    def __post_init__(self):
        super().__post_init__()
        check_sources(self.sources, self.num_active)
        self.require_at_least(1, "units", "embedding_dim", "min_count")
        self.require_shares("embedding_dropout", "dropout", "word_dropout")
        for name in ("token_cell", "lexicon_cell"):
            if getattr(self, name) not in CELLS:
                raise CallError(
                    f"{flag(name)} must be one of {', '.join(CELLS)}, "
                    f"received {getattr(self, name)!r}."
                )
