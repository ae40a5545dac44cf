"""Models in `.keras` files."""

import warnings
import zipfile
from pathlib import Path

from modzoo.errors import CallError
from modzoo.training.bounds import MAX_DESCRIPTION

MODEL = "model.keras"  # a run's best
WEIGHTS = (".h5", ".npz")
MAX_EXPANSION = 64  # bytes of weights for each that an archive holds
# What Keras says of a file that would have it run what is not its own.
REFUSALS = (
    *("lambda", "Could not locate", "Could not deserialize", "not a modeling", "Not allowed"),
    "Unknown layer",
)


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


def description_of(file):
    """The JSON text that describes the model in a `.keras` file."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("config.json").file_size > MAX_DESCRIPTION:
                raise CallError(f"Cannot read {file}: no description of a model is as large.")
            return archive.read("config.json").decode("utf-8")
    except CallError:
        raise
    except Exception as error:  # a damaged archive raises anything
        raise _damaged(file, error) from error


def weight_bytes(file):
    """Size of the weights in a `.keras` file, those of its sources of knowledge among them."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(WEIGHTS)]
    except Exception as error:  # a damaged archive raises anything
        raise _damaged(file, error) from error
    if any(m.file_size > MAX_EXPANSION * m.compress_size for m in members):
        raise CallError(f"Cannot read {file}: it is packed to a small part of its size.")
    return sum(m.file_size for m in members)


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
    """The first line of what an error says, for a sentence; or what it announces with a colon."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    announced = lines[0].endswith(":") and len(lines) > 1
    return lines[announced][:200]


def _damaged(file, error):
    return CallError(
        f"Cannot read {file} ({type(error).__name__}: {error}); it is no .keras file, or a "
        "damaged one."
    )
