"""Recipes: each an ordinary script around `model.fit`, `<application>/<experiment>.py`.

A recipe has a docstring that says what it reproduces, `Settings`, a frozen dataclass whose
fields become flags, `VARIANTS`, settings under a name, `EMBEDDED`, settings that differ where
there is no `--data`, and the functions

    main(config, run)                     trains, and returns what `metrics.json` holds
    evaluate(model, config, data, split, limit)
                                          -> split, number of examples, {metric: value} and,
                                          if there is more to report, a dictionary of it
    disable(model, modules)               switches modules off, by name, in a model not yet called
    predict(model, inputs)                -> a list of dictionaries, one for each input
    explain(model, input)                 -> a dictionary and a Matplotlib figure

Where a model draws pictures there is also `Drawing`, a frozen dataclass of how it draws, the
inputs are files, `input` may be None, and `predict(model, inputs, drawing, out)` writes the
pictures to the file `out`.

They import Keras inside, so that flags are read and the backend is chosen before. The
recipes of one application share its model: `--from` takes a model from one to another.
"""

import ast
import difflib
import importlib
import os
from pathlib import Path

from modzoo.errors import CallError


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


def open_trained(name):
    """The run folder or the preset `name`, and the module of its recipe."""
    from modzoo.training import Preset, Run, preset_folder, preset_names
    from modzoo.training.preset import is_preset, read_preset
    from modzoo.training.run import read_config

    path = name if os.path.exists(name) else preset_folder(name)
    if not os.path.exists(path):
        near = difflib.get_close_matches(name, preset_names(), n=1)
        hint = f"did you mean the preset {near[0]}? " if near else ""
        raise CallError(
            f"There is no run folder and no preset {name!r}; {hint}modzoo train RECIPE "
            "--out FOLDER makes a run, modzoo list shows the presets."
        )
    kind, read = (Preset, read_preset) if is_preset(path) else (Run, read_config)
    record = read(path)
    recipe = load_recipe(record["recipe"])
    return kind.open(path, recipe.Settings, record), recipe


def load_model(trained):
    """The model of a run (its best) or a preset, its application's classes made known to
    Keras first."""
    application = importlib.import_module(f"modzoo.applications.{trained.recipe.split('/')[0]}")
    for name in dir(application):
        getattr(application, name)
    return trained.load_model()


def load_start(run):
    """The model that a run goes on from (`--from`), or None."""
    return None if run.start is None else load_model(open_trained(run.start)[0])
