from dataclasses import dataclass

from modzoo.applications.routed_settings import RoutedModelSettings
from modzoo.errors import CallError
from modzoo.layers.multi_task_names import SHARINGS
from modzoo.training import Checked, TrainingSettings, setting
from modzoo.training.settings import flag

GATES = ("learned", "fixed", "none")
CONTEXTS = ("previous", "current")
BASES = ("gates", "ns_mtl", "cross_stitch", "sluice", "girnet")


@dataclass(frozen=True)
class ModelSettings(RoutedModelSettings):
    """What a trained tagger has fixed."""

    tasks: tuple[str, ...] = setting(("pos", "ner"), "tasks to learn")
    base: str = setting("gates", f"what reads words in context: {', '.join(BASES)}")
    sharing: str = setting("none", f"how tasks share beside it: {', '.join(SHARINGS)}")
    units: int = setting(
        64, "width n of the word BiLSTM, of each task where gates are fixed; of other bases' LSTMs"
    )
    characters: bool = setting(True, "read words letter by letter")
    character_units: int | None = setting(None, "width of characters and their BiLSTM (n)")
    embedding_dim: int = setting(0, "width of an embedding of words (none)")
    min_word_count: int = setting(3, "how often a word must occur to have one of its own")
    head_units: int | None = setting(None, "width of the MLPs' hidden layer (2 n)")
    gates: str = setting("learned", "gates: learned, fixed or none")
    num_read: int | None = setting(
        None, "units each task reads where gates are fixed, half of each direction (n)"
    )
    context: str = setting("previous", "word a learned gate sees: previous, current")
    max_characters: int = setting(64, "characters at which longer words are cut")
    max_length: int = setting(512, "words at which longer sentences are cut into pieces")
    dropout: float = setting(0.0, "dropout of word vectors and states")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "max_characters", "max_length", "head_units")
        self.require_at_least(1, "min_word_count")
        self.require_at_least(0, "embedding_dim")
        self.require_shares("dropout")
        self.require_one_of(GATES, "gates")
        self.require_one_of(CONTEXTS, "context")
        self.require_one_of(BASES, "base")
        self._require_even("units", "character_units", "num_read")
        if self.num_read is not None and (self.gates != "fixed" or self.num_read > self.units):
            raise CallError(
                f"--num-read is for --gates fixed and at most --units, received {self.num_read} "
                f"with --gates {self.gates} and --units {self.units}."
            )
        if self.base == "gates" and self.sharing != "none":
            raise CallError(
                f"--sharing is for the other --base than gates, received {self.sharing}."
            )
        if self.base != "gates" and self.gates != "learned":
            raise CallError(
                f"--gates is for --base gates, received {self.gates} with --base {self.base}."
            )
        if self.base == "girnet" and len(self.tasks) < 2:
            raise CallError(
                f"--base girnet reads auxiliary tasks, received --tasks {','.join(self.tasks)}."
            )
        if not (self.characters or self.embedding_dim):
            raise CallError(
                "Words are read by --characters, by an --embedding-dim above 0 or by both, "
                "received neither."
            )
        if not all(self.tasks) or len(set(self.tasks)) != len(self.tasks):
            raise CallError(f"--tasks must name distinct tasks, received {','.join(self.tasks)!r}.")
        if not all(task.isidentifier() for task in self.tasks):
            raise CallError(f"--tasks must be plain words, received {','.join(self.tasks)!r}.")
        begun = [t for t in self.tasks for other in self.tasks if t.startswith(f"{other}_")]
        if begun:  # their outputs would be named alike
            raise CallError(f"--tasks must not begin with another and _, received {begun[0]!r}.")

    def _require_even(self, *names):
        """Raises unless the named settings, widths of two directions, are even and positive."""
        for name in names:
            value = getattr(self, name)
            if value is not None and (value < 2 or value % 2):
                raise CallError(f"{flag(name)} must be even, half a direction, received {value}.")


@dataclass(frozen=True)
class TaggingTrainingSettings(TrainingSettings):
    """How taggers are trained, and how CoNLL columns are read."""

    epochs: int = setting(8, "most epochs to train")
    batch_size: int = setting(32, "sentences a step")
    learning_rate: float = setting(2e-3, "step size of Adam")
    columns: tuple[str, ...] = setting(
        (), "names of all CoNLL columns after the word, _ of those not read", is_data=True
    )


@dataclass(frozen=True)
class Options(Checked):
    """There is nothing to choose when words are tagged."""
