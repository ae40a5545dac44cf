"""Files of strangers: at worst a sentence; nothing is written, run, or takes the memory."""

import json
import os
import shutil
import threading
import zipfile

import keras
import pytest

import modzoo
from modzoo.applications.images import ImageTransformer
from modzoo.errors import CallError
from modzoo.training import preset_folder

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A `.keras` file and a preset folder of a small model."""
    folder = tmp_path_factory.mktemp("saved")
    model = ImageTransformer([[0, 0, 0], [255, 255, 255]], (2, 2), 1, 8, 2, num_mechanisms=1)
    model.save(folder / "m.keras")
    model.save_to_preset(str(folder / "preset"))
    return folder


def rewritten(source, target, change=lambda name, content: content, added=()):
    """A `.keras` file with its members changed, and others added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name in added:
            new.writestr(name, "written")


def of_class(**described):
    def change(name, content):
        if name != "config.json":
            return content
        layer = {"config": {}, "registered_name": None, "class_name": "X", **described}
        inner = {"name": "s", "layers": [layer]}
        model = {"class_name": "Sequential", "module": "keras", "config": inner}
        return json.dumps({**model, "registered_name": None})

    return change


LAMBDA = {"class_name": "__lambda__", "config": {"value": "4wAAAAA=", "defaults": None}}
REFUSED = "is refused, and nothing of it was run: it holds code"
CONFIGS = [
    ({"module": "os", "class_name": "system"}, REFUSED),
    ({"module": "subprocess", "class_name": "Popen", "config": {"args": "id"}}, REFUSED),
    ({"module": "keras.utils", "class_name": "get_file"}, REFUSED),
    ({"module": "mine", "class_name": "X", "registered_name": "mine>X"}, REFUSED),
    (
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": LAMBDA}},
        REFUSED,
    ),
    (
        {"module": "keras.layers", "class_name": "Dense", "config": {"units": "x"}},
        "damaged or of another version",
    ),
]


@pytest.mark.parametrize("described, message", CONFIGS, ids=lambda v: str(v)[:60])
def test_classes_that_are_not_ours(saved, tmp_path, described, message):
    rewritten(saved / "m.keras", tmp_path / "m.keras", of_class(**described))
    with pytest.raises(CallError, match=message):
        modzoo.load(tmp_path / "m.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


HUGE = [
    ("keras.layers", "Dense", {"units": 10**7}),  # of 64 inputs each
    ("modzoo.layers", "RIM", {"num_modules": 10**10, "units": 4}),
    ("modzoo.layers", "RIM", {"num_modules": 10**3, "units": 10**4}),
    ("modzoo.layers", "TIMEncoder", {"num_layers": 10**7}),
]
TOO_LARGE = r"\.keras: it describes a larger model than its weights are of\.$"


def described(module, name, config):
    ours = module == "modzoo.layers"
    return {
        "module": module,
        "class_name": name,
        "registered_name": f"modzoo>{name}" if ours else None,
        "config": config,
        "build_config": {"input_shape": [None, 5, 64] if ours else [None, 64]},
    }


@pytest.mark.parametrize("module, name, config", HUGE)
def test_a_description_of_more_than_there_is(saved, tmp_path, module, name, config):
    change = of_class(**described(module, name, config))
    rewritten(saved / "m.keras", tmp_path / "m.keras", change)
    with pytest.raises(CallError, match=TOO_LARGE):
        modzoo.load(tmp_path / "m.keras")


def test_a_folder_that_describes_more_than_there_is(saved, tmp_path):
    folder = shutil.copytree(saved / "preset", tmp_path / "p")
    task = json.loads((folder / "config.json").read_text())
    task["config"]["width"] = 2**14
    (folder / "config.json").write_text(json.dumps(task))
    for load in (modzoo.load, ImageTransformer.from_preset):
        with pytest.raises(CallError, match="describes a larger model"):
            load(str(folder))


def test_a_description_of_what_is_no_text(saved, tmp_path):
    def change(name, content):
        return (
            content.replace(b'"image_transformer', b'"\\ud800')
            if name == "config.json"
            else content
        )

    rewritten(saved / "m.keras", tmp_path / "m.keras", change)
    with pytest.raises(CallError, match=r"m\.keras: '.ud800.* is half a character alone"):
        modzoo.load(tmp_path / "m.keras")


def test_large_numbers_that_are_no_sizes(tmp_path):
    inputs = keras.Input((4, 8))
    model = keras.Model(inputs, modzoo.layers.RIM(2, 4, dropout=0.1, seed=2**40)(inputs))
    decay = keras.optimizers.schedules.CosineDecay(1e-3, 50_000_000)
    model.compile(keras.optimizers.Adam(decay), "mse")
    model.save(tmp_path / "m.keras")
    assert isinstance(modzoo.load(tmp_path / "m.keras"), keras.Model)


def test_other_threads_build_what_they_like(saved):
    built = []

    def build():
        for _ in range(20):
            layer = keras.layers.Dense(2000)
            layer.build((None, 2000))
            built.append(layer)

    thread = threading.Thread(target=build)
    thread.start()
    for _ in range(5):
        modzoo.load(saved / "m.keras")
    thread.join()
    assert len(built) == 20


def test_weights_that_are_packed_to_nothing(saved, tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", zipfile.ZipFile(saved / "m.keras").read("config.json"))
        archive.writestr("model.weights.h5", bytes(10**8))
    with pytest.raises(CallError, match="packed to a small part of its size"):
        modzoo.load(tmp_path / "m.keras")


def test_names_that_lead_out_of_the_file(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["../out.txt", "assets/../../out.txt", str(tmp_path / "out.txt")]
    rewritten(saved / "m.keras", tmp_path / "m.keras", added=names)
    try:
        modzoo.load(tmp_path / "m.keras")
    except CallError as error:
        assert "Cannot read" in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]
    assert not (tmp_path.parent / "out.txt").exists()


@pytest.mark.parametrize("share", [0.2, 0.7, 0.99])
def test_a_file_that_was_cut_off(saved, tmp_path, share):
    content = (saved / "m.keras").read_bytes()
    (tmp_path / "m.keras").write_bytes(content[: int(share * len(content))])
    with pytest.raises(CallError, match=r"m\.keras.*no \.keras file"):
        modzoo.load(tmp_path / "m.keras")


def deep(folder):
    text = '{"registered_name": "modzoo>ImageTransformer", "config": ' + "[" * 10_000
    (folder / "config.json").write_text(text)


def linked_to_a_device(folder):
    (folder / "model.weights.h5").unlink()
    (folder / "model.weights.h5").symlink_to("/dev/zero")


def linked_to_nothing(folder):
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("/nowhere")


def linked_elsewhere(folder):
    import h5py

    (folder / "model.weights.h5").unlink()
    with h5py.File(folder / "model.weights.h5", "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")


def a_pipe(folder):
    os.mkfifo(folder / "assets")


@pytest.mark.parametrize(
    "damage, message",
    [
        (deep, "no JSON object"),
        (linked_to_a_device, "no plain file"),
        (linked_to_nothing, "no plain file|holds no model"),
        (linked_elsewhere, "Cannot read the preset"),
        (a_pipe, "no plain file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_folders(saved, tmp_path, damage, message):
    folder = shutil.copytree(saved / "preset", tmp_path / "p")
    damage(folder)
    with pytest.raises(CallError, match=message):
        modzoo.load(folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04", b"[PAD]\n" * 3])
def test_assets_of_another_type(tmp_path, content):
    folder = shutil.copytree(preset_folder("sentiment_sst2"), tmp_path / "p")
    (folder / "assets" / "tokenizer" / "vocabulary.txt").write_bytes(content)
    with pytest.raises(CallError, match=r"vocabulary\.txt"):
        modzoo.load(folder)


def test_a_model_of_ones_own_is_read(saved):
    assert isinstance(modzoo.load(saved / "m.keras"), keras.Model)
    assert isinstance(modzoo.load(saved / "preset"), ImageTransformer)
