"""`modzoo decompose` and `modzoo compose` on a model of a person's own, without any recipe."""

import json
import shutil

import keras
import numpy as np
import pytest

import modzoo
from modzoo.decomposition import ModuleSet
from tests.decomposition.networks import drawn

LABELS = ["red", "green", "blue"]
MASKS = {"red": "aaff", "green": "d8ff", "blue": "bbcf"}  # of 16 units, on every backend


def model_of_ones_own(width=6):
    x = keras.Input((width,), dtype="int32", name="ids")
    y = keras.layers.Embedding(20, 4, mask_zero=True)(x)
    y = keras.layers.LSTM(16, name="lstm")(y)
    return drawn(keras.Model(x, keras.layers.Dense(3, activation="softmax")(y)))


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of a model, and of examples labelled with what it says of them."""
    folder = tmp_path_factory.mktemp("own")
    model = model_of_ones_own()
    model.save(folder / "m.keras")
    x = np.random.default_rng(0).integers(1, 20, (120, 6))
    y = model.predict_on_batch(x).argmax(-1)
    np.savez(folder / "own.npz", x=x, y=y, labels=LABELS)
    return folder


@pytest.fixture(scope="module")
def report(own):
    """What decomposing it into `own / "D"` says."""
    return modzoo.decompose(own / "m.keras", own / "own.npz", own / "D", max_removed=0.25)


def test_a_model_is_taken_apart(own, report):
    assert (report["modules"], report["examples"], report["monolith"]) == (3, 24, 1.0)
    assert list(report["classes"]) == LABELS and report["share_kept"] == 0.75
    assert sum(row["examples"] for row in report["classes"].values()) == 24
    names = {"modules.json", "network_0.keras", "report.md", "units.png", "overlap.png"}
    assert {path.name for path in (own / "D").iterdir()} == {*names, "curve.png"}
    masks = ModuleSet.load(own / "D").masks
    assert {label: np.packbits(masks[label]["lstm"]).tobytes().hex() for label in LABELS} == MASKS


def test_modules_are_put_together(own, report, call, tmp_path):
    parts = [f"{own / 'D'}:blue", f"{own / 'D'}:red,green"]
    code, out, err = call("compose", *parts, "--out", tmp_path / "C", "--json")
    assert code == 0, err
    assert json.loads(out) == {"labels": ["blue", "red", "green"], "vocabulary": None}
    names = {"modules.json", "network_0.keras", "composition.keras"}
    assert {path.name for path in (tmp_path / "C").iterdir()} == names
    x = np.load(own / "own.npz")["x"]
    expected = ModuleSet.load(own / "D").predict(x)[:, [2, 0, 1]]
    composition = modzoo.load(tmp_path / "C" / "composition.keras")
    np.testing.assert_allclose(composition.predict_on_batch(x), expected, atol=1e-5)
    np.testing.assert_allclose(ModuleSet.load(tmp_path / "C").predict(x), expected, atol=1e-5)
    assert call("compose", tmp_path / "C", "--out", tmp_path / "E")[1].startswith("blue, red, gr")


@pytest.mark.one_backend
def test_some_labels_alone(own, call, tmp_path):
    args = ["decompose", own / "m.keras", "--data", own / "own.npz", "--out", tmp_path / "D"]
    code, out, err = call(*args, "--only", "blue,red", "--smallest")
    assert code == 0, err
    assert out.startswith("2 modules together ") and out.endswith(f"\n{tmp_path / 'D'}\n")
    assert ModuleSet.load(tmp_path / "D").labels == ["blue", "red"]


@pytest.mark.one_backend
def test_labels_with_commas_and_colons(own, call, tmp_path):
    labels = ["warm, or red", "a:b", "blue"]
    arrays = np.load(own / "own.npz")
    np.savez(tmp_path / "own.npz", x=arrays["x"], y=arrays["y"], labels=labels)
    args = ["decompose", own / "m.keras", "--data", tmp_path / "own.npz", "--out", tmp_path / "D:1"]
    assert call(*args, "--only", "a:b,warm, or red")[0] == 0
    assert ModuleSet.load(tmp_path / "D:1").labels == ["a:b", "warm, or red"]
    call("compose", f"{tmp_path / 'D:1'}:warm, or red,a:b", "--out", tmp_path / "C")
    assert ModuleSet.load(tmp_path / "C").labels == ["warm, or red", "a:b"]


@pytest.mark.one_backend
def test_what_is_there_is_refused_before_the_work(own, report, call, tmp_path, monkeypatch):
    def work(*args, **options):
        raise AssertionError("there was work")

    full = shutil.copytree(own / "D", tmp_path / "full")
    (full / "thesis.txt").write_text("a")
    monkeypatch.setattr("modzoo.decomposition.decompose", work)
    monkeypatch.setattr(ModuleSet, "merge", work)
    for args in (
        ["decompose", own / "m.keras", "--data", own / "own.npz"],
        ["compose", f"{own / 'D'}:red", f"{own / 'D'}:blue"],
    ):
        code, _, err = call(*args, "--out", full)
        assert code == 2 and "holds more than modules, which would be lost: thesis.txt;" in err
    assert (full / "thesis.txt").read_text() == "a"
    before = sorted((own / "D").iterdir())
    code, _, err = call("compose", f"{own / 'D'}:red", "--out", own / "D")
    assert code == 2 and "D is read, and would be replaced; write to another folder." in err
    assert sorted((own / "D").iterdir()) == before


# What does not fit


def plain():
    return keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation="softmax")])


def of_the_zoo():
    x = keras.Input((6,))
    y = modzoo.layers.RIM(2, 4, num_active=1, name="rim")(keras.layers.Reshape((6, 1))(x))
    return keras.Model(x, keras.layers.Dense(3, activation="softmax")(y))


def stateful():
    x = keras.Input((6,), batch_size=4)
    y = keras.layers.GRU(4, stateful=True, name="memory")(keras.layers.Reshape((6, 1))(x))
    return keras.Model(x, keras.layers.Dense(3, activation="softmax")(y))


def with_code():
    x = keras.Input((6, 2))
    y = keras.layers.LSTM(4)(keras.layers.Lambda(lambda z: 2 * z)(x))
    return keras.Model(x, keras.layers.Dense(3, activation="softmax")(y))


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (plain, "has a SimpleRNN, an LSTM or a GRU; the model sequential has none: "),
        (of_the_zoo, "The layer rim, a RIM, cannot be decomposed"),
        (stateful, "memory"),
        (with_code, "Lambda"),
        (lambda: model_of_ones_own(7), "shape (7) as its input ids, x has examples of shape (6)"),
    ],
)
def test_models_that_cannot_be_taken_apart(own, call, tmp_path, make, message):
    make().save(tmp_path / "m.keras")
    args = ["decompose", tmp_path / "m.keras", "--data", own / "own.npz"]
    ends_in_one_sentence(call, tmp_path, args, message)


def objects(path, x, y):
    np.savez(path, x=x, y=np.array([{}] * len(x)))


def scrap(path, x, y):
    path.write_bytes(b"PK\x03\x04 and no more")


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path, x, y: np.savez(path, x=x, y=0 * y), "'1' has no positive example"),
        (lambda path, x, y: np.savez(path, x=x), "has no array 'y'; expected x and y, found x"),
        (lambda path, x, y: np.savez(path, x=x, y=y + 1), "needs y from 0 to 2, received 1 to 3"),
        (lambda path, x, y: np.savez(path, x=x + 9, y=y), "knows the ids 0 to 19, x has"),
        (lambda path, x, y: np.savez(path, x=x, y=y, labels=["a"]), "has 3 outputs, received 1"),
        (objects, "Cannot read the array y.npy"),
        (scrap, "is no whole zip file"),
        (lambda path, x, y: path.write_bytes(b""), "is no whole zip file"),
    ],
)
def test_data_that_do_not_fit(own, call, tmp_path, write, message):
    arrays = np.load(own / "own.npz")
    write(tmp_path / "x.npz", arrays["x"], arrays["y"])
    args = ["decompose", own / "m.keras", "--data", tmp_path / "x.npz"]
    ends_in_one_sentence(call, tmp_path, args, message)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["decompose", "m.keras"],
            "by a file .npz with the arrays x, ",
        ),
        (["decompose", "m.keras", "--data", "none.npz"], "none.npz is no such file"),
        (["decompose", "m.keras", "--data", "own.npz", "--only", "a"], "no labels 'a'; there are"),
        (["decompose", "m.keras", "--data", "own.npz", "--max-removed", "1"], "in [0, 1)"),
        (["decompose", "m.keras", "--data", "own.npz", "--mode", "flat"], "one of rolled, unrol"),
        (["decompose", "none"], "no run folder, no preset"),
        (["decompose", "own.npz"], "own.npz is no model"),
        (["decompose", "sentiment_sst2"], "has no recurrent layers of Keras to be taken apart"),
        (["compose", "none"], "none"),
        (["compose", "D:pink"], "pink"),
        (["compose", "D", "D"], "red"),
        (["compose", "m.keras"], "m.keras"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_calls(own, report, call, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(own)
    ends_in_one_sentence(call, tmp_path, args, message)


def ends_in_one_sentence(call, tmp_path, args, message):
    code, out, err = call(*args, "--out", tmp_path / "out")
    assert (code, out) == (2, ""), err
    said = err.splitlines()[-1]
    assert said.startswith("modzoo: ") and message in said
    assert not (tmp_path / "out").exists()
