"""What there is, and the twins in Python of the command line's commands."""

import contextlib
import dataclasses
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from modzoo import decomposition
from modzoo.applications import application_of
from modzoo.decomposition.folders import COMPOSITION, require_replaceable
from modzoo.decomposition.label_names import split_names
from modzoo.decomposition.options import DecompositionOptions
from modzoo.decomposition.subject import read_subject
from modzoo.errors import CallError
from modzoo.files import require_writable, save_figure, whole_file, write_json
from modzoo.layers import LAYERS
from modzoo.loading import application_at, find_model, load
from modzoo.recipes import begin_run, load_recipe, open_trained, recipe_names, summary
from modzoo.serving.check import check_servable
from modzoo.serving.contract import MAX_VERSION
from modzoo.serving.export import export_servable
from modzoo.serving.formats import require_packages
from modzoo.training.environment import running_backend
from modzoo.training.preset import preset_folder, preset_names, read_preset
from modzoo.training.progress import Progress
from modzoo.training.run import metrics_report
from modzoo.training.settings import data_fields, kind
from modzoo.training.splits import read_splits

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # in a URL too


def list_recipes():
    """The recipes: list of `{"name", "summary"}`."""
    return [{"name": name, "summary": summary(name)} for name in recipe_names()]


def list_presets():
    """The presets: list of `{"name", "recipe", "summary", "figure"}`."""
    presets = []
    for name in preset_names():
        record = read_preset(preset_folder(name))
        presets.append({"name": name, **{k: record[k] for k in ("recipe", "summary", "figure")}})
    return presets


def list_layers():
    """Names of the layers in `modzoo.layers`."""
    return list(LAYERS)


def train(
    recipe,
    data=None,
    out=None,
    *,
    variant=None,
    start=None,
    resume=False,
    distribute="none",
    **settings,
):
    """Trains a recipe; the twin of `modzoo train`.

    Args:
        recipe: Name of the recipe, `"sentiment/sst2"`.
        data: The data folder. Default: the recipe's embedded data.
        out: The run folder. Default: below `runs/`.
        variant: Name of a variant of the recipe.
        start: Run or preset to train further (`--from`).
        resume: Whether the run in `out` goes on.
        distribute: `"data"` or `"model"`: share batches, or weights, among the devices there are.
        **settings: The recipe's settings, as its flags: `epochs=1`, `sources=("token", "afinn")`.

    Returns:
        `modzoo.training.Run`: `run.load_model()`, `run.report()`, `run.history()`, `run.path`.
    """
    given = _known(settings, dataclasses.fields(load_recipe(recipe).Settings), recipe)
    run = begin_run(
        recipe,
        given,
        data=data,
        out=out,
        variant=variant,
        start=start,
        resume=resume,
        distribute=distribute,
    )
    with contextlib.closing(run):
        load_recipe(recipe).main(run.settings, run)
    return run


def evaluate(name, data=None, split=None, limit=None, disable=(), gazetteers=None, **data_settings):
    """Figures of a run or a preset on labelled data; the twin of `modzoo evaluate`.

    Args:
        name: Name of a preset, or path of a run folder.
        data: The data folder. Default: the embedded data of the model's recipe.
        split: Name of the split. Default: the last labelled one.
        limit: Integer, only the first so many examples.
        disable: List of parts of the model that are switched off.
        gazetteers: Folder of gazetteers (see `modzoo.load`).
        **data_settings: Settings that say how data are read, where it is not as in training.

    Returns:
        Dictionary of what `metrics.json` holds; `"disabled"` and, if there was a limit, `"of"`
        how many examples; and `"remarks"`, a list of sentences.
    """
    if not _is_name(name):
        raise CallError(f"A run or a preset says how data are read; received {name!r}.")
    if limit is not None and limit < 1:
        raise CallError(f"`limit` must be at least 1, received {limit}.")
    trained, recipe = open_trained(name)
    given = _known(data_settings, data_fields(recipe.Settings), trained.recipe)
    examples = recipe.load(data, split, dataclasses.replace(trained.settings, **given))
    disable = _listed(disable)
    notes = {"disabled": disable} if disable else {}
    if limit is not None and limit < len(examples):
        notes["of"] = len(examples)
    application = application_at(find_model(name))
    model = _with_parts_off(application, load(name, gazetteers=gazetteers), disable)
    evaluation = application.evaluate(model, examples.limit(limit))
    report = {**metrics_report(name, trained.recipe, evaluation), **notes}
    return {**report, "remarks": list(evaluation.remarks)}


def predict(model, inputs=(), disable=(), out=None, gazetteers=None, **options):
    """What a model says of inputs; the twin of `modzoo predict`.

    Args:
        model: What `modzoo.load` takes, or a model it returned.
        inputs: List of texts, or of paths of files.
        disable: List of parts of the model that are switched off.
        out: File to write, for models that write one; or folder, for those that write one for
            each of several inputs.
        gazetteers: Folder of gazetteers (see `modzoo.load`).
        **options: The application's `Options`.

    Returns:
        `modzoo.applications.interface.Predictions`: `records`, `lines` and, for models that write
        a file, `save(path)`.
    """
    application, options = _application_and_options(model, options)
    inputs = application.INPUT.read(inputs, None, "predict")
    if out is not None:
        require_output(application, out, len(inputs))
    model = _with_parts_off(application, _loaded(model, gazetteers), disable)
    predictions = application.predict(model, inputs, options)
    if out is not None:
        predictions.save(out)
    return predictions


def stream(model, source, sink, disable=()):
    """What a model makes of what comes in, as it comes.

    The twin of `modzoo predict MODEL - --out -`.

    Args:
        model: What `modzoo.load` takes, or a model it returned.
        source: Binary file to read until it ends; `INPUT.streamed` of the model's application says
            what.
        sink: Binary file to write.
        disable: List of parts of the model that are switched off.
    """
    application, _ = _application_and_options(model, {})
    if not getattr(application.INPUT, "streamed", None):
        raise CallError("This model does not read a stream; give a file.")
    application.stream(_with_parts_off(application, _loaded(model), disable), source, sink)


def explain(model, input=None, out=None, disable=(), gazetteers=None, **options):
    """Which part of a model did what with an input; the twin of `modzoo explain`.

    Args:
        model: What `modzoo.load` takes, or a model it returned.
        input: A text, or the path of a file.
        out: Folder to which `explain.png` and `explain.json` are written.
        disable: List of parts of the model that are switched off.
        gazetteers: Folder of gazetteers (see `modzoo.load`).
        **options: The application's `Options`.

    Returns:
        Dictionary of JSON values; `modzoo.applications.<name>.draw` draws it.
    """
    application, options = _application_and_options(model, options)
    if out is not None:
        require_writable(out)
    inputs = application.INPUT.read(() if input is None else input, None, "explain")
    model = _with_parts_off(application, _loaded(model, gazetteers), disable)
    record = application.explain(model, inputs[0] if inputs else None, options)
    if out is not None:
        write_json(Path(out, "explain.json"), record)
        save_figure(application.draw(record), Path(out, "explain.png"))
    return record


def export(model, folder, *, name=None, version=1, format="savedmodel", gazetteers=None):
    """Writes a trained model for production; the twin of `modzoo export`.

    On another backend than TensorFlow a process of its own does it.

    Args:
        model: What `modzoo.load` takes, or a model it returned.
        folder: Folder of servables: the model is written to `folder/name/version`.
        name: Name to serve it under. Default: that of the preset, folder, file or model.
        version: Integer, 0 to 2**63 - 1; TensorFlow Serving serves the highest.
        format: `"savedmodel"`; `"onnx"` or `"litert"`: the network without its preprocessing.
        gazetteers: Folder of gazetteers (see `modzoo.load`), whose tables a
            servable holds.

    Returns:
        Dictionary of `"name"`, `"version"`, `"format"`, `"path"` and what
        `modzoo.serving.export_servable` returns.

    Raises:
        CallError: If the version is there already, the folder cannot be written, or the model
            does not convert to the format.
    """
    application, _ = _application_and_options(model, {})
    if name is None:
        name = Path(model).absolute().stem if _is_name(model) else model.name
    path = new_version(folder, name, version)
    require_packages(format)
    if running_backend() != "tensorflow":
        flags = ["--name", name, "--version", version, "--format", format]
        flags += ["--gazetteers", gazetteers] if gazetteers else []
        return _on_tensorflow(model, lambda model: ["export", model, folder, *flags])
    report = export_servable(application.servable(_loaded(model, gazetteers)), path, name, format)
    return {"name": name, "version": version, "format": format, "path": str(path), **report}


def check(folder, model=None):
    """Checks a servable; the twin of `modzoo check`.

    Args:
        folder: Folder of a version that `export` wrote.
        model: What `modzoo.load` takes, or a model it returned, to compare with. Default: the
            answers that are kept in the folder.

    Returns:
        What `modzoo.serving.check_servable` returns.

    Raises:
        CallError: If the folder holds no servable, or one that is not to be run.
    """
    if model is None:
        return check_servable(folder)
    application, _ = _application_and_options(model, {})
    if running_backend() != "tensorflow":
        return _on_tensorflow(model, lambda model: ["check", folder, "--model", model])
    return check_servable(folder, application.servable(_loaded(model)).answer)


def decompose(model, data=None, out=None, *, only=None, limit=None, seed=0, **options):
    """Takes a trained recurrent network apart into modules; the twin of `modzoo decompose`.

    Args:
        model: Name of a preset or path of a run, of an application of recurrent networks; or a
            `.keras` file, or an HDF5 file of Keras 2, of any model of recurrent layers.
        data: The data folder; default: the embedded data of the model's recipe. Of a model from a
            file: a file `.npz` of `x` and `y`, see `modzoo.decomposition.subject.read_subject`.
        out: Folder, to which the modules, a report and its pictures are written; one that holds
            such things and nothing else is replaced.
        only: List of the labels of which modules are made, or a text with commas between them.
            Default: all.
        limit: Integer, only the first so many examples of a split, or of a file's three parts.
        seed: Integer, which examples are observed.
        **options: `modzoo.decomposition.options.DecompositionOptions`: `mode`, `rule`,
            `max_removed`, `smallest`, `removal`; and settings that say how data are read.

    Returns:
        Dictionary of JSON values: figures of the modules together beside the network's, overall and
        of each class. `modzoo.decomposition.ModuleSet.load(out)` gives the modules.
    """
    if out is not None:
        require_replaceable(out)
    own = {f.name: f for f in dataclasses.fields(DecompositionOptions)}
    chosen = DecompositionOptions(**{k: v for k, v in options.items() if k in own})
    rest = {k: v for k, v in options.items() if k not in own}
    subject = _subject(model, data, limit, rest)
    modules = decomposition.decompose(
        subject.model,
        subject.observed[:2],
        subject.labels,
        only=split_names(only, subject.names) if isinstance(only, str) else only,
        groups=subject.observed.groups,
        vocabulary=subject.vocabulary,
        seed=seed,
        progress=Progress(),
        **chosen.arguments(subject.held_back),
    )
    if out is not None:
        modules.save(out)
    x, y, groups = subject.tested
    return modules.report(x, y, folder=out, groups=groups)


def _subject(model, data, limit, data_settings):
    """What is to be taken apart: of a run or a preset, else of a file and a person's data."""
    if os.path.isfile(model):
        if data_settings:
            raise CallError(
                f"{model} is a file, which has no setting {next(iter(data_settings))!r}."
            )
        is_zoos = Path(model).suffix == ".keras"  # and may hold layers of modzoo
        return read_subject((load if is_zoos else decomposition.load_model)(model), data, limit)
    trained, recipe = open_trained(model)
    application = application_at(find_model(model))
    if not hasattr(application, "decomposable"):
        raise CallError(
            f"The model {model} of {trained.recipe} has no recurrent layers of Keras to be taken "
            "apart; give a model that has some, or a .keras file of one with --data FILE.npz."
        )
    given = _known(data_settings, data_fields(recipe.Settings), trained.recipe)
    settings = dataclasses.replace(trained.settings, **given)
    parts = read_splits(lambda split: recipe.load(data, split, settings).limit(limit))
    return application.decomposable(load(model), *parts)


def compose(folders, out=None):
    """Puts modules together, of one network or of several; the twin of `modzoo compose`.

    Args:
        folders: List of folders that `decompose` wrote; of some modules alone as
            `"folder:label,label"`.
        out: Folder for the modules, and for `composition.keras`, a plain Keras model of all; one
            that holds such things and nothing else, and is none of `folders`, is replaced.

    Returns:
        Dictionary of `"labels"`, in the order of the composition's outputs, and `"vocabulary"`, the
        number of the joint words that its ids are of, or None.
    """
    if out is not None:
        require_replaceable(out)
    read = functools.cache(decomposition.ModuleSet.load)  # modules of a folder share its network
    sets = [_some_modules(folder, read, out) for folder in _listed(folders)]
    modules = functools.reduce(lambda one, other: one.merge(other), sets)
    if out is not None:
        modules.save(out)
        with whole_file(Path(out, COMPOSITION)) as path:
            modules.compose().save(path)
    words = modules.vocabulary
    return {"labels": modules.labels, "vocabulary": None if words is None else len(words)}


def _some_modules(name, read, out):
    """The modules in a folder, those after a colon alone if there is one; the folder is not to be
    `out`, where they would be lost."""
    folder, labels = _folder_and_labels(str(name))
    if out is not None and os.path.realpath(folder) == os.path.realpath(out):
        raise CallError(f"{out} is read, and would be replaced; write to another folder.")
    modules = read(folder)
    return modules if labels is None else modules.subset(split_names(labels, modules.labels))


def _folder_and_labels(name):
    """The parts before and after a colon, None if there is none. Either may have colons: what
    comes first is the longest that is a folder."""
    if os.path.isdir(name):
        return name, None
    colons = [i for i, letter in enumerate(name) if letter == ":"]
    pairs = [(name[:i], name[i + 1 :]) for i in reversed(colons)]
    return next((pair for pair in pairs if os.path.isdir(pair[0])), (pairs or [(name, None)])[0])


def require_output(application, path, num_inputs):
    """Raises unless what `predict` makes of so many inputs can be written to `path`."""
    suffix = application.OUTPUT
    if suffix is None:
        raise CallError(f"This model writes no file; received {path}.")
    if getattr(application.INPUT, "one_to_one", False) and num_inputs > 1:
        if Path(path).suffix.lower() == suffix or Path(path).is_file():
            raise CallError(f"What is made of {num_inputs} inputs needs a folder, received {path}.")
        require_writable(path)
        return
    if Path(path).suffix.lower() != suffix or Path(path).is_dir():
        raise CallError(f"The file to write must end in {suffix}, received {path}.")
    require_writable(Path(path).absolute().parent)


def new_version(folder, name, version):
    """The folder of a version that is not there yet; raises if it cannot be written."""
    if not PLAIN.fullmatch(name):
        raise CallError(
            f"A servable's name is made of letters, digits, dots, hyphens and underscores; "
            f"received {name!r}, give another with --name."
        )
    if not 0 <= version <= MAX_VERSION:
        raise CallError(f"A version is a number from 0 to {MAX_VERSION}; received {version}.")
    path = Path(folder, name, str(version))
    if path.exists():
        versions = [int(p.name) for p in path.parent.iterdir() if p.name.isdecimal()]
        raise CallError(
            f"{path} is there already; --version {max([version, *versions]) + 1} writes the next "
            "one beside it."
        )
    require_writable(path.parent)
    return path


def _on_tensorflow(model, args):
    """What `modzoo` says, with `args(model)`, in a process whose Keras runs on TensorFlow."""
    with tempfile.TemporaryDirectory() as folder:
        if not _is_name(model):
            file = Path(folder, "model.keras")
            model.save(file)
            model = file
        command = [sys.executable, "-P", "-m", "modzoo", *map(str, args(model)), "--json"]
        environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.stdout:
        return json.loads(done.stdout)
    said = (done.stderr.splitlines() or ["it said nothing"])[-1].removeprefix("modzoo: ")
    raise (CallError if done.returncode == 2 else RuntimeError)(said)


def _is_name(model):
    return isinstance(model, (str, Path))


def _loaded(model, gazetteers=None):
    return load(model, gazetteers=gazetteers) if _is_name(model) else model


def _listed(parts):
    return [parts] if isinstance(parts, str) else list(parts)


def _known(given, fields, owner):
    """Settings that were given, by name; raises unless they are among `fields`."""
    kinds = {field.name: kind(field) for field in fields}
    for name in given.keys() - kinds.keys():
        have = f"it has: {', '.join(sorted(kinds))}" if kinds else "it has none"
        raise CallError(f"{owner} has no setting {name!r}; {have}.")
    return {
        name: tuple(_listed(value)) if kinds[name] is tuple and value is not None else value
        for name, value in given.items()
    }


def _application_and_options(model, options):
    application = application_at(find_model(model)) if _is_name(model) else application_of(model)
    if application is None:
        raise CallError(f"{type(model).__name__} is no model of an application.")
    fields = dataclasses.fields(application.Options)
    return application, application.Options(**_known(options, fields, application.__name__))


def _with_parts_off(application, model, parts):
    parts = _listed(parts)
    return application.without(model, parts) if parts else model
