"""What there is, and the twins in Python of the command line's commands."""

import dataclasses
from pathlib import Path

from modzoo.applications import application_of
from modzoo.errors import CallError
from modzoo.files import require_writable, save_figure, write_json
from modzoo.layers import LAYERS
from modzoo.loading import application_at, find_model, load
from modzoo.recipes import begin_run, load_recipe, open_trained, recipe_names, summary
from modzoo.training.preset import preset_folder, preset_names, read_preset
from modzoo.training.run import metrics_report


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


def train(recipe, data=None, out=None, *, variant=None, start=None, resume=False, **settings):
    """Trains a recipe; the twin of `modzoo train`.

    Args:
        recipe: Name of the recipe, `"sentiment/sst2"`.
        data: The data folder. Default: the recipe's embedded data.
        out: The run folder. Default: below `runs/`.
        variant: Name of a variant of the recipe.
        start: Run or preset to train further (`--from`).
        resume: Whether the run in `out` goes on.
        **settings: The recipe's settings, as its flags: `epochs=1`, `sources=("token", "afinn")`.

    Returns:
        `modzoo.training.Run`: `run.load_model()`, `run.report()`, `run.history()`, `run.path`.
    """
    known = {field.name for field in dataclasses.fields(load_recipe(recipe).Settings)}
    for name in settings.keys() - known:
        raise CallError(f"{recipe} has no setting {name!r}; it has: {', '.join(sorted(known))}.")
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    run = begin_run(recipe, given, data=data, out=out, variant=variant, start=start, resume=resume)
    load_recipe(recipe).main(run.settings, run)
    return run


def evaluate(name, data=None, split=None, limit=None, disable=(), **data_settings):
    """Figures of a run or a preset on labelled data; the twin of `modzoo evaluate`.

    Args:
        name: Name of a preset, or path of a run folder.
        data: The data folder. Default: the embedded data of the model's recipe.
        split: Name of the split. Default: the last labelled one.
        limit: Integer, only the first so many examples.
        disable: Parts of the model that are switched off.
        **data_settings: Settings that say how data are read, where it is not as in training.

    Returns:
        Dictionary of what `metrics.json` holds; `"disabled"` and, if there was a limit, `"of"`
        how many examples; and `"remarks"`, a list of sentences.
    """
    trained, recipe = open_trained(name)
    settings = dataclasses.replace(trained.settings, **data_settings)
    examples = recipe.load(data, split, settings)
    notes = {"disabled": list(disable)} if disable else {}
    if limit is not None and limit < len(examples):
        notes["of"] = len(examples)
    application = application_at(find_model(name))
    model = _with_parts_off(application, load(name), disable)
    evaluation = application.evaluate(model, examples.limit(limit))
    report = {**metrics_report(name, trained.recipe, evaluation), **notes}
    return {**report, "remarks": list(evaluation.remarks)}


def predict(model, inputs=(), disable=(), out=None, **options):
    """What a model says of inputs; the twin of `modzoo predict`.

    Args:
        model: What `modzoo.load` takes, or a model it returned.
        inputs: List of texts, or of paths of files.
        disable: Parts of the model that are switched off.
        out: File to write, for models that write one.
        **options: The application's `Options`.

    Returns:
        `modzoo.applications.interface.Predictions`: `records` and `lines`.
    """
    application, options = _application_and_options(model, options)
    if (application.OUTPUT is None) != (out is None):
        needs = f"needs a file that ends in {application.OUTPUT}" if out is None else "writes none"
        raise CallError(f"Of what this model predicts, `out` {needs}; received out={out}.")
    if out is not None:
        require_file(out, application.OUTPUT)
    model = _with_parts_off(application, _loaded(model), disable)
    predictions = application.predict(model, list(inputs), options)
    if out is not None:
        predictions.save(out)
    return predictions


def explain(model, input=None, out=None, disable=(), **options):
    """Which part of a model did what with an input; the twin of `modzoo explain`.

    Args:
        model: What `modzoo.load` takes, or a model it returned.
        input: A text, or the path of a file.
        out: Folder to which `explain.png` and `explain.json` are written.
        disable: Parts of the model that are switched off.
        **options: The application's `Options`.

    Returns:
        Dictionary of JSON values; `modzoo.applications.<name>.draw` draws it.
    """
    application, options = _application_and_options(model, options)
    if out is not None:
        require_writable(out)
    model = _with_parts_off(application, _loaded(model), disable)
    record = application.explain(model, input, options)
    if out is not None:
        write_json(Path(out, "explain.json"), record)
        save_figure(application.draw(record), Path(out, "explain.png"))
    return record


def require_file(path, suffix):
    """Raises unless a file of that suffix can be written."""
    if Path(path).suffix.lower() != suffix or Path(path).is_dir():
        raise CallError(f"--out needs a file that ends in {suffix}, received {path}.")
    require_writable(Path(path).absolute().parent)


def _is_name(model):
    return isinstance(model, (str, Path))


def _loaded(model):
    return load(model) if _is_name(model) else model


def _application_and_options(model, options):
    application = application_at(find_model(model)) if _is_name(model) else application_of(model)
    if application is None:
        raise CallError(f"{type(model).__name__} is no model of an application.")
    known = {field.name for field in dataclasses.fields(application.Options)}
    for name in options.keys() - known:
        have = f"it has: {', '.join(sorted(known))}" if known else "it has none"
        raise CallError(f"{application.__name__} has no option {name!r}; {have}.")
    return application, application.Options(**options)


def _with_parts_off(application, model, parts):
    return application.without(model, parts) if parts else model
