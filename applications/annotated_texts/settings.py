import math
from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.knowledge import check_sources, source_names
from modzoo.training import BaseModelSettings, Checked, TrainingSettings, setting

CELLS = ("lstm", "gru", "simple_rnn")
SILENT_SOURCES = ("null", "idle")
LM_MODES = ("frozen", "fine_tuned")
LM_POOLING = ("mean", "first")
CACHE_DTYPES = ("float16", "float32")


@dataclass(frozen=True)
class AnnotatedTextSettings(BaseModelSettings):
    """What a trained classifier has fixed. Applications set sources of their own."""

    sources: tuple[str, ...] = setting(
        ("token",), f"sources, one module each, of {', '.join(source_names())}"
    )
    lexica: str | None = setting(
        None, "folder of published lexica: mpqa, nrc, opinion", is_path=True
    )
    gazetteers: str | None = setting(
        None,
        "folder of gazetteers: DrugBank's vocabulary, MeSH's tree, the ADR lexicon, lists",
        is_path=True,
        is_found_again=True,
    )
    language_model: str | None = setting(
        None,
        "language model whose vectors the tokens' module reads, in place of a trained embedding: a "
        "preset of keras_hub, a folder of one or of Hugging Face's, a SavedModel of ELMo",
        is_path=True,
    )
    lm_mode: str = setting(
        "frozen", "the language model is frozen, its vectors kept on disk, or fine_tuned"
    )
    lm_pooling: str = setting("mean", "a word's vector: mean of its pieces, or the first")
    lora_rank: int | None = setting(
        None, "rank of the maps that alone are fine-tuned in the language model (all weights)"
    )
    num_active: int | None = setting(None, "modules active at each step (all)")
    silent_sources: str | None = setting(
        None,
        "modules whose source says nothing of a word: null, reading zeros as in the paper, or "
        "idle (null if all modules are active, else idle)",
    )
    token_cell: str = setting(
        "lstm", "modules of sources that speak at every word: lstm, gru, simple_rnn"
    )
    lexicon_cell: str = setting("lstm", "modules of lexica and gazetteers")
    units: int = setting(64, "width of each module's state")
    embedding_dim: int = setting(100, "width of the word embedding")
    embedding_dropout: float = setting(0.2, "dropout of the word embedding")
    dropout: float = setting(0.1, "dropout of what modules read")
    word_dropout: float = setting(0.1, "share of annotated words hidden in training")
    category_dim: int = setting(20, "width of the vectors of gazetteers' categories")
    zero_none: bool = setting(False, "words in no gazetteer are the zero vector, not a learned one")
    max_length: int = setting(512, "words at which longer texts are cut")
    max_pooling: bool = setting(False, "judge by maxima over the words too")
    min_count: int = setting(1, "occurrences a word needs to be in the vocabulary")

    def __post_init__(self):
        super().__post_init__()
        check_sources(self.sources, self.num_active)
        self.require_at_least(
            1, "units", "embedding_dim", "category_dim", "max_length", "min_count"
        )
        self.require_shares("embedding_dropout", "dropout", "word_dropout")
        self.require_one_of(SILENT_SOURCES, "silent_sources")
        self.require_one_of(CELLS, "token_cell", "lexicon_cell")
        self.require_one_of(LM_MODES, "lm_mode")
        self.require_one_of(LM_POOLING, "lm_pooling")
        self.require_at_least(1, "lora_rank")
        if self.lora_rank is not None and (
            self.language_model is None or self.lm_mode != "fine_tuned"
        ):
            raise CallError(
                "--lora-rank is of a language model that is fine-tuned; give --language-model and "
                "--lm-mode fine_tuned."
            )


@dataclass(frozen=True)
class TextTrainingSettings(TrainingSettings):
    """How classifiers are trained, and how a table of one's own is read."""

    learning_rate: float = setting(2e-3, "first step size of Adam, which falls to 0 as a cosine")
    lm_learning_rate: float = setting(
        5e-5, "first step size at the weights of a language model that is fine-tuned"
    )
    lm_cache: str | None = setting(
        None,
        "folder for the vectors of a frozen language model ($MODZOO_CACHE, or the user's own)",
    )
    lm_cache_gb: float = setting(8.0, "most GB of vectors on disk, the oldest go; 0: none")
    lm_cache_dtype: str = setting("float16", "numbers in that folder: float16 or float32")
    text_column: str | None = setting(None, "column of the text, in a csv or tsv", is_data=True)
    label_column: str | None = setting(None, "column of the label, in a csv or tsv", is_data=True)
    skip_unlabelled: bool = setting(
        False, "leave rows of a csv or tsv out whose label is empty, NaN, N/A or null", is_data=True
    )

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(0, "lm_cache_gb")
        self.require_one_of(CACHE_DTYPES, "lm_cache_dtype")
        if not (self.lm_learning_rate > 0 and math.isfinite(self.lm_learning_rate)):
            raise CallError(
                f"--lm-learning-rate must be positive, received {self.lm_learning_rate}."
            )


@dataclass(frozen=True)
class Options(Checked):
    """There is nothing to choose when a text is judged."""
