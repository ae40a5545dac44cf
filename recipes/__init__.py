"""Recipes: each an ordinary script around `model.fit`, `<application>/<experiment>.py`.

A recipe has a docstring that says what it reproduces, `Settings`, a frozen dataclass whose
fields become flags, `VARIANTS`, settings under a name, and the functions

    main(config, run)                    trains, and returns what `metrics.json` holds
    evaluate(model, data, split, limit)  -> split, number of examples, {metric: value}
    disable(model, modules)              switches modules off, by name, in a model not yet called
    predict(model, inputs)               -> a list of dictionaries, one for each input
    explain(model, input)                -> a dictionary and a Matplotlib figure

They import Keras inside, so that flags are read and the backend is chosen before.
"""

import ast
import difflib
import importlib
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


def load_model(run):
    """The best model of a run, its application's classes made known to Keras first."""
    application = importlib.import_module(f"modzoo.applications.{run.recipe.split('/')[0]}")
    for name in dir(application):
        getattr(application, name)
    return run.load_model()
