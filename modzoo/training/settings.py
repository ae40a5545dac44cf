"""Settings of a recipe: frozen dataclasses, whose fields become command-line flags."""

import dataclasses
import math
import os
import typing
from dataclasses import dataclass

from modzoo.errors import CallError, quoted, shortened


def setting(default, text, is_data=False, is_path=False, is_found_again=False):
    """A field with its default and the line that `--help` shows.

    A tuple default makes a flag that takes a comma-separated list, `True` or `False` two flags,
    `--<name>` and `--no-<name>`.

    Args:
        default: The default; None for a setting that may be left open, whose annotation
            then says its type, as in `int | None`.
        text: What it is, in a line.
        is_data: Whether it says how data are read, which makes it a flag of `modzoo evaluate` too.
        is_path: Whether it is a path, which a run keeps absolute.
        is_found_again: Whether it is a folder of published files that a saved model holds no copy
            of and looks for where it is loaded, which makes it a flag of all that load one.
    """
    metadata = {
        "help": text,
        "is_data": is_data,
        "is_path": is_path,
        "is_found_again": is_found_again,
    }
    return dataclasses.field(default=default, metadata=metadata)


class Checked:
    """Checks of settings, for `__post_init__`; each names the flag and what was received."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not _fits(value, field):
                raise CallError(
                    f"{flag(field.name)} must be {_expected(field)}, received {_shown(value)}."
                )

    def require_at_least(self, least, *names):
        """Raises unless the named settings are None, or finite and at least `least`."""
        for name in names:
            value = getattr(self, name)
            if value is not None and not (value >= least and math.isfinite(value)):
                raise CallError(f"{flag(name)} must be at least {least}, received {value}.")

    def require_shares(self, *names):
        """Raises unless the named settings are in `[0, 1)`."""
        for name in names:
            if not 0 <= getattr(self, name) < 1:
                raise CallError(f"{flag(name)} must be in [0, 1), received {getattr(self, name)}.")

    def require_from_to(self, least, most, *names):
        """Raises unless the named settings are between two numbers, or one of them."""
        for name in names:
            if not least <= getattr(self, name) <= most:
                raise CallError(
                    f"{flag(name)} must be between {least} and {most}, "
                    f"received {getattr(self, name)}."
                )

    def require_one_of(self, options, *names):
        """Raises unless the named settings are each one of `options`, or None."""
        for name in names:
            if getattr(self, name) not in (None, *options):
                raise CallError(
                    f"{flag(name)} must be one of {', '.join(options)}, "
                    f"received {_shown(getattr(self, name))}."
                )


@dataclass(frozen=True)
class TrainingSettings(Checked):
    """How a model is trained: what all recipes have in common."""

    epochs: int = setting(10, "most epochs to train")
    batch_size: int = setting(64, "examples a step")
    learning_rate: float = setting(1e-3, "step size of Adam")
    patience: int = setting(2, "epochs without a better validation figure before training stops")
    limit: int | None = setting(None, "use only the first N examples of each split")
    seed: int = setting(0, "seed of weights, dropout and order")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "epochs", "batch_size", "limit")
        self.require_at_least(0, "patience", "seed")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise CallError(f"--learning-rate must be positive, received {self.learning_rate}.")


@dataclass(frozen=True)
class BaseModelSettings(Checked):
    """What a trained model has fixed, so that `--from` takes it over.

    Each application extends it as its `ModelSettings`, and its recipes' `Settings` extend that:
    recipes with different training settings can then share a model.
    """

    precision: str = setting("float32", "Keras dtype policy, e.g. mixed_bfloat16")


def data_fields(settings):
    """Those fields of a settings class, or of an object, that say how data are read."""
    return [field for field in dataclasses.fields(settings) if field.metadata["is_data"]]


def folder_fields(settings):
    """Those fields that name folders which a saved model looks into again."""
    return [field for field in dataclasses.fields(settings) if field.metadata["is_found_again"]]


def folders_of(settings):
    """These folders, as `knowledge.looking_in` takes them; one that is not there is None."""
    return {
        field.name: folder
        for field in folder_fields(settings)
        if os.path.isdir(folder := getattr(settings, field.name) or "")
    }


def kind(field):
    """The type of a field's value: `int` for `int | None`; `tuple` for a list."""
    if isinstance(field.default, tuple):
        return tuple
    return next(t for t in (*typing.get_args(field.type), field.type) if t is not type(None))


def flag(name):
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")


def differences(old, new):
    """The fields in which two settings differ, `{name: (old, new)}`."""
    old, new = dataclasses.asdict(old), dataclasses.asdict(new)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def from_json(cls, values, file):
    """Settings of class `cls` from what `dataclasses.asdict` made and JSON carried.

    Raises `CallError`, which names `file`, if there is a setting that `cls` does not know, or
    a value of the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    settings = {}
    for name, value in values.items():
        if name not in fields:
            raise CallError(f"Cannot read {file}: its recipe has no setting {quoted(name)}.")
        settings[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(settings[name], fields[name]):
            raise CallError(
                f"Cannot read {file}: the setting {name!r} must be {_expected(fields[name])}, "
                f"found {_shown(value)}."
            )
    return cls(**settings)


def _fits(value, field):
    """Whether a value is of a field's type; a list holds strings."""
    if value is None:
        return type(None) in typing.get_args(field.type)
    wanted = kind(field)
    if wanted is tuple:
        return type(value) is tuple and all(type(item) is str for item in value)
    return type(value) is wanted or (wanted is float and type(value) is int)


def _shown(value):
    return shortened(repr(value))


def _expected(field):
    names = {tuple: "a list of strings", int: "an integer", float: "a number", str: "a string"}
    return names.get(kind(field), "true or false")
