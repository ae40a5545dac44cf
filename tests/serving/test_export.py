import json
import os

import keras
import pytest
import tensorflow as tf

import modzoo
from modzoo import serving
from modzoo.errors import CallError
from modzoo.serving import Servable, Signature, check_servable, export_servable, network_signature
from modzoo.training.preset import preset_names
from tests.serving import exported

here = pytest.mark.one_backend
SIGNATURES = {"serving_default", "explain", "network"}


def grouped(names):
    return [pytest.param(n, marks=pytest.mark.xdist_group("serving")) for n in names]


@here
@pytest.mark.parametrize("name", grouped(preset_names()))
def test_every_preset_is_served_without_keras(name):
    report = exported.preset(name)  # which a program without Keras has answered from
    assert report["signatures"].keys() >= SIGNATURES
    assert report["name"] == name and report["version"] == 1
    checked = check_servable(report["path"], readers=())
    assert checked["breaches"] == [] and checked["is_sound"]
    assert checked["requests"] == 2 * len(report["signatures"])
    assert min(report["seconds"].values()) > 0
    sizes = report["bytes"]
    assert sizes["whole"] >= sizes["graph"] + sizes["weights"] + sizes["assets"] > 100_000
    explained = report["signatures"]["explain"]["outputs"]
    assert set(explained) > set(report["signatures"]["serving_default"]["outputs"])


def test_a_model_is_exported_from_every_backend(call, tmp_path):
    name = "tagging_language_id"
    code, out, err = call("export", name, tmp_path / "out")
    assert code == 0, err
    path = tmp_path / "out" / name / "1"
    assert out.splitlines()[0] == str(path)
    assert "  serving_default: text -> tokens, language" in out
    assert {p.name for p in path.iterdir()} >= {"saved_model.pb", "assets", "assets.extra"}
    loaded = tf.saved_model.load(str(path))
    said = loaded.signatures["serving_default"](text=tf.constant(["the house está"]))
    tags = modzoo.predict(name, ["the house está"]).records[0]["language"]
    assert [tag.decode() for tag in said["language"].numpy()[0]] == tags
    before = sorted(p.name for p in (tmp_path / "out").rglob("*"))
    code, out, err = call("export", name, tmp_path / "out")
    assert (code, out) == (2, "")
    assert f"{path} is there already; --version 2 writes the next" in err
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == before


# Small ones


def dense():
    x = keras.Input((None, 3), name="x")
    y = keras.layers.Dense(2, activation=lambda x: keras.ops.gelu(x, approximate=False))(x)
    return keras.Model(x, y)


def servable(model, function=None):
    batches = [tf.ones([n, n + 1, 3]) for n in (1, 3)]
    network = network_signature(model, lambda x: {"y": model(x)}, batches)
    default = network if function is None else Signature(function, network.inputs, network.examples)
    return Servable(model, {"serving_default": default, "network": network})


@here
@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_other_formats(format, call, tmp_path):
    folder = tmp_path / "small" / "1"
    report = export_servable(servable(dense()), folder, "small", format)
    assert list(report["signatures"]) == ["network"] and report["bytes"]["graph"] > 0
    code, out, err = call("check", folder, "--json")
    checked = json.loads(out)
    assert code == 0, err
    assert (checked["format"], checked["requests"]) == (format, 2)
    assert checked["readers"][0]["difference"] < 1e-6


@here
@pytest.mark.parametrize(
    "name", ["sentiment_sst2", pytest.param("tagging_language_id", marks=pytest.mark.slow)]
)
def test_loops_over_words_run_in_litert(name, tmp_path):
    report = modzoo.export(name, tmp_path, format="litert")  # read by the interpreter, on its way
    assert list(report["signatures"]) == ["network"]
    checked = check_servable(report["path"])
    assert checked["is_sound"] and checked["requests"] == 2


@here
def test_what_does_not_convert_is_said(tmp_path):
    def lengths(batch):
        return {"y": tf.strings.length(tf.strings.as_string(batch))}

    network = network_signature(dense(), lengths, [tf.ones([1, 2, 3])])
    bad = Servable(dense(), {"serving_default": network, "network": network})
    with pytest.raises(CallError, match=r"not convert to ONNX|cannot be read, so it was not publ"):
        export_servable(bad, tmp_path / "a" / "1", "bad", "onnx")
    assert not [*tmp_path.iterdir()]


@here
def test_what_differs_is_not_published(tmp_path):
    def two_faced(batch):
        return {"y": batch["x"] + (0.0 if tf.executing_eagerly() else 0.001)}

    with pytest.raises(CallError, match=r"differs from the Keras model by 1.0e-03 in y of serving"):
        export_servable(servable(dense(), two_faced), tmp_path / "a" / "1", "two")
    assert not [*tmp_path.iterdir()]


@here
def test_a_version_that_came_meanwhile_stays(tmp_path, monkeypatch):
    folder = tmp_path / "a" / "1"

    def publish(*args):
        folder.mkdir()
        (folder / "saved_model.pb").touch()

    monkeypatch.setattr(serving.export, "write_requests", publish)
    monkeypatch.setattr(serving.export, "_replayed", lambda *args: {})
    with pytest.raises(CallError, match=r"a/1 was written by another meanwhile, and stays"):
        export_servable(servable(dense()), folder, "a")
    assert [path.name for path in folder.parent.iterdir()] == ["1"]
    assert [path.name for path in folder.iterdir()] == ["saved_model.pb"]


@here
def test_a_stopped_export_leaves_nothing(tmp_path, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(serving.export, "write_requests", stop)
    with pytest.raises(KeyboardInterrupt):
        export_servable(servable(dense()), tmp_path / "a" / "1", "a")
    assert not [*tmp_path.iterdir()]


# Wrong calls


@here
@pytest.mark.parametrize(
    "args, says",
    [
        (["nothing", "."], "no preset and no .keras file 'nothing'"),
        (["sentiment_sst2", "file"], "file is a file; it cannot hold a folder"),
        (["sentiment_sst2", ".", "--name", "a b"], "received 'a b', give another with --name"),
        (["sentiment_sst2", ".", "--name", ".."], "received '..', give another with --name"),
        (["sentiment_sst2", ".", "--version", "-1"], "-1 is not in the range 0<=x<="),
        (["sentiment_sst2", ".", "--version", str(2**63)], f"{2**63} is not in the range 0<=x<="),
        (["sentiment_sst2", ".", "--name", ""], "received '', give another with --name"),
        (["sentiment_sst2", ".", "--format", "h5"], "'h5' is not one of 'savedmodel', 'onnx'"),
    ],
)
def test_wrong_calls(args, says, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    code, out, err = call("export", *args)
    assert (code, out) == (2, "") and says in err
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@here
@pytest.mark.parametrize("version", [-1, 2**63])
def test_a_number_that_is_no_version(version, tmp_path):
    with pytest.raises(CallError, match=f"from 0 to {2**63 - 1}; received {version}"):
        modzoo.export("sentiment_sst2", tmp_path, version=version)
    assert not [*tmp_path.iterdir()]


@here
def test_a_target_that_is_read_only(call, tmp_path, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    code, _, err = call("export", "sentiment_sst2", tmp_path)
    assert code == 2 and f"Cannot write to {tmp_path}" in err
    assert not [*tmp_path.iterdir()]


@here
def test_a_model_of_no_application(tmp_path):
    with pytest.raises(CallError, match="Functional is no model of an application"):
        modzoo.export(dense(), tmp_path)


@here
def test_a_package_that_is_missing_is_named(call, tmp_path, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tf2onnx" else find(name)
    )
    code, _, err = call("export", "sentiment_sst2", tmp_path, "--format", "onnx")
    assert code == 2 and "needs the package tf2onnx: pip install 'modzoo[export]'" in err
    assert not [*tmp_path.iterdir()]
