import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest

from modzoo import cli
from modzoo.recipes import load_recipe

SENTENCE = "a gorgeous , witty , seductive movie"
SMALL = [
    "--num-active",
    "2",
    "--limit",
    "128",
    "--epochs",
    "2",
    "--units",
    "8",
    "--embedding-dim",
    "8",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    os.environ["KERAS_BACKEND"] = keras.backend.backend()
    path = tmp_path_factory.mktemp("runs") / "r"
    with pytest.raises(SystemExit) as caught:
        cli.main(["train", "sentiment/sst2", "--out", str(path), *SMALL])
    assert caught.value.code == 0
    return path


def command(*args):
    return [sys.executable, "-m", "modzoo", *map(str, args)]


def test_list(call):
    code, out, err = call("list", "--json")
    listing = json.loads(out)
    assert (code, err) == (0, "")
    assert "sentiment/sst2" in [recipe["name"] for recipe in listing["recipes"]]
    assert "RIM" in listing["layers"]
    presets = {preset["name"]: preset for preset in listing["presets"]}
    assert {"sentiment_sst2", "sentiment_tweets", "tagging_pos_ner"} <= presets.keys()
    assert presets["sentiment_sst2"]["figure"]["metrics"]["accuracy"] > 0.8
    assert "preset  sentiment_sst2  sentiment/sst2, dev (872 examples)" in call("list")[1]


def test_list_and_help_import_no_backend():
    code = (
        "import sys\n"
        "from modzoo import cli\n"
        "for args in (['list', '--json'], ['--help'], ['train', 'sentiment/sst2', '--help']):\n"
        "    try: cli.main(args)\n"
        "    except SystemExit as e: assert not e.code\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'keras_hub', 'matplotlib'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_train_writes_the_run_folder(trained):
    names = {path.name for path in trained.iterdir()}
    assert {
        *("config.json", "model.keras", "checkpoint", "history.csv", "metrics.json"),
        *("tensorboard", "plots"),
    } == names
    assert {path.name for path in (trained / "plots").iterdir()} == {"history.png", "modules.png"}
    with open(trained / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert "val_accuracy" in rows[0]
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["split"] == "test"
    assert metrics["examples"] == 128


def test_evaluate(call, trained):
    code, out, _ = call("evaluate", trained, "--limit", "128", "--json")
    report = json.loads(out)
    assert code == 0
    assert list(report) == ["model", "recipe", "backend", "split", "examples", "metrics"]
    trained_report = json.loads((trained / "metrics.json").read_text())
    assert report["metrics"] == trained_report["metrics"]
    assert "accuracy" in call("evaluate", trained, "--limit", "9", "--split", "train")[1]
    more = json.loads(call("evaluate", trained, "--limit", "200", "--json")[1])
    assert more["examples"] == 200  # beyond the training's own --limit


def test_evaluate_under_another_backend_gives_the_same_figure(trained):
    other = "tensorflow" if keras.backend.backend() != "tensorflow" else "jax"
    args = command("evaluate", trained, "--limit", "128", "--backend", other, "--json")
    done = subprocess.run(args, capture_output=True, text=True)
    if "needs the package" in done.stderr:
        pytest.skip(f"{other} is not installed")
    report = json.loads(done.stdout)
    assert report["backend"] == other
    assert report["metrics"] == json.loads((trained / "metrics.json").read_text())["metrics"]


def test_predict(call, trained, tmp_path):
    texts = [SENTENCE, "", "👍", "word " * 3000, "\u0000\ufffd"]
    code, out, _ = call("predict", trained, *texts, "--json")
    results = json.loads(out)
    assert code == 0
    assert [result["input"] for result in results] == texts
    for result in results:
        assert sum(result["scores"].values()) == pytest.approx(1, abs=1e-5)
        assert result["label"] == max(result["scores"], key=result["scores"].get)
    (tmp_path / "f.txt").write_bytes("\ufeffone\r\ntwo\r\n".encode())
    _, out, _ = call("predict", trained, "--file", tmp_path / "f.txt", "--json")
    assert [result["input"] for result in json.loads(out)] == ["one", "two"]
    assert "one" in call("predict", trained, "one")[1]
    (tmp_path / "f.txt").write_bytes("a\u2028b\n".encode())
    assert len(json.loads(call("predict", trained, "--file", tmp_path / "f.txt", "--json")[1])) == 1


def test_explain(call, trained, tmp_path):
    code, out, _ = call("explain", trained, SENTENCE, "--out", tmp_path / "e", "--json")
    record = json.loads(out)
    assert code == 0
    assert record == json.loads((tmp_path / "e" / "explain.json").read_text())
    assert record["tokens"] == SENTENCE.split()
    assert record["modules"] == ["token", "afinn", "vader"]
    active, attention = np.array(record["active"]), np.array(record["attention"])
    assert active.shape == attention.shape == (3, 7)
    assert (active.sum(0) == 2).all()
    assert record["annotations"]["vader"][1] == 3  # gorgeous
    assert record["annotations"]["vader"][2] is None
    assert sum(record["pooling"]) == pytest.approx(1, abs=1e-3)
    assert (tmp_path / "e" / "explain.png").read_bytes()[:4] == b"\x89PNG"
    for text in ("", "👍 電影", "word " * 300, "caf\udce9"):
        assert call("explain", trained, text, "--out", tmp_path / "odd")[0] == 0


def test_disable(call, trained, tmp_path):
    args = ["explain", trained, SENTENCE, "--json", "--out", tmp_path, "--disable"]
    record = json.loads(call(*args, "vader")[1])
    assert not any(record["active"][2])
    assert not any(record["attention"][2])
    args = ["predict", trained, SENTENCE, "--json"]
    whole, without = (json.loads(call(*args, *more)[1]) for more in ([], ["--disable", "token"]))
    assert whole[0]["scores"] != without[0]["scores"]
    code, _, err = call("evaluate", trained, "--disable", "mpqa")
    assert code == 2
    assert "no module 'mpqa'" in err
    disable_all = [x for name in ("token", "afinn", "vader") for x in ("--disable", name)]
    assert "must stay enabled" in call("evaluate", trained, *disable_all)[2]


def test_a_model_is_trained_further(call, trained, tmp_path):
    args = ["train", "sentiment/semeval17", "--from", trained, "--epochs", "1", "--limit", "96"]
    code, out, err = call(*args, "--out", tmp_path / "r", "--json")
    assert code == 0, err
    assert json.loads(out)["metrics"].keys() == {"accuracy", "macro_recall"}
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["from"] == str(trained)
    assert config["settings"]["units"] == 8  # the model's
    scores = json.loads(call("predict", tmp_path / "r", SENTENCE, "--json")[1])[0]["scores"]
    assert list(scores) == ["negative", "neutral", "positive"]
    for name, message in ((["--units", "9"], "--units is part of the model"), ([], "not empty")):
        code, _, err = call(*args, "--out", tmp_path / "r", *name)
        assert code == 2
        assert message in err


def test_training_further_begins_where_the_model_is(call, trained, tmp_path):
    args = ["--epochs", "1", "--limit", "128", "--learning-rate", "1e-9", "--json"]
    code, out, _ = call(
        "train", "sentiment/sst2", "--from", trained, "--out", tmp_path / "r", *args
    )
    assert code == 0
    before = json.loads((trained / "metrics.json").read_text())["metrics"]
    assert json.loads(out)["metrics"] == before


def test_a_table_of_ones_own(call, tmp_path):
    rows = [("good, really good", "pro"), ('"bad"\nand dull', "con"), ("", "con")] * 60
    with open(tmp_path / "t.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["what", "stars"])
        writer.writerows((f"{text} {i}", label) for i, (text, label) in enumerate(rows))
    columns = ["--text-column", "what", "--label-column", "stars"]
    small = ["--epochs", "1", "--units", "4", "--out", tmp_path / "r", "--json"]
    code, out, err = call("train", "sentiment/sst2", "--data", tmp_path / "t.csv", *columns, *small)
    assert code == 0, err
    report = json.loads(out)
    assert report["split"] == "test"
    args = ["evaluate", tmp_path / "r", "--data", tmp_path / "t.csv", "--json"]
    assert json.loads(call(*args)[1])["metrics"] == report["metrics"]
    assert "column 'label'" in call(*args, "--label-column", "label")[2]
    assert "--txt-column" in call(*args, "--txt-column", "what")[2]


@pytest.mark.parametrize(
    "args, message",
    [
        (["train", "sentiment/sts2"], "did you mean sentiment/sst2?"),
        (["train", "xyz"], "no recipe 'xyz'"),
        (["train", "sentiment/sst2", "--epoch", "1"], "--epoch"),
        (["train", "sentiment/sst2", "--epochs", "no"], "not a valid integer"),
        (["train", "sentiment/sst2", "--epochs", "0"], "--epochs must be at least 1"),
        (["train", "sentiment/sst2", "--sources", "token,affin"], "no source 'affin'"),
        (["train", "sentiment/sst2", "--sources", "afinn"], "include the tokens"),
        (["train", "sentiment/sst2", "--num-active", "4"], "num_active=4, num_modules=3"),
        (["train", "sentiment/sst2", "--token-cell", "elman"], "--token-cell must be one of"),
        (["train", "sentiment/sst2", "--units", "0"], "--units must be at least 1"),
        (["train", "sentiment/sst2", "--dropout", "1.5"], "--dropout must be in [0, 1)"),
        (["train", "sentiment/sst2", "--learning-rate", "nan"], "must be positive"),
        (["train", "sentiment/sst2", "--seed", "-1"], "--seed must be at least 0"),
        (["train", "sentiment/sst2", "--out", "/dev/null/r"], "is a file"),
        (["predict", "a review in place of a run " * 20], "no run folder and no preset"),
        (["train", "sentiment/sst2", "--precision", "float31"], "no precision 'float31'"),
        (["train", "sentiment/sst2", "--backend", "mxnet"], "mxnet"),
        (["train", "sentiment/sst2", "--data", "none"], "no data folder none; expected"),
        (["train", "sentiment/sst2", "--data", "."], "has no train.tsv, dev.tsv; expected"),
        (["train", "sentiment/sst2", "--data", "."], "read with --text-column and --label-column"),
        (["train", "sentiment/sst2", "--data", "none.csv"], "no file or folder none.csv"),
        (["train", "tagging/language_id", "--from", "tagging_pos_ner"], "cannot train further"),
        (["train", "tagging/pos_ner", "--from", "sentiment_sst2"], "cannot train further"),
        (
            ["train", "sentiment/sst2", "--from", "sentiment_sst2", "--variant", "paper"],
            "--variant paper sets --units, which is part of the model",
        ),
        (["evaluate", "--text-column", "text", "r"], "MODEL comes before flags"),
        (["evaluate", "sentiment_sst"], "did you mean the preset sentiment_sst2?"),
        (["train", "sentiment/sst2", "--resume"], "no run of sentiment/sst2"),
        (["evaluate", "none"], "no run folder and no preset 'none'"),
        (["evaluate", "."], "no config.json"),
        (["predict", "none", "x"], "no run folder and no preset 'none'"),
        (["explain", "none", "x"], "--out"),
        (["trian"], "No such command 'trian'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_calls_end_in_one_sentence(call, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*args)
    assert code == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("modzoo: ")
    assert message in err
    assert "Traceback" not in err


def test_a_wrong_call_leaves_no_run_folder(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("train", "sentiment/sst2", "--data", "none", "--out", "r")
    call("train", "sentiment/sst2", "--num-active", "4", "--out", "r")
    assert not (tmp_path / "r").exists()


def test_a_bad_row_is_named(call, tmp_path):
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\ngood\t1\n")
    (tmp_path / "train.tsv").write_text("sentence\tlabel\ngood\t1\nbad\n")
    code, _, err = call("train", "sentiment/sst2", "--data", tmp_path, "--out", tmp_path / "r")
    assert code == 2
    assert "train.tsv, line 3: found 1 tab-separated columns" in err


def test_more_wrong_calls_on_a_run(call, trained, tmp_path):
    assert "nothing to predict" in call("predict", trained)[2]
    assert "no split 'dev'" in call("evaluate", trained, "--split", "dev")[2]
    assert "No such file" in call("predict", trained, "--file", tmp_path / "none")[2]
    (tmp_path / "latin1.txt").write_bytes(b"caf\xe9")
    assert "not UTF-8" in call("predict", trained, "--file", tmp_path / "latin1.txt")[2]
    code, _, err = call("train", "sentiment/sst2", "--out", trained)
    assert code == 2
    assert "not empty" in err


def test_a_corrupt_run_folder(call, trained, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text((trained / "config.json").read_text())
    content = (trained / "model.keras").read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"no zip"):
        (broken / "model.keras").write_bytes(damaged)
        code, out, err = call("predict", broken, "x", "--json")
        assert (code, out) == (2, "")
        assert "Cannot read" in err


def weights(run):
    checkpoint = max((run / "checkpoint").glob("epoch-*"))
    import h5py

    values = {}
    with h5py.File(checkpoint / "model.weights.h5") as file:
        file.visititems(
            lambda name, item: values.update({name: item[()]}) if hasattr(item, "dtype") else None
        )
    return values


def test_a_killed_run_resumes_to_the_same_weights(tmp_path):
    args = ["train", "sentiment/sst2", "--limit", "320", "--epochs", "3", "--units", "8"]
    args += ["--patience", "9", "--out"]
    subprocess.run(command(*args, tmp_path / "unbroken"), check=True, capture_output=True)
    with subprocess.Popen(
        command(*args, tmp_path / "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as killed:
        while killed.poll() is None and not list(tmp_path.glob("killed/checkpoint/epoch-*")):
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    assert not (tmp_path / "killed" / "metrics.json").exists()
    resumed = command(*args, tmp_path / "killed", "--resume")
    subprocess.run(resumed, check=True, capture_output=True)
    whole, parts = weights(tmp_path / "unbroken"), weights(tmp_path / "killed")
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)
    with zipfile.ZipFile(tmp_path / "killed" / "model.keras") as file:
        assert file.testzip() is None
    figures = [
        json.loads((tmp_path / r / "metrics.json").read_text()) for r in ("unbroken", "killed")
    ]
    assert figures[0]["metrics"] == figures[1]["metrics"]


def test_a_preset_by_its_name(call, tmp_path):
    code, out, err = call("predict", "sentiment_sst2", SENTENCE, "--json")
    assert code == 0, err
    assert json.loads(out)[0]["label"] == "positive"
    args = ["--epochs", "1", "--limit", "64", "--out", tmp_path / "r", "--json"]
    code, _, err = call("train", "sentiment/sst2", "--from", "sentiment_sst2", *args)
    assert code == 0, err
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["from"] == "sentiment_sst2"
    resumed = ["train", "sentiment/sst2", "--out", tmp_path / "r", "--resume"]
    assert call(*resumed, "--from", "sentiment_sst2", "--json")[0] == 0
    code, _, err = call(*resumed, "--from", tmp_path / "r")
    assert code == 2
    assert "begun with --from sentiment_sst2, not with" in err


def test_scores(call, tmp_path):
    args = ["--epochs", "1", "--limit", "64", "--units", "4", "--out", tmp_path / "r", "--json"]
    code, out, err = call("train", "sentiment/scores", *args)
    assert code == 0, err
    assert json.loads(out)["metrics"].keys() == {"accuracy", "macro_recall", "cosine"}
    prediction = json.loads(call("predict", tmp_path / "r", SENTENCE, "--json")[1])[0]
    expected = sum(float(name) * p for name, p in prediction["scores"].items())
    assert prediction["score"] == pytest.approx(expected, abs=1e-5)
    assert "  mean " in call("predict", tmp_path / "r", SENTENCE)[1]


def test_a_variant(call, tmp_path, monkeypatch):
    narrow = {"units": 3, "embedding_dim": 4}
    monkeypatch.setitem(load_recipe("sentiment/sst2").VARIANTS, "narrow", narrow)
    args = ["--variant", "narrow", "--units", "5", "--limit", "64", "--epochs", "1"]
    assert call("train", "sentiment/sst2", *args, "--out", tmp_path / "r")[0] == 0
    settings = json.loads((tmp_path / "r" / "config.json").read_text())["settings"]
    assert (settings["units"], settings["embedding_dim"]) == (5, 4)  # a flag wins


def test_what_cannot_be_evaluated_is_not_trained(call, tmp_path):
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label\na,1\nb,0\n")
    (tmp_path / "test.csv").write_text("text,label\na,2\n")
    args = ["--data", tmp_path, "--text-column", "text", "--out", tmp_path / "r"]
    code, _, err = call("train", "sentiment/sst2", *args)
    assert code == 2
    assert "test.csv, line 2: no row for training has the label '2'" in err
    assert not (tmp_path / "r").exists()


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
