"""Settings of a recipe: one frozen dataclass, whose fields become command-line flags."""

import dataclasses
import math
from dataclasses import dataclass

from modzoo.errors import CallError


def setting(default, text):
    """A field with its default and the line that `--help` shows.

    A tuple default makes a flag that takes a comma-separated list. A default of None makes
    an optional whole number.
    """
    return dataclasses.field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class TrainingSettings:
    """What all recipes have in common."""

    epochs: int = setting(10, "most epochs to train")
    batch_size: int = setting(64, "examples a step")
    learning_rate: float = setting(1e-3, "step size of Adam")
    patience: int = setting(2, "epochs without a better validation figure before training stops")
    limit: int | None = setting(None, "use only the first N examples of each split")
    seed: int = setting(0, "seed of weights, dropout and order")
    precision: str = setting("float32", "Keras dtype policy, e.g. mixed_bfloat16")

    def __post_init__(self):
        self.require_at_least(1, "epochs", "batch_size", "limit")
        self.require_at_least(0, "patience", "seed")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise CallError(f"--learning-rate must be positive, received {self.learning_rate}.")

    def require_at_least(self, least, *names):
        """Raises unless the named settings are None or at least `least`."""
        for name in names:
            value = getattr(self, name)
            if value is not None and value < least:
                raise CallError(f"{flag(name)} must be at least {least}, received {value}.")

    def require_shares(self, *names):
        """Raises unless the named settings are in `[0, 1)`."""
        for name in names:
            if not 0 <= getattr(self, name) < 1:
                raise CallError(f"{flag(name)} must be in [0, 1), received {getattr(self, name)}.")


def flag(name):
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")


def differences(old, new):
    """The fields in which two settings differ, `{name: (old, new)}`."""
    old, new = dataclasses.asdict(old), dataclasses.asdict(new)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def from_json(cls, values):
    """Settings of class `cls` from what `dataclasses.asdict` made and JSON carried."""
    tuples = {f.name for f in dataclasses.fields(cls) if isinstance(f.default, tuple)}
    return cls(**{k: tuple(v) if k in tuples else v for k, v in values.items()})
