import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

from modzoo.errors import CallError, quoted
from modzoo.recipes import load_recipe
from modzoo.training.settings import flag, kind

RECORD = "ablation.json"
OWN = ("seed", "seeds")  # settings that the plan's seeds are for
SEEDS, MOST_SEEDS = 3, 1000


@dataclass(frozen=True)
class Plan:
    """What an ablation trains.

    Attributes:
        recipe: Name of the recipe.
        axes: Dictionary of the settings that vary, `{name: list of values}`, the slowest first.
        fixed: Dictionary of settings that all runs have.
        seeds: List of integers.
        metric: Name of the figure to compare; None: the recipe's own.
        data: The data folder, or None for the recipe's embedded default.
        start: Run or preset to train further, or None.
        variant: Name of a variant of the recipe, or None.
    """

    recipe: str
    axes: dict = dataclasses.field(default_factory=dict)
    fixed: dict = dataclasses.field(default_factory=dict)
    seeds: tuple = ()
    metric: str | None = None
    data: str | None = None
    start: str | None = None
    variant: str | None = None

    @classmethod
    def of(cls, recipe, settings, seeds=None, data=None, start=None, **others):
        """A plan of a call, whose `settings` vary where they have several values.

        Args:
            recipe: Name of the recipe.
            settings: `{name: value}`, a list for several values.
            seeds: See `read_seeds`; None: not given.
            data, start: Paths, or the name of a preset.
            **others: `metric` and `variant`.
        """
        fields = {field.name: field for field in plan_fields(recipe)}
        axes, fixed = {}, {}
        for name, value in settings.items():
            if name not in fields:
                raise CallError(
                    f"{recipe} has no setting {quoted(name)} to be varied; "
                    f"it has: {', '.join(sorted(fields))}."
                )
            values = value if isinstance(value, list) else [value]
            values = [_value(item, fields[name]) for item in values]
            if not values:
                raise CallError(f"{flag(name)} needs a value.")
            if len(set(values)) < len(values):
                raise CallError(f"{flag(name)} has a value twice; give each once.")
            if len(values) > 1:
                axes[name] = values
            else:
                fixed[name] = values[0]
        return cls(
            recipe,
            axes,
            fixed,
            () if seeds is None else read_seeds(seeds),
            data=None if data is None else os.path.abspath(data),
            start=os.path.abspath(start) if start is not None and os.path.exists(start) else start,
            **others,
        )

    @classmethod
    def read(cls, folder):
        """The plan of the ablation in a folder."""
        file, record = Path(folder, RECORD), read_record(folder)
        try:
            plan = record["plan"]
            settings = {**plan["axes"], **{k: [v] for k, v in plan["fixed"].items()}}
            texts = {key: plan[key] for key in ("metric", "data", "start", "variant")}
            if not all(isinstance(text, (str, type(None))) for text in texts.values()):
                raise TypeError("metric, data, start and variant must be texts or null")
            if not isinstance(plan["recipe"], str) or not isinstance(plan["seeds"], list):
                raise TypeError("recipe must be a text, and seeds a list")
            return cls.of(plan["recipe"], settings, plan["seeds"], **texts)
        except CallError as error:
            raise CallError(f"Cannot read {file}: {error}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise CallError(f"Cannot read {file}: it is no ablation's record ({error}).") from error

    def over(self, other):
        """This plan, with what it leaves open as in `other`."""
        if self.recipe != other.recipe:
            raise CallError(f"The ablation to go on with is of {other.recipe}, not {self.recipe}.")
        given = {*self.axes, *self.fixed}
        merged = {
            part: {
                **{k: v for k, v in getattr(other, part).items() if k not in given},
                **getattr(self, part),
            }
            for part in ("axes", "fixed")
        }
        if list(self.axes) and set(self.axes) == set(merged["axes"]):
            merged["axes"] = self.axes  # in the order given
        rest = ("seeds", "metric", "data", "start", "variant")
        return Plan(
            self.recipe, **merged, **{k: getattr(self, k) or getattr(other, k) for k in rest}
        )

    def complete(self):
        """This plan, with the usual seeds if none are given."""
        return dataclasses.replace(self, seeds=self.seeds or read_seeds(SEEDS))


def read_record(folder):
    """What stands in the `ablation.json` of a folder, a dictionary."""
    file = Path(folder, RECORD)
    if not file.is_file():
        raise CallError(
            f"There is no {file} to go on with; without --resume an ablation begins there."
        )
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(record, dict):
            raise TypeError("it holds no object")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CallError(f"Cannot read {file}: it is no ablation's record ({error}).") from error
    return record


def plan_fields(recipe):
    """The settings of a recipe that an ablation can vary or fix: all but the seeds."""
    return [f for f in dataclasses.fields(load_recipe(recipe).Settings) if f.name not in OWN]


def read_seeds(seeds):
    """Seeds of their number, as in 3 or "3", or of themselves, as in [0, 1, 5] or "0,1,5"."""
    try:
        if isinstance(seeds, str):
            seeds = [int(x) for x in seeds.split(",") if x] if "," in seeds else int(seeds)
        seeds = range(seeds) if type(seeds) is int else seeds
        if not all(type(seed) is int and seed >= 0 for seed in seeds[: MOST_SEEDS + 1]):
            raise ValueError
    except (TypeError, ValueError) as error:
        raise CallError(
            f"--seeds must be their number, such as 3, or seeds of 0 and more, such as 0,1,5; "
            f"received {quoted(str(seeds))}."
        ) from error
    if not 1 <= len(seeds) <= MOST_SEEDS or len(set(seeds)) < len(seeds):
        raise CallError(f"--seeds must be 1 to {MOST_SEEDS:,}, each once; received {len(seeds):,}.")
    return tuple(seeds)


def _value(value, field):
    """The value of a setting; one that holds a list may be a text with commas."""
    if kind(field) is not tuple or value is None:
        return tuple(value) if isinstance(value, list) else value
    return tuple(value.split(",") if isinstance(value, str) else value)
