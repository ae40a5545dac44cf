"""Presets: small trained models that ship with the package."""

import contextlib
import difflib
import json
import shutil
import sys
from dataclasses import asdict, fields
from pathlib import Path

from modzoo.errors import CallError
from modzoo.files import whole_folder, write_json
from modzoo.training.bounds import bounded_by_folder
from modzoo.training.environment import versions
from modzoo.training.settings import flag, from_json

PRESETS = Path(__file__).parents[1] / "presets"
RECORD = "preset.json"
DESCRIPTIONS = ("task.json", "config.json")  # of a folder that `save_to_preset` wrote


class Preset:
    """A trained model in the format of `keras_hub`'s presets, with the recipe that made it.

    Attributes:
        path: The folder.
        recipe: Name of the recipe, `<application>/<experiment>`.
        settings: The recipe's settings in that training.
        data: None; the data a preset was trained on are named in its card.
    """

    data = None

    def __init__(self, path, recipe, settings):
        self.path = Path(path)
        self.recipe = recipe
        self.settings = settings

    @classmethod
    def open(cls, path, settings_class, record=None):
        """The preset in the folder `path`."""
        record = record or read_preset(path)
        settings = from_json(settings_class, record["settings"], Path(path, RECORD))
        return cls(path, record["recipe"], settings)


class FromPreset:
    """Mixed into `keras_hub` classes: `from_preset` also takes the name of a preset here, which
    wins over a folder of that name."""

    @classmethod
    def from_preset(cls, preset, *args, **kwargs):
        preset = str(preset)
        folder = preset_folder(preset)
        if folder == preset and not Path(preset).exists() and preset.isidentifier():
            near = difflib.get_close_matches(preset, preset_names(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there is: {preset_names()}."
            raise ValueError(f"There is no preset {preset!r}; {hint}")
        cls._require_kind(folder, preset)
        is_here = Path(folder).is_dir()
        with bounded_by_folder(folder) if is_here else contextlib.nullcontext():
            return super().from_preset(folder, *args, **kwargs)

    @classmethod
    def _require_kind(cls, folder, preset):
        """Raises where a preset of this project is of models of other classes."""
        described = next((f for f in (Path(folder, n) for n in DESCRIPTIONS) if f.is_file()), None)
        if described is None or not is_preset(folder):
            return
        name = json.loads(described.read_text(encoding="utf-8"))["registered_name"]
        packages = (sys.modules.get(base.__module__.rpartition(".")[0]) for base in cls.__mro__)
        known = {known for package in packages for known in getattr(package, "CLASSES", ())}
        if name.removeprefix("modzoo>") not in known:
            raise ValueError(
                f"The preset {preset!r} holds a {name.removeprefix('modzoo>')}, which "
                f"{cls.__name__} cannot be made of; modzoo.load reads it."
            )


def preset_names():
    """Names of the presets in the package."""
    return sorted(path.parent.name for path in PRESETS.glob(f"*/{RECORD}"))


def preset_folder(name):
    """The folder of the preset `name`; other names, such as paths, as they are."""
    return str(PRESETS / name) if name in preset_names() else name


def is_preset(path):
    """Whether a folder holds a preset of this project."""
    return Path(path, RECORD).is_file()


def read_preset(path):
    """What stands in a preset's `preset.json`: recipe, summary, settings, figure, versions."""
    file = Path(path, RECORD)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(record["recipe"], str) or not isinstance(record["settings"], dict):
            raise TypeError("recipe or settings are of the wrong type")
        return {key: record[key] for key in ("recipe", "summary", "settings", "figure", "versions")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CallError(f"Cannot read {file}: it is not a preset's record ({error}).") from error


def save_preset(folder, run, model, figure, summary):
    """Writes a model as a preset, its weights in float16. A `card.md` that is there stays.

    Args:
        folder: The preset's folder, new or with a preset to replace; its name is the preset's.
        run: The `Run` that trained it.
        model: The `keras_hub.models.Task` or `Backbone`.
        figure: Dictionary of `"split"`, `"examples"` and `"metrics"`, the figures to show, the
            most telling first, as `metrics.json` has them.
        summary: What it says of what, in a few words, for the table of presets.
    """
    folder = Path(folder)
    card = folder / "card.md"
    settings = asdict(run.settings)
    for field in fields(run.settings):
        value = settings[field.name]
        if field.metadata["is_path"] and (
            field.metadata["is_data"] or field.metadata["is_found_again"]
        ):
            settings[field.name] = field.default  # which the card names
        elif field.metadata["is_path"] and value is not None:
            raise CallError(
                f"A preset must stand alone, and this model was trained with {flag(field.name)} "
                f"{value}, of which it may hold copies."
            )
    if folder.exists() and not is_preset(folder) and {*folder.iterdir()} - {card}:
        raise CallError(f"The folder {folder} holds something else than a preset.")
    with whole_folder(folder) as beside:
        model.save_to_preset(str(beside))
        for file in beside.glob("*.weights.h5"):
            _halve(file)
        write_json(
            beside / RECORD,
            {
                "recipe": run.recipe,
                "summary": summary,
                "settings": settings,
                "figure": {key: figure[key] for key in ("split", "examples", "metrics")},
                "versions": versions(),
            },
        )
        if card.is_file():
            shutil.copy(card, beside / card.name)


def _halve(path):
    """Rewrites a weights file: float32 becomes float16, and everything is compressed."""
    import h5py
    import numpy as np

    def copy(source, target):
        target.attrs.update(source.attrs)
        for name, item in source.items():
            if isinstance(item, h5py.Group):
                copy(item, target.create_group(name))
                continue
            value = item[()]
            if value.dtype == np.float32:
                value = value.astype(np.float16)
            packing = {"compression": "gzip"} if value.ndim else {}
            target.create_dataset(name, data=value, **packing).attrs.update(item.attrs)

    halved = path.with_suffix(".half")
    with h5py.File(path) as source, h5py.File(halved, "w") as target:
        copy(source, target)
    halved.replace(path)
