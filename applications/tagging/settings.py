from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.training import TrainingSettings, setting
from modzoo.training.settings import flag

CONTEXTS = ("previous", "current")


@dataclass(frozen=True)
class TaggingSettings(TrainingSettings):
    """What the tagging recipes have in common."""

    epochs: int = setting(8, "most epochs to train")
    batch_size: int = setting(32, "sentences a step")
    learning_rate: float = setting(2e-3, "step size of Adam")
    max_characters: int = setting(64, "characters at which longer words are cut", of="model")
    context: str = setting("previous", "word a learned gate sees: previous, current", of="model")
    dropout: float = setting(0.0, "dropout of word vectors and states", of="model")
    columns: tuple[str, ...] = setting((), "names of CoNLL columns after the word", of="data")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "max_characters")
        self.require_shares("dropout")
        self.require_one_of("context", CONTEXTS)

    def require_one_of(self, name, options):
        """Raises unless the named setting is one of `options`."""
        if getattr(self, name) not in options:
            raise CallError(
                f"{flag(name)} must be one of {', '.join(options)}, "
                f"received {getattr(self, name)!r}."
            )

    def require_even(self, *names):
        """Raises unless the named settings, widths of two directions, are even and positive."""
        for name in names:
            if getattr(self, name) < 2 or getattr(self, name) % 2:
                raise CallError(
                    f"{flag(name)} must be even, half a direction, received {getattr(self, name)}."
                )
