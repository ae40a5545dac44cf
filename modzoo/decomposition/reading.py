"""Trained networks in files of any origin; nothing in them is run."""

import json
import os
import zipfile
from pathlib import Path

from modzoo.errors import CallError
from modzoo.training.bounds import bounded
from modzoo.training.environment import import_quietly
from modzoo.training.model_file import description_of, load_model_file, weight_bytes

HDF5 = (".h5", ".hdf5")
MAX_METADATA = 2**20  # bytes


def load_model(path):
    """A trained Keras model to decompose, from a `.keras` file or an HDF5 file of Keras 2 or 3.

    In files of Keras 2 what Keras 3 no longer knows is dropped, with a warning that names it,
    `hard_sigmoid` keeps the slope that it had there, and the same steps are padding: those that are
    in any input of a merging layer, also where a layer begins with given states.

    Args:
        path: Path of the file.

    Returns:
        `keras.Model`, not compiled.

    Raises:
        CallError: If there is no such file, it cannot be read, or it holds code, as a Lambda does.
    """
    import_quietly()
    from modzoo.decomposition.old_files import load_hdf5, load_zip

    path = Path(path)
    if not os.path.isfile(path):
        raise CallError(f"There is no file {path}; a model is a .keras or an .h5 file.")
    if path.suffix in HDF5:
        return load_hdf5(path)
    if path.suffix != ".keras":
        raise CallError(f"{path} is no model: it is none of .keras, {', '.join(HDF5)}.")
    if is_of_keras_2(path):
        return load_zip(path)
    description = description_of(path)
    with bounded([description], weight_bytes(path), path):
        return load_model_file(path)


def is_of_keras_2(path):
    """Whether a file is a `.keras` file that Keras 2 wrote."""
    try:
        with zipfile.ZipFile(path) as file, file.open("metadata.json") as member:
            return json.loads(member.read(MAX_METADATA))["keras_version"].startswith("2")
    except Exception:  # a damaged file raises anything; what is wrong with it is said elsewhere
        return False
