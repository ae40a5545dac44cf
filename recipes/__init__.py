"""Recipes: each an ordinary script around `model.fit`, `<application>/<experiment>.py`.

A recipe has a docstring that says what it reproduces, the command, the figure to expect and the
time it takes; and

    Settings      a frozen dataclass that extends its application's `ModelSettings` and
                  `TrainingSettings`; its fields become flags
    VARIANTS      settings under a name
    EMBEDDED      settings that differ where there is no `--data`
    METRIC        the figure that counts, where it is not the first of those reported
    load(data, split, settings)
                  reads labelled examples, without `data` the embedded ones; `split=None`: the
                  last labelled one
    main(settings, run)
                  loads, builds, compiles, fits and evaluates

It imports Keras inside of these, so that flags are read and the backend is chosen before.
What can be done with the trained model is its application's.
"""

import ast
import dataclasses
import difflib
import importlib
import os
from pathlib import Path

from modzoo.applications import load_application
from modzoo.errors import CallError
from modzoo.loading import find_model
from modzoo.training import Preset, Run
from modzoo.training.distribution import check_batch_size, make_distribution, num_processes
from modzoo.training.preset import is_preset, read_preset
from modzoo.training.run import is_run, read_config
from modzoo.training.settings import flag


def recipe_names():
    """All recipes, `<application>/<experiment>`."""
    root = Path(__file__).parent
    return sorted(
        f"{path.parent.name}/{path.stem}"
        for path in root.glob("*/*.py")
        if not path.name.startswith("_")
    )


def summary(name):
    """First line of a recipe's docstring, read without importing it."""
    source = Path(__file__).parent.joinpath(f"{name}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)).splitlines()[0]


def load_recipe(name):
    """The module of a recipe."""
    names = recipe_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(names)}."
        raise CallError(f"There is no recipe {name!r}; {hint}")
    return importlib.import_module(f"modzoo.recipes.{name.replace('/', '.')}")


def application_name(recipe):
    """The application that a recipe, by its name, belongs to."""
    return recipe.split("/")[0]


def open_trained(name):
    """The run folder or the preset `name`, and the module of its recipe."""
    path = find_model(name)
    if not (is_preset(path) or is_run(path)):
        raise CallError(
            f"The model {path} does not say which recipe trained it, as a run and a preset do."
        )
    kind, read = (Preset, read_preset) if is_preset(path) else (Run, read_config)
    record = read(path)
    recipe = load_recipe(record["recipe"])
    return kind.open(path, recipe.Settings, record), recipe


def begin_run(
    name,
    given,
    *,
    data=None,
    out=None,
    variant=None,
    start=None,
    resume=False,
    distribute="none",
):
    """The run of a training that is begun or goes on.

    Args:
        name: Name of the recipe.
        given: Dictionary of settings.
        data: The data folder. Default: the recipe's embedded data.
        out: The run folder. Default: below `runs/`.
        variant: Name of one of the recipe's `VARIANTS`; what is given wins over it.
        start: Run or preset to train further, whose model's settings are taken over.
        resume: Whether the run in `out` goes on.
        distribute: `"none"`, `"data"` or `"model"`: what the devices there are share.
    """
    recipe = load_recipe(name)
    layout = load_application(application_name(name)).LAYOUT
    distribution = make_distribution(distribute, layout)
    if out is None and num_processes() > 1:
        raise CallError("Name the run folder, which all processes share, with --out.")
    given = settings_in_full(name, given, variant, start)
    if start is not None and os.path.exists(start):
        start = os.path.abspath(start)
    defaults = recipe.EMBEDDED if data is None else {}
    if resume:
        run = Run.resume(out, name, recipe.Settings, given, data, start, defaults)
    else:
        run = Run.begin(out, name, recipe.Settings(**{**defaults, **given}), data, start)
    check_batch_size(distribution, run.settings.batch_size)
    run.distribution = distribution
    return run


def settings_in_full(name, given, variant=None, start=None):
    """The settings `given` to a recipe, paths absolute, with those of a variant and of the model
    to train further; arguments as in `begin_run`."""
    recipe = load_recipe(name)
    for field in dataclasses.fields(recipe.Settings):
        value = given.get(field.name)
        if field.metadata["is_path"] and value:
            paths = map(_absolute, value) if isinstance(value, tuple) else _absolute(value)
            given = {**given, field.name: tuple(paths) if isinstance(value, tuple) else paths}
    if variant is not None:
        if variant not in recipe.VARIANTS:
            raise CallError(
                f"{name} has no variant {variant!r}; it has: {', '.join(recipe.VARIANTS)}."
            )
        given = {**recipe.VARIANTS[variant], **given}
    if start is not None:
        given = _with_model_of(start, name, recipe, given, variant)
    return given


def _absolute(path):
    """A path from the root; what is none, such as a preset's name, stays as it is."""
    return os.path.abspath(path) if os.path.exists(path) else path


def _with_model_of(start, name, recipe, given, variant):
    """The settings `given`, with the application's `ModelSettings` taken from `start`."""
    trained, _ = open_trained(start)
    application = application_name(name)
    if application_name(trained.recipe) != application:
        raise CallError(
            f"--from {start} is a model of {trained.recipe}, which {name} cannot train further."
        )
    fields = dataclasses.fields(load_application(application).ModelSettings)
    fields = [field for field in fields if not field.metadata["is_found_again"]]
    fixed = {field.name: getattr(trained.settings, field.name) for field in fields}
    for key, value in fixed.items():
        if given.get(key, value) != value:
            of_variant = variant is not None and key in recipe.VARIANTS[variant]
            said = f"--variant {variant} sets {flag(key)}, which" if of_variant else flag(key)
            raise CallError(
                f"{said} is part of the model, and --from {start} has {value}; leave it out."
            )
    return {**given, **fixed}
