"""Files of whole models as Keras 2 wrote them; of HDF5 files those of Keras 3, too."""

import json
import shutil
import tempfile
import warnings
import zipfile
from pathlib import Path

import h5py
import keras
from keras import ops

from modzoo.decomposition.copied_weights import attribute, copy_weights
from modzoo.decomposition.old_masks import MERGING, masked_as_in_keras_2
from modzoo.errors import CallError, quoted, some_of
from modzoo.training.bounds import MAX_DESCRIPTION, bounded
from modzoo.training.model_file import description_of, unreadable, weight_bytes

DROPPED = {  # arguments that Keras 3 no longer has, and of which layers, by how their names begin
    "time_major": ("",),
    "input_length": ("",),
    "noise_shape": ("SpatialDropout",),
    "trainable": ("SpatialDropout",),
}
INPUT_SHAPE = "batch_input_shape"  # which layers that come first had beside InputLayer
STATEFUL = ("SimpleRNN", "LSTM", "GRU", "Bidirectional")  # may be given states to begin with
INNER = ("layer", "backward_layer")  # what a wrapper holds, which was looked up by its name alone
WEIGHTS = "model.weights.h5"  # of a `.keras` file
FUNCTIONAL = {"module": "keras.src.models.functional", "registered_name": "Functional"}
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
    return _load_rewritten(path, "model.h5", _rewrite_hdf5)


def load_zip(path):
    """The model in a `.keras` file of Keras 2; see `load_model`."""
    return _load_rewritten(path, "model.keras", _rewrite_zip)


def _load_rewritten(path, name, rewrite):
    """The model in a copy of a file that `rewrite(path, copy)` makes, which returns whether it
    is of Keras 2, the description in it and the size of its weights."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, name)
            is_old, described, num_bytes = rewrite(path, copy)
            with bounded([described], num_bytes, path):
                model = keras.saving.load_model(
                    copy, custom_objects=MERGING if is_old else None, compile=False, safe_mode=True
                )
                return masked_as_in_keras_2(model) if is_old else model
    except CallError:
        raise
    except Exception as error:  # a damaged file raises anything
        raise unreadable(path, error) from error


def _rewrite_hdf5(path, copy):
    with h5py.File(path, "r") as file, h5py.File(copy, "w", libver="latest") as new:
        is_old = not (attribute(file, "keras_version", path) or "2").startswith("3")
        described = _of_keras_3(_description(file, path), is_old, path)
        new.attrs["model_config"] = described  # of any size, by `libver`
        return is_old, described, copy_weights(file, new, path)


def _rewrite_zip(path, copy):
    num_bytes = weight_bytes(path)
    described = _of_keras_3(description_of(path), True, path)
    with zipfile.ZipFile(path) as file, zipfile.ZipFile(copy, "w") as new:
        new.writestr("config.json", described)
        new.writestr("metadata.json", "{}")
        with file.open(WEIGHTS) as source, new.open(WEIGHTS, "w") as target:
            shutil.copyfileobj(source, target)
    return True, described, num_bytes


def _description(file, path):
    """The JSON text that describes the model in an HDF5 file."""
    text = attribute(file, "model_config", path)
    if text is None:
        raise CallError(
            f"{path} holds no model, weights alone at most; save the model itself with model.save."
        )
    if len(text) > MAX_DESCRIPTION:
        raise CallError(f"Cannot read {path}: no description of a model is as large.")
    return text


def _of_keras_3(text, is_old, path):
    """The JSON text that describes a model, as Keras 3 reads it."""
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
    name, config = str(value.get("class_name")), value.get("config")
    if isinstance(config, dict):
        value = {**value, "config": _arguments(name, config, dropped, path)}
    if is_old and "module" in value and name in MERGING:
        value |= {"registered_name": name}
    if is_old and "module" in value and name == "Functional":
        value |= FUNCTIONAL
    if is_old and name != "Sequential":  # layers are built where they are called
        value = {key: item for key, item in value.items() if key != "build_config"}
    current = {}
    for key, item in value.items():
        if is_old and key.endswith("activation") and item == "hard_sigmoid":
            current[key] = OLD_HARD_SIGMOID
        else:
            current[key] = _current(item, is_old, dropped, path)
        if key in INNER and isinstance(item, dict):
            current[key] = {"module": "keras.layers", "registered_name": None, **current[key]}
    if name in STATEFUL and isinstance(current.get("inbound_nodes"), list):
        current["inbound_nodes"] = list(map(_with_states_apart, current["inbound_nodes"]))
    return current


def _arguments(name, config, dropped, path):
    """The arguments of a layer of a class, without those that Keras 3 no longer has."""
    if config.get("time_major"):
        raise CallError(
            f"Cannot read {path}: its layer {quoted(str(config.get('name')))} reads the steps "
            "before the examples (time_major), which Keras 3 cannot."
        )
    gone = {key for key in DROPPED.keys() & config.keys() if name.startswith(DROPPED[key])}
    dropped |= gone
    if name != "InputLayer":
        config, gone = _with_input_layer(config), {*gone, INPUT_SHAPE}
    if name == "BatchNormalization" and isinstance(config.get("axis"), list):
        (axis,) = config["axis"]
        config = {**config, "axis": axis}
    return {key: item for key, item in config.items() if key not in gone}


def _with_states_apart(node):
    """A call of a recurrent layer, as Keras 2 described it, with the states to begin with apart
    from the sequence, as Keras 3 takes them."""
    if not isinstance(node, list) or len(node) < 2:
        return node
    sequence, *states = [
        {
            "class_name": "__keras_tensor__",
            "config": {"shape": [], "dtype": "float32", "keras_history": read[:3]},
        }
        for read in node
    ]
    others = {key: item for key, item in dict(*node[0][3:]).items() if item is not None}
    return {"args": [sequence], "kwargs": {**others, "initial_state": states}}


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
