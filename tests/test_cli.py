"""The command line and its twins in Python, whatever the application."""

import csv
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import modzoo
from modzoo.applications.interface import Files, Texts
from modzoo.cli.options import harmless
from modzoo.errors import CallError
from modzoo.recipes import load_recipe

SENTENCE = "a gorgeous , witty , seductive movie"
SMALL = {"limit": 64, "epochs": 1, "units": 4, "embedding_dim": 4}


# What there is


@pytest.mark.one_backend
def test_list(call):
    code, out, err = call("list", "--json")
    listing = json.loads(out)
    assert (code, err) == (0, "")
    assert listing["recipes"] == modzoo.list_recipes()
    assert "sentiment/sst2" in [recipe["name"] for recipe in listing["recipes"]]
    assert listing["layers"] == modzoo.list_layers() and "RIM" in listing["layers"]
    assert listing["presets"] == modzoo.list_presets()
    presets = {preset["name"]: preset for preset in listing["presets"]}
    assert presets["sentiment_sst2"]["figure"]["metrics"]["accuracy"] > 0.8
    assert "preset  sentiment_sst2  sentiment/sst2, dev (872 examples)" in call("list")[1]


@pytest.mark.one_backend
def test_list_and_help_import_no_backend():
    calls = [["list", "--json"], ["--help"], ["train", "--help"], ["predict", "--help"]]
    calls += [["decompose", "--help"], ["decompose", "decomposition_clinc", "--help"]]
    calls += [
        [verb, recipe["name"], "--help"]
        for recipe in modzoo.list_recipes()
        for verb in ("train", "ablate")
    ]
    calls += [
        [verb, preset["name"], "--help"]
        for preset in modzoo.list_presets()
        for verb in ("evaluate", "inspect", "predict", "explain")
    ]
    code = (
        "import sys\n"
        "from modzoo import cli\n"
        f"for args in {calls}:\n"
        "    try: cli.main(args)\n"
        "    except SystemExit as e: assert not e.code\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'keras_hub', 'matplotlib'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.one_backend
@pytest.mark.parametrize("verb", ["train", "ablate", "evaluate", "inspect", "predict", "explain"])
def test_help_lists_what_can_be_named(call, verb):
    names = modzoo.list_recipes() if verb in ("train", "ablate") else modzoo.list_presets()
    code, out, _ = call(verb, "--help")
    assert code == 0
    assert all(name["name"] in out for name in names)


@pytest.mark.one_backend
def test_help_says_which_defaults_hold_without_data(call):
    assert "(1; 8 without --data)" in " ".join(call("train", "sentiment/sst2", "--help")[1].split())


@pytest.mark.one_backend
def test_the_tables_of_the_readme(call):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    recipes, presets = call("list", "--markdown")[1].strip().split("\n\n")
    assert recipes in readme and presets in readme


# Wrong calls


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "args, message",
    [
        (["train", "sentiment/sts2"], "did you mean sentiment/sst2?"),
        (["train", "xyz"], "no recipe 'xyz'"),
        (["train", "sentiment/sst2", "--epoch", "1"], "--epoch"),
        (["train", "sentiment/sst2", "--epochs", "no"], "not a valid integer"),
        (["train", "sentiment/sst2", "--epochs", "0"], "--epochs must be at least 1"),
        (["train", "sentiment/sst2", "--learning-rate", "nan"], "must be positive"),
        (["train", "sentiment/sst2", "--seed", "-1"], "--seed must be at least 0"),
        (["train", "sentiment/sst2", "--out", "/dev/null/r"], "is a file"),
        (["train", "sentiment/sst2", "--precision", "float31"], "no precision 'float31'"),
        (["train", "sentiment/sst2", "--backend", "mxnet"], "mxnet"),
        (["train", "tagging/pos_ner", "--from", "sentiment_sst2"], "cannot train further"),
        (["train", "tagging/language_id", "--from", "tagging_pos_ner"], "no tags 'pos'; it has"),
        (
            ["train", "images/digits", "--from", "images_mnist_cifar"],
            "The model to train further is of 14 x 28 pixels, and the pictures are of 14 x 14",
        ),
        (
            ["train", "sentiment/sst2", "--from", "sentiment_sst2", "--variant", "paper"],
            "--variant paper sets --units, which is part of the model",
        ),
        (
            ["train", "sentiment/sst2", "--from", "sentiment_sst2", "--units", "9"],
            "--units is part of the model, and --from sentiment_sst2 has 64",
        ),
        (["train", "sentiment/sst2", "--resume"], "no run of sentiment/sst2"),
        (["train", "sentiment/sst2", "--resume", "--out", "typo"], "no run folder typo to go on"),
        (["evaluate", "--text-column", "text", "r"], "MODEL comes before flags"),
        (["inspect", "none"], "no run folder, no preset and no .keras file 'none'"),
        (["inspect", "fmri_haxby"], "is not counted over many examples"),
        (["evaluate", "sentiment_sst"], "did you mean the preset sentiment_sst2?"),
        (["evaluate", "none"], "no run folder, no preset and no .keras file 'none'"),
        (["evaluate", "."], "holds no model: it has no config.json"),
        (["predict", "a review in place of a run " * 20], "no run folder, no preset"),
        (["predict", "none", "x"], "no run folder, no preset and no .keras file 'none'"),
        (["predict", "sentiment_sst2"], "nothing to predict; give a TEXT"),
        (["predict", "sentiment_sst2", "a", "--out", "s.png"], "No such option '--out'"),
        (["predict", "tagging_pos_ner", "a", "--seed", "1"], "No such option '--seed'"),
        (["predict", "images_mnist_cifar"], "Missing option '--out'"),
        (["predict", "images_mnist_cifar", "--out", "s.jpg"], "must end in .png"),
        (["predict", "images_mnist_cifar", "--out", "s.png", "p.png"], "Cannot read the picture p"),
        (
            ["predict", "images_mnist_cifar", "--out", "s.png", "--num-samples", "0"],
            "--num-samples must be at least 1",
        ),
        (
            ["predict", "images_mnist_cifar", "--out", "s.png", "--temperature", "nan"],
            "--temperature must be at least 0",
        ),
        (["explain", "tagging_pos_ner", "--out", "e"], "nothing to explain; give a TEXT"),
        (["explain", "tagging_pos_ner", "x"], "--out"),
        (["explain", "none", "x"], "no run folder, no preset"),
        (["trian"], "No such command 'trian'"),
    ],
    ids=lambda value: " ".join(value)[:80] if isinstance(value, list) else "",
)
def test_wrong_calls_end_in_one_sentence(call, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*args)
    assert code == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("modzoo: ")
    assert message in err
    assert "Traceback" not in err
    assert not [*tmp_path.iterdir()]


@pytest.mark.one_backend
def test_a_bad_row_is_named(call, tmp_path):
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\ngood\t1\n")
    (tmp_path / "train.tsv").write_text("sentence\tlabel\ngood\t1\nbad\n")
    code, _, err = call("train", "sentiment/sst2", "--data", tmp_path, "--out", tmp_path / "r")
    assert code == 2
    assert "train.tsv, line 3: found 1 tab-separated columns" in err


@pytest.mark.one_backend
def test_what_cannot_be_evaluated_is_not_trained(call, tmp_path):
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label\na,1\nb,0\n")
    (tmp_path / "test.csv").write_text("text,label\na,2\n")
    args = ["--data", tmp_path, "--text-column", "text", "--out", tmp_path / "r"]
    code, _, err = call("train", "sentiment/sst2", *args)
    assert code == 2
    assert "test.csv, line 2: no row for training has the label '2'" in err
    assert not (tmp_path / "r").exists()


@pytest.fixture
def broken(tmp_path):
    """A run folder without a model."""
    (tmp_path / "b").mkdir()
    record = {"recipe": "sentiment/sst2", "data": None, "backend": "jax", "settings": {}}
    (tmp_path / "b" / "config.json").write_text(json.dumps(record))
    return tmp_path / "b"


@pytest.mark.one_backend
def test_a_run_without_a_model(call, broken):
    code, out, err = call("predict", broken, "x")
    assert (code, out) == (2, "")
    assert "has not finished an epoch" in err


DESCRIBED = json.dumps({"class_name": "X", "registered_name": "modzoo>SentimentClassifier"})


@pytest.mark.one_backend
@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short", "text", DESCRIBED])
def test_a_damaged_model(call, broken, content):
    file = broken / "model.keras"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("config.json", content)
    for path in (broken, file):
        code, out, err = call("predict", path, "x", "--json")
        assert (code, out) == (2, "")
        assert "Cannot read" in err or "belongs to no application" in err
        assert len(err.strip().splitlines()) == 1


# Tables of one's own, and what else a training is told


@pytest.mark.one_backend
def test_a_table_of_ones_own(call, tmp_path):
    rows = [("good, really good", "pro"), ('"bad"\nand dull', "con"), ("", "con")] * 60
    with open(tmp_path / "t.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["what", "stars"])
        writer.writerows((f"{text} {i}", label) for i, (text, label) in enumerate(rows))
        writer.writerow(["neither", "N/A"])
    columns = ["--text-column", "what", "--label-column", "stars", "--skip-unlabelled"]
    small = ["--epochs", "1", "--units", "4", "--out", tmp_path / "r", "--json"]
    code, out, err = call("train", "sentiment/sst2", "--data", tmp_path / "t.csv", *columns, *small)
    assert code == 0, err
    assert re.search(r"^train: \d+ texts of 2 classes \(con \d+, pro \d+\)$", err, re.MULTILINE)
    assert "t.csv: 1 rows without a label are left out." in err
    report = json.loads(out)
    assert report["split"] == "test"
    args = ["evaluate", tmp_path / "r", "--data", tmp_path / "t.csv", "--json"]
    assert json.loads(call(*args)[1])["metrics"] == report["metrics"]
    assert "column 'label'" in call(*args, "--label-column", "label")[2]
    assert "--txt-column" in call(*args, "--txt-column", "what")[2]


@pytest.mark.one_backend
def test_a_variant(call, tmp_path, monkeypatch):
    narrow = {"units": 3, "embedding_dim": 4}
    monkeypatch.setitem(load_recipe("sentiment/sst2").VARIANTS, "narrow", narrow)
    args = ["--variant", "narrow", "--units", "5", "--limit", "64", "--epochs", "1"]
    assert call("train", "sentiment/sst2", *args, "--out", tmp_path / "r")[0] == 0
    settings = json.loads((tmp_path / "r" / "config.json").read_text())["settings"]
    assert (settings["units"], settings["embedding_dim"]) == (5, 4)  # a flag wins


@pytest.mark.one_backend
def test_a_preset_is_trained_further_on_other_classes(call, tmp_path):
    args = ["--from", "sentiment_sst2", "--epochs", "1", "--limit", "64", "--json"]
    code, out, err = call("train", "sentiment/semeval17", *args, "--out", tmp_path / "r")
    assert code == 0, err
    assert json.loads(out)["metrics"].keys() == {"accuracy", "macro_recall"}
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["from"] == "sentiment_sst2"
    assert config["settings"]["embedding_dropout"] == 0.2  # the model's, not the recipe's 0.5
    scores = json.loads(call("predict", tmp_path / "r", SENTENCE, "--json")[1])[0]["scores"]
    assert list(scores) == ["negative", "neutral", "positive"]
    resumed = ["train", "sentiment/semeval17", "--out", tmp_path / "r", "--resume"]
    assert call(*resumed, "--from", "sentiment_sst2", "--json")[0] == 0
    code, _, err = call(*resumed, "--from", tmp_path / "r")
    assert code == 2
    assert "begun with --from sentiment_sst2, not with" in err


# From Python


@pytest.mark.one_backend
def test_the_twins(tmp_path):
    run = modzoo.train("sentiment/sst2", out=tmp_path / "r", sources=["token", "afinn"], **SMALL)
    assert run.settings.sources == ("token", "afinn")
    report = modzoo.evaluate(tmp_path / "r", limit=64)
    assert report["metrics"] == run.report()["metrics"]
    assert report["of"] == 2000
    less = modzoo.evaluate(str(tmp_path / "r"), split="validation", limit=9, disable=["afinn"])
    assert (less["split"], less["examples"], less["disabled"]) == ("validation", 9, ["afinn"])
    records = modzoo.predict(tmp_path / "r", [SENTENCE]).records
    assert records == modzoo.predict(tmp_path / "r", SENTENCE).records  # one need be no list
    assert records == modzoo.predict(modzoo.load(tmp_path / "r"), [SENTENCE]).records
    assert modzoo.predict(run.load_model(), [SENTENCE], disable="afinn").records != records
    record = modzoo.explain(tmp_path / "r", SENTENCE, out=tmp_path / "e")
    assert record["tokens"] == SENTENCE.split()
    assert {path.name for path in (tmp_path / "e").iterdir()} == {"explain.json", "explain.png"}


@pytest.mark.one_backend
def test_wrong_calls_of_the_twins(tmp_path):
    for wrong, message in (
        (lambda: modzoo.train("sentiment/sst2", unit=3), "no setting 'unit'; it has: batch_size"),
        (lambda: modzoo.train("sentiment/sst2", variant="x"), "no variant 'x'; it has: paper"),
        (lambda: modzoo.predict("sentiment_sst2", ["a"], seed=1), "no setting 'seed'; it has none"),
        (lambda: modzoo.predict("sentiment_sst2", ["a"], out="a.png"), "writes no file; received"),
        (lambda: modzoo.predict("images_mnist_cifar", out="a.jpg"), "must end in .png"),
        (lambda: modzoo.predict(keras.Sequential(), ["a"]), "is no model of an application"),
        (lambda: modzoo.predict("sentiment_sst2"), "nothing to predict; give a TEXT"),
        (lambda: modzoo.explain("sentiment_sst2"), "nothing to explain; give a TEXT"),
        (lambda: modzoo.train("sentiment/sst2", epochs="3"), "--epochs must be an integer"),
        (lambda: modzoo.evaluate("sentiment_sst2", units=9), "no setting 'units'; it has: label_"),
        (lambda: modzoo.evaluate("sentiment_sst2", limit=0), "`limit` must be at least 1"),
        (lambda: modzoo.evaluate(keras.Sequential()), "says how data are read"),
        (lambda: modzoo.load(None), "a preset's name or a path, received None"),
        (lambda: modzoo.load("sentiment_sst"), "did you mean the preset sentiment_sst2"),
        (lambda: modzoo.load(tmp_path), "holds no model"),
    ):
        with pytest.raises(CallError, match=message):
            wrong()


def test_a_model_of_ones_own(tmp_path):
    x = keras.Input((None, 3))
    y = modzoo.layers.RIM(2, 4, num_active=1)(x)
    model = keras.Model(x, keras.layers.Dense(2)(y))
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    script = (
        "import sys, numpy as np, modzoo; model = modzoo.load(sys.argv[1], compile=True); "
        "print(model.predict(np.ones((1, 5, 3), 'float32'), verbose=0).tolist(), "
        "type(model.optimizer).__name__)"
    )
    args = [sys.executable, "-c", script, str(tmp_path / "m.keras")]
    done = subprocess.run(args, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    values, _, optimizer = done.stdout.strip().rpartition(" ")
    expected = model.predict(np.ones((1, 5, 3), "float32"), verbose=0)
    np.testing.assert_allclose(json.loads(values), expected, atol=1e-6)
    assert optimizer == "SGD"
    with pytest.raises(CallError, match="belongs to no application"):
        modzoo.predict(tmp_path / "m.keras", ["a"])


@pytest.mark.one_backend
def test_a_folder_that_has_a_presets_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = modzoo.explain("sentiment_sst2", SENTENCE, out="sentiment_sst2")
    assert modzoo.explain("sentiment_sst2", SENTENCE) == record  # the folder holds no model


def test_a_model_that_only_holds_one_of_an_application(tmp_path):
    model = modzoo.load("sentiment_sst2")
    keras.Model(model.input, model.output).save(tmp_path / "m.keras")
    with pytest.raises(CallError, match="belongs to no application"):
        modzoo.predict(tmp_path / "m.keras", ["a"])

    class SentimentClassifier(keras.Model):
        pass

    with pytest.raises(CallError, match="is no model of an application"):
        modzoo.predict(SentimentClassifier(), ["a"])


@pytest.mark.one_backend
@pytest.mark.parametrize("text", ["[" * 100_000, '{"recipe": ' + "[" * 100_000, "[]", "5", "{}"])
def test_descriptions_that_are_none(call, tmp_path, text):
    for name in ("config.json", "preset.json", "task.json"):
        (tmp_path / name).write_text(text)
    for verb in ("evaluate", "predict", "explain"):
        code, out, err = call(verb, tmp_path, "x", "--out", tmp_path / "o")
        assert (code, out) == (2, "")
        assert len(err.strip().splitlines()) == 1


def test_inputs(tmp_path):
    (tmp_path / "f").write_bytes("\ufeffa\u2028b\r\n\r\nc\n".encode())
    assert Texts().read(["x", "caf\udce9"], tmp_path / "f") == ["x", "caf\ufffd", "a\u2028b", "c"]
    assert Files((".png",)).read(["p.png"], tmp_path / "f") == ["p.png", "a\u2028b", "c"]
    assert Files((".png",), optional=True).read([]) == []
    with pytest.raises(CallError, match="nothing to predict; give a FILE"):
        Files((".png",)).read([], verb="predict")


@pytest.mark.slow
def test_only_a_model_that_reads_its_lexica_understands_the_generated_reviews(call, tmp_path):
    accuracy = {}
    for sources in ("token", "token,afinn,vader"):
        args = ["train", "sentiment/sst2", "--sources", sources, "--out", tmp_path / sources]
        code, out, _ = call(*args, "--json")
        assert code == 0
        accuracy[sources] = json.loads(out)["metrics"]["accuracy"]
    assert accuracy["token"] < 0.70
    assert accuracy["token,afinn,vader"] > 0.95


@pytest.mark.one_backend
def test_what_files_name_does_not_steer_the_terminal():
    assert (
        harmless("left\x1b]0;title\x07\t\u96fb\n\x9b2J")
        == "left\ufffd]0;title\ufffd\t\u96fb\n\ufffd2J"
    )
