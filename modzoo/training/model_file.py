"""Models in `.keras` files."""

import warnings
from pathlib import Path

from modzoo.errors import CallError

MODEL = "model.keras"  # a run's best


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

    try:
        with warnings.catch_warnings():  # the optimizer's state is left in the file
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            return keras.saving.load_model(path, compile=compile, safe_mode=True)
    except Exception as error:
        raise CallError(
            f"Cannot read {path} ({type(error).__name__}: {first_line(error)}); "
            "the file is damaged or of another version of modzoo."
        ) from error


def first_line(error):
    """The first line of what an error says, for a sentence."""
    return (str(error).strip().splitlines() or [""])[0][:200]
