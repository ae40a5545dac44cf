"""Models in `.keras` files."""

import warnings
import zipfile
from pathlib import Path

from modzoo.errors import CallError

MODEL = "model.keras"  # a run's best
# What Keras says of a file that would have it run what is not its own.
REFUSALS = ("lambda", "Could not locate", "Could not deserialize", "not a modeling", "Not allowed")


def model_file_of(run):
    """The file of the best model in a run folder."""
    path = Path(run, MODEL)
    if path.is_file():
        return path
    parts = sorted(part.parent.name for part in path.parent.glob(f"*/{MODEL}"))
    if parts:
        raise CallError(
            f"The run {run} is of several models, {', '.join(parts)}; "
            f"name one, as in {path.parent / parts[0]}."
        )
    raise CallError(
        f"The run {run} has no {MODEL}: its training has not finished an epoch; "
        "go on with modzoo train --resume."
    )


def load_model_file(path, compile=False):
    """The model in a `.keras` file, whose classes Keras must know."""
    import keras

    if not zipfile.is_zipfile(path):
        raise CallError(f"Cannot read {path}: it is no .keras file, or one that was cut off.")
    try:
        with warnings.catch_warnings():  # the optimizer's state is left in the file
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            return keras.saving.load_model(path, compile=compile, safe_mode=True)
    except CallError:
        raise
    except Exception as error:
        raise unreadable(path, error) from error


def unreadable(path, error):
    """The CallError for a model at `path` of which Keras said `error`."""
    said = f"{type(error).__name__}: {first_line(error)}"
    if any(words in str(error) for words in REFUSALS):
        return CallError(
            f"Cannot read {path}: it is refused, and nothing of it was run: it holds code, or a "
            f"class that is neither Keras' nor of this version of modzoo ({said})."
        )
    return CallError(f"Cannot read {path} ({said}); it is damaged or of another version of modzoo.")


def first_line(error):
    """The first line of what an error says, for a sentence."""
    return (str(error).strip().splitlines() or [""])[0][:200]
