"""Every preset that ships: loaded and used on every backend, and what may be in it.

As a script it prints what the presets predict on this backend, as JSON:

    python -m tests.test_presets
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import modzoo
from modzoo.applications import application_of
from modzoo.recipes import load_recipe
from modzoo.training.preset import PRESETS, preset_folder, preset_names, read_preset
from tests.applications.rows import example_batch
from tests.backends import BACKENDS, assert_equal_trees, to_numpy


def predictions(name):
    """Logits of a preset for an example of its application."""
    model = modzoo.load(name)
    return to_numpy(model.predict(example_batch(model), verbose=0))


@pytest.fixture(scope="module")
def predicted_here():
    return {name: predictions(name) for name in preset_names()}


def test_there_are_presets(predicted_here):
    assert len(predicted_here) >= 5


@pytest.mark.parametrize("backend", [b for b in BACKENDS if b != "tensorflow"])
@pytest.mark.one_backend
def test_every_preset_predicts_alike_on_every_backend(predicted_here, backend):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    args = [sys.executable, "-m", "tests.test_presets"]
    done = subprocess.run(args, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout.splitlines()[-1])
    assert there.pop("backend") == backend
    assert there.keys() == predicted_here.keys()
    for name, values in there.items():
        found = keras.tree.map_structure_up_to(predicted_here[name], np.array, values)
        assert_equal_trees(found, predicted_here[name], 1e-4)


@pytest.mark.parametrize("name", preset_names())
def test_what_a_preset_records(name):
    record = read_preset(preset_folder(name))
    recipe = load_recipe(record["recipe"])
    assert record["summary"] and record["figure"]["metrics"]
    known = set(recipe.Settings.__dataclass_fields__)
    assert set(record["settings"]) <= known
    assert application_of(modzoo.load(name)).__name__.endswith(record["recipe"].split("/")[0])


def kinds_of(folder):
    """The dtypes of a preset's weights."""
    kinds = set()
    for file in folder.glob("*.weights.h5"):
        with h5py.File(file) as weights:
            weights.visititems(lambda _, item: kinds.add(getattr(item, "dtype", None)))
    return kinds


@pytest.mark.one_backend
@pytest.mark.parametrize("name", preset_names())
def test_what_is_in_a_preset(name):
    folder = Path(preset_folder(name))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8 * 2**20
    assert (folder / "card.md").is_file()
    assert kinds_of(folder) & {np.dtype("float16"), np.dtype("float32")} == {np.dtype("float16")}
    assert {path.name for path in folder.rglob("*.tsv")} <= {"pmi.tsv"}
    settings = json.loads((folder / "preset.json").read_text())["settings"]
    assert not any(str(value).startswith("/") for value in settings.values())
    for vocabulary in folder.rglob("vocabulary.txt"):
        words = vocabulary.read_text(encoding="utf-8").splitlines()
        assert {word for word in words if word.startswith("@") and len(word) > 1} <= {"@user"}


@pytest.mark.one_backend
def test_the_presets_are_small():
    files = [path for path in PRESETS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 48 * 2**20


if __name__ == "__main__":
    printed = {"backend": keras.backend.backend()}
    for preset in preset_names():
        printed[preset] = keras.tree.map_structure(np.ndarray.tolist, predictions(preset))
    print(json.dumps(printed))
