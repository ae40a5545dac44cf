"""The tagging application on the command line: what is its own."""

import json

import numpy as np
import pytest

SMALL = ["--limit", "96", "--epochs", "1", "--units", "8"]


def report_of(path):
    return json.loads((path / "metrics.json").read_text())


@pytest.mark.one_backend
def test_columns_for_people(call):
    lines = call("predict", "tagging_pos_ner", "outlawed in South Africa")[1].splitlines()
    assert lines[2] == "South\tNNP\tB-geo"


@pytest.mark.one_backend
def test_gates_that_are_switched_off(call, tmp_path):
    args = ["explain", "tagging_pos_ner", "outlawed in South Africa", "--out", tmp_path, "--json"]
    record = json.loads(call(*args, "--disable", "ner:3", "--disable", "5")[1])
    assert not np.array(record["gates"]["ner"])[:, [3, 5]].any()
    assert np.array(record["gates"]["pos"])[:, 3].all()
    assert "no gate 'pos:64'" in call(*args, "--disable", "pos:64")[2]


CONLLU = """# sent_id = 1
1\tThe\t_\tDET\tDT\t_\t_\t_\t_\t_
2\tfoo\t_\tNOUN\tNN\t_\t_\t_\t_\t_
3\twww\t_\tX\tADD\t_\t_\t_\t_\t_
4\tOslo\t_\tPROPN\tNNP\t_\t_\t_\t_\t_

"""
UNER = "# sent_id = 1\n1\tThe\tO\n2\tfoo\tO\n3\twww\tB-URL\n4\tOslo\tB-LOC\n"


@pytest.mark.one_backend
def test_evaluate_on_foreign_tags(call, tmp_path):
    for folder, name, content in (("ud", "x-dev.conllu", CONLLU), ("ner", "x-dev.iob2", UNER)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(content)
    args = ["evaluate", "tagging_pos_ner", "--data", tmp_path / "ud", "--json"]
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


@pytest.mark.one_backend
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
    assert call("predict", tmp_path / "r" / "ner", "a b")[0] == 0
    code, _, err = call("predict", tmp_path / "r", "a b")
    assert code == 2
    assert "is of several models, ner, pos; name one" in err


@pytest.mark.one_backend
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


LINES = ["the DT O", "Tomon NNP I-per", "left VBD O", ""] * 40


@pytest.mark.one_backend
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


@pytest.mark.one_backend
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


@pytest.mark.one_backend
def test_a_task_of_one_tag(call, tmp_path):
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.txt").write_text("a X\nb X\n\n")
    args = ["train", "tagging/pos_ner", "--data", tmp_path, "--columns", "pos", "--tasks", "pos"]
    code, _, err = call(*args, "--out", tmp_path / "run")
    assert code == 2
    assert "one tag of 'pos' alone, 'X'; there is nothing to learn" in err
