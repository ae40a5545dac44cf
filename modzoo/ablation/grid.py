import hashlib
import itertools
import math
import re
from dataclasses import dataclass

from modzoo.ablation.plan import plan_fields
from modzoo.errors import CallError
from modzoo.recipes import load_recipe, settings_in_full
from modzoo.training.settings import flag, written

MOST_ROWS = 1000
LONGEST = 80  # characters of a folder's name
UNSAFE = re.compile(r"[^A-Za-z0-9_.,=-]+")


@dataclass(frozen=True)
class Row:
    """One combination of the values of a plan's axes.

    Attributes:
        varied: Dictionary of the settings that vary, `{name: value}`.
        given: Dictionary of all settings that were given.
        settings: The recipe's `Settings`.
        folder: Name of the folder of its runs.
        shown: Dictionary of `varied`, values as people write them.
    """

    varied: dict
    given: dict
    settings: object
    folder: str
    shown: dict


def rows_of(plan):
    """The rows of a plan, the last axis the fastest, and sentences on what is left out.

    A combination that the recipe refuses, such as more active modules than there are, is left
    out.

    Raises:
        CallError: If the recipe refuses a value in every combination, or there are too many.
    """
    count = math.prod(map(len, plan.axes.values()))
    if count > MOST_ROWS:
        raise CallError(f"There are {count:,} combinations of settings; at most {MOST_ROWS:,} fit.")
    fields = {field.name: field for field in plan_fields(plan.recipe)}
    rows, refused = [], []
    for values in itertools.product(*plan.axes.values()):
        varied = dict(zip(plan.axes, values, strict=True))
        given = {**plan.fixed, **varied}
        shown = {name: written(value, fields[name]) for name, value in varied.items()}
        try:
            settings = _settings(plan, given)
        except CallError as error:
            refused.append((varied, shown, error))
            continue
        rows.append(Row(varied, given, settings, _folder(shown), shown))
    for name, values in plan.axes.items():
        for value in values:
            if not any(row.varied[name] == value for row in rows):
                raise next(error for varied, _, error in refused if varied[name] == value)
    if not rows:
        raise refused[0][-1]
    return rows, [f"Left out is {in_words(shown)}: {error}" for _, shown, error in refused]


def _settings(plan, given):
    recipe = load_recipe(plan.recipe)
    given = settings_in_full(plan.recipe, given, plan.variant, plan.start)
    return recipe.Settings(**{**(recipe.EMBEDDED if plan.data is None else {}), **given})


def in_words(shown):
    """Settings as people write them, as the flags they are."""
    return " ".join(f"{flag(name)} {value}" for name, value in shown.items())


def _folder(shown):
    """A folder's name that says the settings, as far as a name can."""
    name = "_".join(f"{setting}={value}" for setting, value in shown.items()) or "all"
    safe = UNSAFE.sub("-", name)[:LONGEST]
    if safe == name:
        return name
    digest = hashlib.sha1(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{safe}-{digest[:8]}"
