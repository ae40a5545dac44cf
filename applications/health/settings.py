from dataclasses import dataclass

from modzoo.applications.annotated_texts.settings import AnnotatedTextSettings, TextTrainingSettings
from modzoo.knowledge.registry import source_names
from modzoo.training import setting


@dataclass(frozen=True)
class ModelSettings(AnnotatedTextSettings):
    """What a trained classifier has fixed."""

    sources: tuple[str, ...] = setting(
        ("token", "drugs", "diseases", "adr"),
        f"sources, one module each, of {', '.join(source_names())}",
    )
    lexicon_cell: str = setting("simple_rnn", "modules of lexica and gazetteers")


@dataclass(frozen=True)
class HealthTrainingSettings(TextTrainingSettings):
    """How classifiers are trained, and how a table of one's own is read."""

    share: float = setting(1.0, "share of the training texts that is used, the first ones")
    class_balance: float = setting(0.5, "0: each text weighs alike, 1: each class does")

    def __post_init__(self):
        super().__post_init__()
        self.require_from_to(0, 1, "share", "class_balance")
