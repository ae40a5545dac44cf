"""HDF5 files of whole models, as Keras 2 wrote them and Keras 3 can."""

import json
import tempfile
import warnings
from pathlib import Path

import h5py
import keras
from keras import ops

from modzoo.decomposition.copied_weights import attribute, copy_weights
from modzoo.errors import CallError, quoted, some_of
from modzoo.training.bounds import MAX_DESCRIPTION, bounded
from modzoo.training.model_file import unreadable

DROPPED = ("time_major", "input_length")  # arguments that Keras 3 no longer has
INPUT_SHAPE = "batch_input_shape"  # which layers that come first had beside InputLayer
INNER = ("layer", "backward_layer")  # what a wrapper holds, which was looked up by its name alone
OLD_HARD_SIGMOID = {
    "module": "builtins",
    "class_name": "function",
    "config": "old_hard_sigmoid",
    "registered_name": "modzoo>old_hard_sigmoid",
}


@keras.saving.register_keras_serializable(package="modzoo")
def old_hard_sigmoid(x):
    """`hard_sigmoid` of Keras 2, `0.2 x + 0.5` between 0 and 1; in Keras 3 it is `x / 6 + 0.5`."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def load_hdf5(path):
    """The model in an HDF5 file; see `load_model`."""
    try:
        with h5py.File(path, "r") as file, tempfile.TemporaryDirectory() as folder:
            described = _described(file, path)
            copy = Path(folder, "model.h5")
            with h5py.File(copy, "w", libver="latest") as new:  # of attributes of any size
                new.attrs["model_config"] = described
                num_bytes = copy_weights(file, new, path)
            with bounded([described], num_bytes, path):
                return keras.saving.load_model(copy, compile=False, safe_mode=True)
    except CallError:
        raise
    except Exception as error:  # a damaged file raises anything
        raise unreadable(path, error) from error


def _described(file, path):
    """The JSON text that describes the model, as Keras 3 reads it."""
    text = attribute(file, "model_config", path)
    if text is None:
        raise CallError(
            f"{path} holds no model, weights alone at most; save the model itself with model.save."
        )
    if len(text) > MAX_DESCRIPTION:
        raise CallError(f"Cannot read {path}: no description of a model is as large.")
    is_old = not (attribute(file, "keras_version", path) or "2").startswith("3")
    dropped = set()
    described = _current(json.loads(text), is_old, dropped, path)
    if dropped:
        warnings.warn(
            f"{path} is of an older Keras; dropped, since they change nothing: "
            f"{some_of(sorted(dropped))}.",
            stacklevel=2,
        )
    return json.dumps(described)


def _current(value, is_old, dropped, path):
    """A description in which old arguments are gone and old meanings kept."""
    if isinstance(value, list):
        return [_current(item, is_old, dropped, path) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "Lambda":
        name = value.get("config", {}).get("name", "")
        raise CallError(
            f"Cannot read {path}: its layer {quoted(str(name))} is a Lambda, which holds code; "
            "nothing of it was run."
        )
    if value.get("time_major"):
        raise CallError(
            f"Cannot read {path}: its layer {quoted(str(value.get('name')))} reads the steps "
            "before the examples (time_major), which Keras 3 cannot."
        )
    config = value.get("config")
    if isinstance(config, dict) and value.get("class_name") != "InputLayer":
        told = {k: v for k, v in _with_input_layer(config).items() if k != INPUT_SHAPE}
        value = {**value, "config": told}
    current = {}
    for key, item in value.items():
        if key in DROPPED:
            dropped.add(key)
        elif is_old and key.endswith("activation") and item == "hard_sigmoid":
            current[key] = OLD_HARD_SIGMOID
        else:
            current[key] = _current(item, is_old, dropped, path)
        if key in INNER and isinstance(item, dict):
            current[key] = {"module": "keras.layers", "registered_name": None, **current[key]}
    return current


def _with_input_layer(config):
    """The configuration of a Sequential whose first layer told its input's shape, with a layer
    that tells it; any other as it is."""
    layers = config.get("layers")
    if not isinstance(layers, list) or not layers or layers[0].get("class_name") == "InputLayer":
        return config
    first = layers[0].get("config", {})
    if INPUT_SHAPE not in first:
        return config
    described = {INPUT_SHAPE: first[INPUT_SHAPE], "name": "input"}
    return {**config, "layers": [{"class_name": "InputLayer", "config": described}, *layers]}
