"""The one way to a trained model: preset, run, folder of `save_to_preset`, `.keras` file."""

import difflib
import importlib
import json
import os
import re
from pathlib import Path

from modzoo import decomposition, knowledge
from modzoo.applications import list_applications, load_application
from modzoo.errors import CallError
from modzoo.knowledge.published import folder_of, looking_in
from modzoo.layers import LAYERS
from modzoo.training.bounds import bounded, read_description
from modzoo.training.environment import import_quietly
from modzoo.training.model_file import (
    description_of,
    load_model_file,
    model_file_of,
    unreadable,
    weight_bytes,
)
from modzoo.training.preset import DESCRIPTIONS, preset_folder, preset_names
from modzoo.training.run import is_run, read_config

NAME = re.compile(r'"modzoo>(\w+)"')


def load(name, compile=False, gazetteers=None):
    """A trained model, on the running backend, with all classes it needs.

    Args:
        name: Name of a preset; or the path of a run folder, whose best model it is, of a folder
            that `save_to_preset` wrote, or of a `.keras` file of any model with layers of
            `modzoo` in it.
        compile: Whether to compile the model of a run or a `.keras` file as it was when it was
            saved, for training it further; presets hold nothing to compile by.
        gazetteers: Folder of the gazetteers that a model reads and holds no copy of. Default: what
            `MODZOO_GAZETTEERS` names, else the folder that a run was trained with.

    Returns:
        `keras.Model`.

    Raises:
        CallError: If there is no such model, or it cannot be read.
    """
    import_quietly()
    from modzoo.layers.initializers import undrawn

    path = find_model(name)
    for cls in class_names(path):
        know_class(cls)
    if gazetteers is not None and not os.path.isdir(gazetteers):
        raise CallError(f"There is no folder of gazetteers {gazetteers}.")
    gazetteers = gazetteers or folder_of("gazetteers") or _trained_with(path, "gazetteers")
    with undrawn(), looking_in(gazetteers=gazetteers):
        if path.is_dir() and not is_run(path):
            return _load_preset(path)
        file = path if path.is_file() else model_file_of(path)
        with bounded(_descriptions(path), weight_bytes(file), path):
            return load_model_file(file, compile)


def _trained_with(path, name):
    """The folder that a run's settings name, if it is there."""
    folder = read_config(path)["settings"].get(name) if is_run(path) else None
    return folder if isinstance(folder, str) and os.path.isdir(folder) else None


def find_model(name):
    """The path of a model: a preset's folder, or `name` itself."""
    if not isinstance(name, (str, os.PathLike)):
        raise CallError(f"A model is a preset's name or a path, received {name!r}.")
    path = Path(name)
    if not os.path.isfile(path) and not _holds_model(path):  # a folder may have a preset's name
        path = Path(preset_folder(str(name)))
    if not os.path.exists(path):
        near = difflib.get_close_matches(str(name), preset_names(), n=1)
        hint = f"did you mean the preset {near[0]}? " if near else ""
        raise CallError(
            f"There is no run folder, no preset and no .keras file {str(name)!r}; {hint}modzoo "
            "train RECIPE --out FOLDER makes a run, modzoo list shows the presets."
        )
    if path.is_dir() and not _holds_model(path):
        raise CallError(
            f"The folder {path} holds no model: it has no config.json or task.json of a run or a "
            "preset."
        )
    if path.is_file() and path.suffix != ".keras":
        raise CallError(f"{path} is no .keras file.")
    return path


def _holds_model(path):
    return os.path.isdir(path) and (is_run(path) or _description(path) is not None)


def application_at(path):
    """The application of the model at a path that `find_model` gave, which is not loaded."""
    described = next(iter(_descriptions(path)))
    model = _parsed(described, path).get("registered_name")
    for name in list_applications():
        application = load_application(name)
        if model in (f"modzoo>{known}" for known in application.MODELS):
            return application
    raise CallError(
        f"The model {path} belongs to no application, so that nothing is known of its inputs; "
        "modzoo.load reads it from Python."
    )


def class_names(path):
    """Names of the classes of `modzoo` in the description of the model at `path`."""
    return {name for text in _descriptions(path) for name in NAME.findall(text)}


def class_packages():
    """`{class: the package that offers it}` of every class registered with Keras."""
    from modzoo.training import CLASSES

    packages = {
        **dict.fromkeys(LAYERS, "modzoo.layers"),
        **dict.fromkeys(decomposition.CLASSES, "modzoo.decomposition"),
        **dict.fromkeys(knowledge.CLASSES, "modzoo.knowledge"),
        **dict.fromkeys(CLASSES, "modzoo.training"),
    }
    for name in list_applications():
        application = load_application(name)
        packages |= dict.fromkeys(application.CLASSES, application.__name__)
    return packages


def know_class(name):
    """Imports the class of that name, if there is one, so that Keras knows it."""
    package = class_packages().get(name)
    if package is not None:
        getattr(importlib.import_module(package), name)


def _descriptions(path):
    """The JSON texts that describe a model, the one of the model itself first."""
    path = Path(path)
    if path.is_dir() and not is_run(path):
        first = _description(path)
        others = (file for file in sorted(path.glob("*.json")) if file != first)
        return [read_description(file) for file in (first, *others)]
    return [description_of(model_file_of(path) if path.is_dir() else path)]


def _parsed(text, path):
    try:
        described = json.loads(text)
        if isinstance(described, dict):
            return described
    except (ValueError, RecursionError):
        pass
    raise CallError(f"Cannot read {path}: the description of its model is no JSON object.")


def _description(folder):
    return next((folder / name for name in DESCRIPTIONS if (folder / name).is_file()), None)


def _load_preset(folder):
    import keras

    for file in folder.rglob("*"):
        if not (file.is_file() or file.is_dir()):
            raise CallError(f"Cannot read the preset {folder}: {file} is no plain file.")
    try:
        described = _parsed(read_description(_description(folder)), folder)
        model_class = keras.saving.get_registered_object(described["registered_name"])
        return model_class.from_preset(str(folder.resolve()))  # no shipped preset's name
    except CallError:
        raise
    except Exception as error:
        raise unreadable(f"the preset {folder}", error) from error
