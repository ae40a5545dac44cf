"""The image recipes on the command line."""

import importlib
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from modzoo import cli

SIZE = ["--layers", "4", "--width", "16", "--side", "4", "--colors", "8"]
SMALL = ["--limit", "48", "--epochs", "2", *SIZE]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    os.environ["KERAS_BACKEND"] = keras.backend.backend()
    path = tmp_path_factory.mktemp("runs") / "r"
    with pytest.raises(SystemExit) as caught:
        cli.main(["train", "images/mnist_cifar", "--out", str(path), *SMALL])
    assert caught.value.code == 0
    return path


def test_run_folder(trained):
    plots = {path.stem for path in (trained / "plots").iterdir()}
    assert plots == {"history", "sides", "competition", "samples"}
    report = json.loads((trained / "metrics.json").read_text())
    sides = ["digit_bits_per_dim", "photograph_bits_per_dim"]
    assert list(report["metrics"]) == ["bits_per_dim", *sides, "between_sides_2"]
    assert (report["split"], report["examples"]) == ("test", 48)
    assert all(share < 0.5 for share in report["before_training"].values())
    header, *rows = (trained / "history.csv").read_text().splitlines()
    assert len(rows) == 2 and header.endswith(",between_sides_2")
    samples = np.asarray(Image.open(trained / "plots" / "samples.png"))
    assert len(np.unique(samples.reshape(-1, 3), axis=0)) <= 8 + 1  # and the white between


def test_evaluate_under_another_backend_gives_the_same_figure(trained):
    other = {"tensorflow": "torch", "jax": "tensorflow", "torch": "jax"}[keras.backend.backend()]
    command = [sys.executable, "-m", "modzoo", "evaluate", str(trained), "--limit", "48", "--json"]
    done = subprocess.run([*command, "--backend", other], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    here = json.loads((trained / "metrics.json").read_text())["metrics"]
    assert json.loads(done.stdout)["metrics"] == pytest.approx(here, rel=1e-3, abs=1e-4)


def test_predict(call, trained, tmp_path):
    args = ["predict", trained, "--num-samples", "3", "--out", tmp_path / "s.png"]
    code, out, _ = call(*args, "--json")
    records = json.loads(out)
    assert code == 0 and len(records) == 3
    assert all(record["is_drawn"] and record["bits_per_dim"] > 0 for record in records)
    first = (tmp_path / "s.png").read_bytes()
    assert call(*args)[1].strip() == str(tmp_path / "s.png")
    assert (tmp_path / "s.png").read_bytes() == first
    for more in (["--seed", "1"], ["--temperature", "0.1"]):
        assert call(*args, *more)[0] == 0
        assert (tmp_path / "s.png").read_bytes() != first
    assert json.loads(call(*args, "--disable", "0", "--json")[1]) != records


def test_predict_completes_a_picture(call, trained, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 3), dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "p.png")
    args = ["predict", trained, tmp_path / "p.png", "--num-samples", "2"]
    code, out, _ = call(*args, "--out", tmp_path / "s.png", "--json")
    records = json.loads(out)
    assert code == 0
    assert [record["input"] for record in records] == [str(tmp_path / "p.png")] * 3
    assert [record["is_drawn"] for record in records] == [False, True, True]
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    zoom, gap = 32, 16
    parts = [sheet[:, i * (8 * zoom + gap) :][:, : 8 * zoom] for i in range(3)]
    for part in parts[1:]:
        assert np.array_equal(part[: 2 * zoom], parts[0][: 2 * zoom])
    assert not np.array_equal(parts[0], parts[1])


def test_explain(call, trained, tmp_path):
    code, out, _ = call("explain", trained, "--out", tmp_path / "e", "--json")
    record = json.loads(out)
    assert code == 0 and record["layers"] == [2]
    assert np.shape(record["competition"]) == (1, 6, 4, 8, 2)
    assert (tmp_path / "e" / "explain.png").read_bytes()[:4] == b"\x89PNG"
    Image.fromarray(np.zeros((4, 8, 3), "uint8")).save(tmp_path / "p.png")
    args = ["explain", trained, tmp_path / "p.png", "--out", tmp_path / "e", "--json"]
    record = json.loads(call(*args, "--disable", "2:1")[1])
    assert record["input"] == str(tmp_path / "p.png")
    assert not np.array(record["competition"])[0, ..., 1].any()


WRONG = [
    (["predict", "{run}"], "name the PNG to write with --out"),
    (["predict", "{run}", "--out", "s.jpg"], "--out needs a file that ends in .png"),
    (["predict", "{run}", "--out", "s.png", "--num-samples", "0"], "--num-samples must be a num"),
    (["predict", "{run}", "--out", "s.png", "--temperature", "nan"], "--temperature must be a num"),
    (["predict", "{run}", "--out", "s.png", "p.png"], "Cannot read the picture p.png"),
    (["predict", "{run}", "--out", "s.png", "--disable", "7"], "no mechanism '7' to disable"),
    (["predict", "tagging_pos_ner", "a", "--out", "s.png"], "--out is for models that draw"),
    (["predict", "tagging_pos_ner", "a", "--seed", "1"], "--seed is for models that draw"),
    (["explain", "tagging_pos_ner", "--out", "e"], "There is nothing to explain; give an INPUT"),
    (["train", "images/digits", "--from", "{run}"], "draws 4 x 8 pixels, and the pictures are of"),
    (["train", "images/digits", "--data", "{run}"], "holds no MNIST; expected a folder with"),
    (["train", "images/cifar10", "--data", "{run}"], "holds no CIFAR-10; expected a folder with"),
    (["train", "images/mnist_cifar", "--data", "{run}"], "{run} has no folder mnist; expected"),
    (["train", "images/digits", "--width", "30"], "--width must divide by --heads"),
    (["train", "images/digits", "--mechanisms", "3"], "--heads by --mechanisms; received 80, 4"),
    (["train", "images/digits", "--plain-layers", "6"], "some of 6 layers, received 6"),
    (
        ["train", "images/digits", "--plain-layers", "0,x"],
        "such as 0,1,-1, or none; received '0,x'",
    ),
    (["train", "images/digits", "--layers", "0"], "--layers must be at least 1"),
    (["train", "images/digits", "--colors", "1"], "--colors must be at least 2"),
    (["train", "images/digits", "--colors", "513"], "--colors must be at most 512"),
    (["train", "images/digits", "--side", "0"], "--side must be at least 1"),
]


@pytest.mark.parametrize(("args", "message"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_wrong_calls_end_in_one_sentence(call, trained, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*(arg.format(run=trained) for arg in args))
    assert code == 2 and not out
    assert message.format(run=trained) in err.splitlines()[-1]
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "options",
    [["--mechanisms", "1"], ["--no-competition"], ["--plain-layers", "none", "--layers", "2"]],
)
def test_other_models(call, tmp_path, options):
    args = ["train", "images/cifar10", *SMALL, "--epochs", "1", *options, "--out", tmp_path / "r"]
    code, out, err = call(*args, "--json")
    assert code == 0, err
    assert list(json.loads(out)["metrics"]) == ["bits_per_dim"]
    code, _, err = call("explain", tmp_path / "r", "--out", tmp_path / "e")
    competes = "--plain-layers" in options
    assert code == (0 if competes else 2)
    assert (tmp_path / "r" / "plots" / "competition.png").is_file() == competes


def test_training_further(call, trained, tmp_path):
    args = ["train", "images/mnist_cifar", "--from", trained, "--limit", "48", "--epochs", "1"]
    code, out, err = call(*args, "--learning-rate", "1e-6", "--out", tmp_path / "r", "--json")
    assert code == 0, err
    before = json.loads((trained / "metrics.json").read_text())["metrics"]["bits_per_dim"]
    assert json.loads(out)["metrics"]["bits_per_dim"] == pytest.approx(before, abs=0.01)


def test_published_data(call, data_dir, tmp_path):
    args = ["train", "images/mnist_cifar", "--data", data_dir, *SMALL, "--epochs", "6"]
    code, out, err = call(*args, "--out", tmp_path / "r", "--json")
    assert code == 0, err
    metrics = json.loads(out)["metrics"]  # 3 bits are what 8 colours cost without a model
    assert metrics["digit_bits_per_dim"] < 2.9 and metrics["photograph_bits_per_dim"] < 2.99


def test_a_stopped_run_goes_on_to_the_same_figures(call, trained, tmp_path):
    args = ["train", "images/mnist_cifar", *SMALL, "--out", tmp_path / "r"]
    with pytest.MonkeyPatch.context() as patch:
        recorder = importlib.import_module("modzoo.training.recorder").Recorder
        ending = recorder.on_epoch_end

        def stop(self, epoch, logs=None):
            ending(self, epoch, logs)
            raise KeyboardInterrupt

        patch.setattr(recorder, "on_epoch_end", stop)
        assert call(*args)[0] == 1
    assert call(*args, "--resume")[0] == 0
    for file in ("history.csv", "metrics.json"):
        resumed, whole = ((path / file).read_text() for path in (tmp_path / "r", trained))
        assert resumed.replace(str(tmp_path / "r"), str(trained)) == whole
