"""Settings of a recipe: one frozen dataclass, whose fields become command-line flags."""

import dataclasses
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
        for name in ("epochs", "batch_size", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise CallError(f"--{name.replace('_', '-')} must be at least 1, received {value}.")


def flag(name):
    return "--" + name.replace("_", "-")


def differences(old, new):
    """The fields in which two settings differ, `{name: (old, new)}`."""
    old, new = dataclasses.asdict(old), dataclasses.asdict(new)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def from_json(cls, values):
    """Settings of class `cls` from what `dataclasses.asdict` made and JSON carried."""
    tuples = {f.name for f in dataclasses.fields(cls) if isinstance(f.default, tuple)}
    return cls(**{k: tuple(v) if k in tuples else v for k, v in values.items()})
