"""The tagging recipes on the command line."""

import json
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from modzoo import cli

SMALL = ["--limit", "96", "--epochs", "1", "--units", "8"]
PLOTS = {"history", "gates", "confusion_pos", "confusion_ner", "probes_pos", "probes_ner"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    os.environ["KERAS_BACKEND"] = keras.backend.backend()
    path = tmp_path_factory.mktemp("runs") / "r"
    with pytest.raises(SystemExit) as caught:
        cli.main(["train", "tagging/pos_ner", "--out", str(path), *SMALL])
    assert caught.value.code == 0
    return path


def report_of(path):
    return json.loads((path / "metrics.json").read_text())


def test_run_folder(trained):
    plots = {path.stem for path in (trained / "plots").iterdir()}
    assert plots == PLOTS | {"correlation_pos_ner"}
    report = report_of(trained)
    assert 0 < report["padded"] < 0.2
    metrics = report["metrics"]
    assert list(metrics) == ["pos_accuracy", "ner_accuracy", "ner_f1"]
    record = json.loads((trained / "inspection.json").read_text())
    assert len(record["correlation"]["pos, ner"]["units"]) == 8


def test_predict(call, trained, tmp_path):
    texts = ["President Tomon left Bakit .", "", "x" * 10_000, "電影 \u0000 👍"]
    code, out, _ = call("predict", trained, *texts, "--json")
    results = json.loads(out)
    assert code == 0
    assert [list(result) for result in results] == [["tokens", "pos", "ner"]] * 4
    assert [result["tokens"] for result in results] == [text.split() for text in texts]
    for result in results:
        assert len(result["tokens"]) == len(result["pos"]) == len(result["ner"])
    lines = call("predict", trained, texts[0])[1].splitlines()
    assert [line.split("\t")[0] for line in lines[:5]] == texts[0].split()


def test_explain_and_disable(call, trained, tmp_path):
    args = ["explain", trained, "outlawed in South Africa", "--out", tmp_path, "--json"]
    record = json.loads(call(*args)[1])
    assert np.shape(record["gates"]["ner"]) == (4, 8)
    assert (tmp_path / "explain.png").read_bytes()[:4] == b"\x89PNG"
    record = json.loads(call(*args, "--disable", "ner:3", "--disable", "5")[1])
    assert not np.array(record["gates"]["ner"])[:, [3, 5]].any()
    assert np.array(record["gates"]["pos"])[:, 3].all()
    assert call("explain", trained, "", "--out", tmp_path)[0] == 0
    assert "no gate 'pos:8'" in call("evaluate", trained, "--disable", "pos:8")[2]


CONLLU = """# sent_id = 1
1\tThe\t_\tDET\tDT\t_\t_\t_\t_\t_
2\tfoo\t_\tNOUN\tNN\t_\t_\t_\t_\t_
3\twww\t_\tX\tADD\t_\t_\t_\t_\t_
4\tOslo\t_\tPROPN\tNNP\t_\t_\t_\t_\t_

"""
UNER = "# sent_id = 1\n1\tThe\tO\n2\tfoo\tO\n3\twww\tB-URL\n4\tOslo\tB-LOC\n"


def test_evaluate_on_foreign_tags(call, trained, tmp_path):
    for folder, name, content in (("ud", "x-dev.conllu", CONLLU), ("ner", "x-dev.iob2", UNER)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(content)
    args = ["evaluate", trained, "--data", tmp_path / "ud", "--json"]
    code, out, _ = call(*args)
    report = json.loads(out)
    assert (code, report["split"], report["examples"]) == (0, "dev", 1)
    assert list(report["metrics"]) == ["pos_accuracy", "pos_accuracy_mapped"]
    assert report["unmapped"] == {"pos": {"not_known": ["ADD"]}}
    report = json.loads(call(*args, "--ner-data", tmp_path / "ner")[1])
    assert report["metrics"].keys() >= {"ner_accuracy", "ner_f1", "ner_accuracy_mapped"}
    assert report["unmapped"]["ner"]["not_known"] == ["B-URL"]
    assert "B-org" in report["unmapped"]["ner"]["not_in_data"]
    _, out, err = call(*args[:-1])
    assert "pos_accuracy" in out
    assert "pos: tags the model does not know, counted as wrong: ADD" in err


def test_one_model_per_task(call, tmp_path):
    args = ["train", "tagging/pos_ner", "--separate", *SMALL, "--out", tmp_path / "r"]
    code, out, _ = call(*args, "--json")
    report = json.loads(out)
    assert code == 0
    assert list(report["metrics"]) == ["pos_accuracy", "ner_accuracy", "ner_f1"]
    for task in ("pos", "ner"):
        part = report_of(tmp_path / "r" / task)["metrics"]
        assert part.items() <= report["metrics"].items()
        config = json.loads((tmp_path / "r" / task / "config.json").read_text())
        assert config["settings"]["tasks"] == [task]
    assert json.loads(call(*args, "--resume", "--json")[1])["metrics"] == report["metrics"]
    assert call("predict", tmp_path / "r" / "ner", "a b")[0] == 0
    code, _, err = call("predict", tmp_path / "r", "a b")
    assert code == 2
    assert "is of several models, ner, pos; name one" in err


@pytest.mark.parametrize("gates", ["fixed", "none"])
def test_other_gates(call, tmp_path, gates):
    code, _, _ = call("train", "tagging/pos_ner", "--gates", gates, *SMALL, "--out", tmp_path)
    assert code == 0
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == PLOTS
    record = json.loads(call("explain", tmp_path, "a b", "--out", tmp_path / "e", "--json")[1])
    gates_of = np.array([record["gates"][task] for task in ("pos", "ner")])
    assert gates_of.shape == (2, 2, 16 if gates == "fixed" else 8)
    np.testing.assert_array_equal(gates_of.sum(0), 1 if gates == "fixed" else 2)


@pytest.mark.parametrize("read, units", [("all", [8]), ("fixed", [2]), ("small", [2])])
def test_language_id(call, tmp_path, read, units):
    small = ["--character-units", "6", "--units", "8", "--limit", "96", "--epochs", "1"]
    args = ["train", "tagging/language_id", "--read", read, *small, "--out", tmp_path]
    code, out, _ = call(*args, "--json")
    assert code == 0
    assert list(json.loads(out)["metrics"]) == ["language_accuracy"]
    record = json.loads(call("explain", tmp_path, "a b", "--out", tmp_path / "e", "--json")[1])
    assert np.sum(record["gates"]["language"], axis=1).tolist() == units * 2


def test_conll_columns(call, tmp_path):
    rows = "the x DT O\nTomon x NNP I-per\nleft x VBD O\n\n"
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.txt").write_bytes(
            ("\ufeff" + rows * 40).replace("\n", "\r\n").encode()
        )
    args = ["--columns", "_,pos,ner", "--data", tmp_path]
    code, _, _ = call("train", "tagging/pos_ner", *SMALL, *args, "--out", tmp_path / "r")
    assert code == 0
    code, out, _ = call("evaluate", tmp_path / "r", "--data", tmp_path, "--json")
    assert (code, json.loads(out)["examples"]) == (0, 40)  # the columns of the training
    (tmp_path / "test.txt").write_text("the x DT\n")
    code, _, err = call("evaluate", tmp_path / "r", "--data", tmp_path)
    assert code == 2
    assert "test.txt, line 1: found 3 columns, expected 4" in err


@pytest.mark.parametrize(
    "args, message",
    [
        (["--gates", "soft"], "--gates must be one of learned, fixed, none, received 'soft'"),
        (["--units", "7"], "--units must be even"),
        (["--tasks", "pos,pos"], "must name distinct tasks"),
        (["--tasks", "pos,chunk"], "has no tags 'chunk'; it has: pos, ner"),
        (["--context", "next"], "--context must be one of"),
        (["--data", "none"], "There is no data folder none"),
    ],
)
def test_wrong_calls_end_in_one_sentence(call, tmp_path, args, message):
    code, out, err = call("train", "tagging/pos_ner", *args, "--out", tmp_path / "r")
    assert (code, out) == (2, "")
    assert message in err
    assert not (tmp_path / "r").exists()


def test_train_further(call, trained, tmp_path):
    args = ["train", "tagging/pos_ner", "--from", trained, "--limit", "96", "--epochs", "1"]
    assert call(*args, "--out", tmp_path / "r")[0] == 0


def test_a_killed_run_resumes_to_the_same_figures(tmp_path):
    def command(*args):
        settings = ["--limit", "320", "--epochs", "3", "--units", "8", "--out"]
        train = ["train", "tagging/pos_ner", *settings, *args]
        return [sys.executable, "-m", "modzoo", *map(str, train)]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(whole), check=True, capture_output=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command(killed), **quiet) as process:
        while process.poll() is None and not list(killed.glob("checkpoint/epoch-*")):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (killed / "metrics.json").exists()
    subprocess.run(command(killed, "--resume"), check=True, capture_output=True)
    figures = [{**report_of(path), "model": None} for path in (whole, killed)]
    assert figures[0] == figures[1]
    assert (whole / "inspection.json").read_bytes() == (killed / "inspection.json").read_bytes()


LINES = ["the DT O", "Tomon NNP I-per", "left VBD O", ""] * 40


@pytest.mark.parametrize(
    "content, message",
    [
        ("the DT O\nTomon NNP\n", "train.txt, line 2: found 2 columns, expected 3"),
        (
            "the DT O\ncaf\u0152 NN O\n".encode("cp1252"),
            "train.txt, line 2: byte 0x8c is not UTF-8",
        ),
        ("\n\n \n", "train.txt holds no sentences"),
    ],
)
def test_files_that_cannot_be_read(call, tmp_path, content, message):
    content = content.encode() if isinstance(content, str) else content
    (tmp_path / "train.txt").write_bytes(content)
    args = ["train", "tagging/pos_ner", "--columns", "pos,ner", "--data", tmp_path]
    code, out, err = call(*args, "--out", tmp_path / "r")
    assert (code, out) == (2, "")
    assert message in err


def test_odd_sentences_are_trained_on_and_read(call, tmp_path):
    """A tag unseen in training is named; blank lines are no sentences; long words are cut."""
    odd = ["x" * 10_000 + " NN O", "", "", " ", "Tomon new I-art"]
    for name, lines in (("train", LINES + odd[:4]), ("dev", LINES), ("test", LINES + odd)):
        (tmp_path / f"{name}.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    args = ["train", "tagging/pos_ner", "--columns", "pos,ner", "--data", tmp_path, *SMALL]
    code, out, err = call(*args, "--out", tmp_path / "r", "--json")
    report = json.loads(out)
    assert code == 0, err
    assert report["unmapped"]["pos"] == {"not_known": ["new"]}
    assert report["unmapped"]["ner"]["not_known"] == ["B-art"]
    assert report["examples"] == 42
